#include <algorithm>
#include <array>
#include <cstdint>

#include "libs/conditions/condition.h"

namespace accoil::conditions {
namespace {

template <typename T>
bool Holds(Operator op, const T& a, const T& b) {
  switch (op) {
    case Operator::kEqual:
      return a == b;
    case Operator::kNotEqual:
      return a != b;
    case Operator::kLess:
      return a < b;
    case Operator::kLessOrEqual:
      return a <= b;
    case Operator::kGreater:
      return a > b;
    case Operator::kGreaterOrEqual:
      return a >= b;
  }
  return false;
}

/// Of a value and a literal of one type; false for no value, and for a value of another type.
bool Holds(Operator op, const Value& value, const Literal& literal) {
  if (const auto* number = std::get_if<double>(&literal)) {
    const auto* have = std::get_if<double>(&value);
    return have != nullptr && Holds(op, *have, *number);
  }
  if (const auto* text = std::get_if<std::string>(&literal)) {
    const auto* have = std::get_if<std::string_view>(&value);
    return have != nullptr && Holds(op, *have, std::string_view(*text));
  }
  if (const auto* boolean = std::get_if<bool>(&literal)) {
    const auto* have = std::get_if<bool>(&value);
    return have != nullptr && Holds(op, *have, *boolean);
  }
  const auto* have = std::get_if<core::TimePoint>(&value);
  return have != nullptr && Holds(op, *have, std::get<core::TimePoint>(literal));
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Whether the text, its ASCII letters in lower case, has the needle within. Knuth, Morris and
/// Pratt's, for a value may be long and the two may be made to fit nearly everywhere.
bool Has(std::string_view text, std::string_view needle) {
  if (needle.size() > text.size() || needle.size() > Condition::kLongest) return false;
  // How many characters fit still when the one after them does not.
  std::array<std::uint16_t, Condition::kLongest> fit;  // NOLINT: written before it is read
  std::size_t matched = 0;
  fit[0] = 0;
  for (std::size_t i = 1; i < needle.size(); ++i) {
    while (matched > 0 && needle[i] != needle[matched]) matched = fit[matched - 1];
    if (needle[i] == needle[matched]) ++matched;
    fit[i] = static_cast<std::uint16_t>(matched);
  }
  matched = 0;
  for (const char c : text) {
    while (matched > 0 && Lower(c) != needle[matched]) matched = fit[matched - 1];
    if (Lower(c) == needle[matched]) ++matched;
    if (matched == needle.size()) return true;
  }
  return false;
}

/// The part and its parts within, as deep as Condition::kDeepest lets them be.
class Evaluation {
 public:
  Evaluation(const Facts& facts, core::TimePoint now) : facts_(facts), now_(now) {}

  bool Of(const Node& node) const {
    return std::visit([&](const auto& part) { return Of(part); }, node.is);
  }

 private:
  bool Of(const Compare& compare) const {
    return Holds(compare.op, facts_.Get(compare.field), compare.literal);
  }
  bool Of(const CompareAge& compare) const {
    const auto value = facts_.Get(compare.field);
    const auto* time = std::get_if<core::TimePoint>(&value);
    // Longer ago is earlier. `now` less the time might be more than a duration holds.
    return time != nullptr && Holds(compare.op, now_ - compare.age, *time);
  }
  bool Of(const OneOf& one_of) const {
    const auto value = facts_.Get(one_of.field);
    return std::any_of(one_of.literals.begin(), one_of.literals.end(), [&](const Literal& literal) {
      return Holds(Operator::kEqual, value, literal);
    });
  }
  bool Of(const HasText& has) const { return facts_.Has(has.field, has.text); }
  bool Of(const Contains& contains) const {
    const auto value = facts_.Get(contains.field);
    const auto* text = std::get_if<std::string_view>(&value);
    return text != nullptr && Has(*text, contains.text);
  }
  bool Of(const IsEmpty& is_empty) const {
    return is_empty.of_set ? !facts_.HasAny(is_empty.field)
                           : std::holds_alternative<std::monostate>(facts_.Get(is_empty.field));
  }
  bool Of(const Not& negation) const { return !Of(*negation.of); }
  bool Of(const And& junction) const {
    return std::all_of(junction.of.begin(), junction.of.end(),
                       [&](const Node& node) { return Of(node); });
  }
  bool Of(const Or& junction) const {
    return std::any_of(junction.of.begin(), junction.of.end(),
                       [&](const Node& node) { return Of(node); });
  }

  const Facts& facts_;
  const core::TimePoint now_;
};

/// What a part is now, and the first moment at which time may make it something else.
struct Outlook {
  bool is = false;
  std::optional<core::TimePoint> until;
};

class Forecast {
 public:
  Forecast(const Facts& facts, core::TimePoint now) : facts_(facts), now_(now) {}

  Outlook Of(const Node& node) const {
    if (const auto* compare = std::get_if<CompareAge>(&node.is)) {
      return {Evaluation(facts_, now_).Of(node), Turn(*compare)};
    }
    if (const auto* negation = std::get_if<Not>(&node.is)) {
      const auto outlook = Of(*negation->of);
      return {!outlook.is, outlook.until};
    }
    if (const auto* all = std::get_if<And>(&node.is)) return Of(all->of, false);
    if (const auto* any = std::get_if<Or>(&node.is)) return Of(any->of, true);
    return {Evaluation(facts_, now_).Of(node), std::nullopt};
  }

 private:
  /// The moment at which the time is as long ago as the comparison says, or has just become longer.
  std::optional<core::TimePoint> Turn(const CompareAge& compare) const {
    using std::chrono::microseconds;
    const auto value = facts_.Get(compare.field);
    const auto* time = std::get_if<core::TimePoint>(&value);
    if (time == nullptr || *time > core::TimePoint::max() - compare.age - microseconds(1)) {
      return std::nullopt;
    }
    const auto then = *time + compare.age;
    const bool at_once = compare.op == Operator::kGreaterOrEqual || compare.op == Operator::kLess;
    const core::TimePoint turn = at_once ? std::chrono::ceil<microseconds>(then)
                                         : std::chrono::floor<microseconds>(then) + microseconds(1);
    return turn > now_ ? std::optional(turn) : std::nullopt;
  }

  /// Of parts of which one that is `decisive` makes the whole so: as long as the last of these
  /// lasts, nothing else matters; without any, the first part that turns may become one.
  Outlook Of(const std::vector<Node>& parts, bool decisive) const {
    std::optional<core::TimePoint> first;
    std::optional<core::TimePoint> last;
    bool decided = false;
    for (const auto& part : parts) {
      const auto outlook = Of(part);
      if (outlook.is == decisive) {
        if (!outlook.until) return {decisive, std::nullopt};
        decided = true;
        last = last ? std::max(*last, *outlook.until) : *outlook.until;
      } else if (outlook.until) {
        first = first ? std::min(*first, *outlook.until) : *outlook.until;
      }
    }
    return decided ? Outlook{decisive, last} : Outlook{!decisive, first};
  }

  const Facts& facts_;
  const core::TimePoint now_;
};

}  // namespace

bool Condition::Evaluate(const Facts& facts, core::TimePoint now) const {
  return Evaluation(facts, now).Of(*root_);
}

std::optional<core::TimePoint> Condition::NextChange(const Facts& facts,
                                                     core::TimePoint now) const {
  if (!depends_on_time_) return std::nullopt;
  return Forecast(facts, now).Of(*root_).until;
}

}  // namespace accoil::conditions
