#include "services/widget/condition_sql.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <stdexcept>

#include "libs/core/text.h"

namespace accoil::widget {
namespace {

using conditions::Literal;
using conditions::Node;
using conditions::Operator;
using conditions::Type;

/// What tells values of different types apart in `listed.traits`.
const char* MarkOf(Type type) {
  switch (type) {
    case Type::kNumber:
      return "#";
    case Type::kBoolean:
      return "?";
    case Type::kDate:
      return "@";
    case Type::kText:
    case Type::kTexts:
      return "$";
  }
  return "$";
}

const char* ToSql(Operator op) {
  switch (op) {
    case Operator::kEqual:
      return " = ";
    case Operator::kNotEqual:
      return " <> ";
    case Operator::kLess:
      return " < ";
    case Operator::kLessOrEqual:
      return " <= ";
    case Operator::kGreater:
      return " > ";
    case Operator::kGreaterOrEqual:
      return " >= ";
  }
  return " = ";
}

/// As numbers are stored: with as many digits as tell it from every other.
std::string NumberText(double number) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) throw std::logic_error("a double does not fit 32 characters");
  return {text.data(), end};
}

/// The seconds since 1970, to the nanosecond.
std::string SecondsText(core::TimePoint time) {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  const auto count =
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%s%lld.%09lld", count < 0 ? "-" : "",
                static_cast<long long>(std::abs(count / kNanoseconds)),
                static_cast<long long>(std::abs(count % kNanoseconds)));
  return text.data();
}

/// A literal's text as a parameter.
std::string TextOf(const Literal& literal) {
  if (const auto* number = std::get_if<double>(&literal)) return NumberText(*number);
  if (const auto* text = std::get_if<std::string>(&literal)) return *text;
  if (const auto* boolean = std::get_if<bool>(&literal)) return *boolean ? "t" : "f";
  return SecondsText(std::get<core::TimePoint>(literal));
}

/// Of the field's value, and so of literals compared with it.
const char* CastOf(Type type) {
  switch (type) {
    case Type::kNumber:
    case Type::kDate:
      return "::numeric";
    case Type::kBoolean:
      return "::boolean";
    case Type::kText:
    case Type::kTexts:
      return "::text";
  }
  return "::text";
}

class Writer {
 public:
  Writer(const ListFields& fields, core::TimePoint now, SqlParameters& parameters)
      : fields_(fields), now_(now), parameters_(parameters) {}

  std::string Of(const Node& node) {
    return std::visit([&](const auto& part) { return Of(part); }, node.is);
  }

 private:
  Type TypeOf(std::size_t field) const { return fields_.schema.at(field).type; }

  std::string Value(std::size_t place) {
    const auto& field = fields_.schema.at(place);
    if (place < fields_.traits) return TraitSql(field.name, field.type, parameters_);
    if (field.name == "Name") return "nullif(l.name, '')";
    if (field.name == "Email") return "nullif(l.email, '')";
    if (field.name == "UserId" || field.name == "AccountId") return "l.subject_id";
    throw std::logic_error("a condition has a field that lists do not have");
  }
  std::string Parameter(std::size_t field, const Literal& literal) {
    return parameters_.Add(TextOf(literal)) + CastOf(TypeOf(field));
  }

  // A comparison with nothing is NULL in SQL and false here.

  std::string Of(const conditions::Compare& compare) {
    const auto value = Value(compare.field);
    const auto literal = Parameter(compare.field, compare.literal);
    return "((" + value + ToSql(compare.op) + literal + ") IS TRUE)";
  }
  std::string Of(const conditions::CompareAge& compare) {
    const auto value = Value(compare.field);
    const auto then = Parameter(compare.field, Literal(now_ - compare.age));
    // Longer ago is earlier.
    return "((" + then + ToSql(compare.op) + value + ") IS TRUE)";
  }
  std::string Of(const conditions::OneOf& one_of) {
    std::vector<std::string> texts;
    for (const auto& literal : one_of.literals) texts.push_back(TextOf(literal));
    const auto value = Value(one_of.field);
    const auto literals = parameters_.Add(texts) + CastOf(TypeOf(one_of.field)) + "[]";
    return "((" + value + " = ANY (" + literals + ")) IS TRUE)";
  }
  std::string Of(const conditions::HasText& has) {
    return "(" + parameters_.Add(has.text) + "::text = ANY (l.segments))";
  }
  std::string Of(const conditions::Contains& contains) {
    const auto value = Value(contains.field);
    const auto text = parameters_.Add(core::ToLower(contains.text)) + "::text";
    return "((strpos(lower(" + value + " COLLATE \"C\"), " + text + ") > 0) IS TRUE)";
  }
  std::string Of(const conditions::IsEmpty& is_empty) {
    if (is_empty.of_set) return "(cardinality(l.segments) = 0)";
    return "(" + Value(is_empty.field) + " IS NULL)";
  }
  std::string Of(const conditions::Not& negation) { return "(NOT " + Of(*negation.of) + ")"; }
  std::string Of(const conditions::And& all) { return Joined(all.of, " AND "); }
  std::string Of(const conditions::Or& any) { return Joined(any.of, " OR "); }

  std::string Joined(const std::vector<Node>& parts, const char* by) {
    std::string joined = "(";
    for (const auto& part : parts) {
      if (joined.size() > 1) joined += by;
      joined += Of(part);
    }
    return joined + ")";
  }

  const ListFields& fields_;
  const core::TimePoint now_;
  SqlParameters& parameters_;
};

}  // namespace

std::string TraitSql(std::string_view trait, Type type, SqlParameters& parameters) {
  const auto key = parameters.Add(MarkOf(type) + std::string(trait)) + "::text";
  if (type == Type::kText) return "(l.traits ->> " + key + ")";
  return "(l.traits -> " + key + ")" + CastOf(type);
}

std::string ConditionSql(const conditions::Condition& condition, const ListFields& fields,
                         core::TimePoint now, SqlParameters& parameters) {
  return Writer(fields, now, parameters).Of(condition.root());
}

}  // namespace accoil::widget
