#include "libs/conditions/advice.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "libs/conditions/lexer.h"
#include "libs/core/text.h"

namespace accoil::conditions {
namespace {

/// A name longer than this is shown and compared cut.
constexpr std::size_t kLongestName = 64;
constexpr std::size_t kMostNames = 10;

std::string InQuotes(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (const char c : text) {
    if (c == quote || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + quote;
}

/// How many letters must be put in, taken out, changed, or changed for their neighbour to make one
/// of the other (the optimal string alignment distance).
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] =
          std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

struct Candidate {
  std::string_view name;
  std::size_t distance = 0;
};

/// The names, the nearest first.
std::vector<Candidate> Nearest(std::string_view name, const Schema& schema) {
  const auto comparable = [](std::string_view text) {
    return core::ToLower(core::CutUtf8(text, kLongestName));
  };
  const auto wanted = comparable(name);
  std::vector<Candidate> candidates;
  candidates.reserve(schema.size());
  for (const auto& field : schema) {
    const auto other = comparable(field.name);
    // A name that needs backquotes and has none ends at the first character that needs them.
    const bool cut = !IsPlainName(field.name) && other.starts_with(wanted) && other != wanted;
    candidates.push_back({field.name, cut ? 1 : Distance(wanted, other)});
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const auto& a, const auto& b) { return a.distance < b.distance; });
  return candidates;
}

}  // namespace

std::string Written(std::string_view name) {
  const auto shown = core::CutUtf8(name, kLongestName);
  if (shown.size() < name.size()) return InQuotes(std::string(shown) + "…", '`');
  return IsPlainName(name) ? std::string(name) : InQuotes(name, '`');
}

std::string Quoted(std::string_view text) {
  const auto shown = core::CutUtf8(text, kLongestName);
  return InQuotes(shown.size() < text.size() ? std::string(shown) + "…" : std::string(text), '"');
}

std::string_view Described(Type type) {
  switch (type) {
    case Type::kNumber:
      return "a number";
    case Type::kText:
      return "a text";
    case Type::kBoolean:
      return "true or false";
    case Type::kDate:
      return "a date";
    case Type::kTexts:
      return "a set of texts";
  }
  return "";
}

std::string_view ExampleLiteral(Type type) {
  switch (type) {
    case Type::kNumber:
      return "40";
    case Type::kText:
    case Type::kTexts:
      return "\"Enterprise\"";
    case Type::kBoolean:
      return "true";
    case Type::kDate:
      return "2026-01-31";
  }
  return "";
}

std::string Example(const Field& field) {
  const auto name = Written(field.name);
  switch (field.type) {
    case Type::kNumber:
      return name + " < 40";
    case Type::kText:
      return name + " = \"Enterprise\"";
    case Type::kBoolean:
      return name + " = true";
    case Type::kDate:
      return name + " > 14 days ago";
    case Type::kTexts:
      return "\"Enterprise\" in " + name;
  }
  return name;
}

std::string Example(const Schema& schema) {
  return schema.empty() ? "Score < 40" : Example(schema.front());
}

std::string UnknownField(std::string_view name, const Schema& schema) {
  auto problem = "there is no " + Written(name);
  if (schema.empty()) return problem + ", nor any other field";
  const auto nearest = Nearest(name, schema);
  // A guess further off than this would be no help; what differs in case alone is at 0.
  if (nearest.front().distance <= std::min<std::size_t>(3, name.size() / 2)) {
    problem += "; did you mean " + Written(nearest.front().name) + "?";
  }
  problem += problem.back() == '?' ? " " : "; ";
  problem += nearest.size() == 1 ? "the only field is " : "the fields are ";
  for (std::size_t i = 0; i < std::min(nearest.size(), kMostNames); ++i) {
    if (i > 0) problem += ", ";
    problem += Written(nearest[i].name);
  }
  if (nearest.size() > kMostNames) {
    problem += " and " + std::to_string(nearest.size() - kMostNames) + " more";
  }
  return problem;
}

}  // namespace accoil::conditions
