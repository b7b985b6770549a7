#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "libs/conditions/value.h"
#include "libs/core/errors.h"

/// The language in which rules and lists say whom they mean:
///
///   Score < 40 and "Enterprise" in Segments and LastActive > 14 days ago
///
///   condition   one or more comparisons joined by and, or, not and parentheses; not binds
///   tightest,
///               or loosest
///   comparison  FIELD OP LITERAL            = != < <= > >=; of texts and truths only = and !=
///               FIELD OP N hours|days|weeks ago   how long ago it is: > is longer ago; < <= > >=
///               TEXT [not] in Segments
///               FIELD [not] in (LITERAL, …)
///               FIELD [not] contains TEXT   of texts, whatever the case of ASCII letters
///               FIELD is [not] empty
///               FIELD                       of truths: is true
///   literal     12, -0.5, 1e6, "text" or 'text' (a quote or backslash in it escaped by a
///   backslash),
///               true, false, 2026-01-31 or 2026-01-31T12:00:00Z (a day alone is its beginning,
///               UTC)
///   field       a name of the schema, in `backquotes` where it is not a word of [A-Za-z_] and
///               [A-Za-z0-9_], or is and, or, not, in, contains, is, true or false
///
/// Keywords are read in any case, names exactly. A comparison with a field that has no value is
/// false, those with !=, not in and not contains too; only "is empty" asks for that. `not` turns
/// false to true, so `not Score > 5` holds for who has no score. A set always has a value, maybe an
/// empty one: `"New" not in Segments` holds for who is in none.
namespace accoil::conditions {

/// A text is no condition of the schema: core::InvalidArgument (its field is the one given to
/// Parse) whose problem begins with the position and names what would be right.
class ConditionError : public core::InvalidArgument {
 public:
  /// `position`: of the first character that is wrong, counted from 1, in characters.
  ConditionError(const std::string& field, std::size_t position, const std::string& problem)
      : InvalidArgument(field, "at character " + std::to_string(position) + ": " + problem),
        position_(position) {}
  std::size_t position() const { return position_; }

 private:
  std::size_t position_;
};

enum class Operator { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

/// A literal, as the field's type wants it.
using Literal = std::variant<double, std::string, bool, core::TimePoint>;

// The parts of a condition. `field` is a place in the schema.

struct Compare {
  std::size_t field = 0;
  Operator op = Operator::kEqual;
  Literal literal;
};
/// FIELD OP N ago: now less the field's time, OP `age`, which is from 0 to 36,500 days. Never
/// kEqual or kNotEqual.
struct CompareAge {
  std::size_t field = 0;
  Operator op = Operator::kEqual;
  std::chrono::seconds age{0};
};
/// The field's value is one of the literals, at least one.
struct OneOf {
  std::size_t field = 0;
  std::vector<Literal> literals;
};
/// The set has the text.
struct HasText {
  std::size_t field = 0;
  std::string text;
};
/// The text has the other within it when its ASCII letters are in lower case, as those of the other
/// are here. At least one byte.
struct Contains {
  std::size_t field = 0;
  std::string text;
};
/// There is no value (an empty text is one), or nothing in the set.
struct IsEmpty {
  std::size_t field = 0;
  /// Whether the field is of kTexts.
  bool of_set = false;
};
struct Node;
struct Not {
  std::unique_ptr<Node> of;
};
/// All of them, or any; at least two.
struct And {
  std::vector<Node> of;
};
struct Or {
  std::vector<Node> of;
};
struct Node {
  std::variant<Compare, CompareAge, OneOf, HasText, Contains, IsEmpty, Not, And, Or> is;
};

/// A condition that was read and checked. Immutable; any thread.
class Condition {
 public:
  /// Bytes of its text.
  static constexpr std::size_t kLongest = 2'000;
  /// Parentheses and nots within each other.
  static constexpr int kDeepest = 32;
  static constexpr int kMostComparisons = 100;

  /// Throws ConditionError; `field` is the name of what the text stands in, for the error.
  static Condition Parse(std::string_view text, const Schema& schema, const std::string& field);

  /// Whether it is true of the subject, now.
  bool Evaluate(const Facts& facts, core::TimePoint now) const;

  /// When Evaluate may next answer something else though the facts stay as they are: a whole
  /// microsecond after `now`, before which no whole microsecond answers otherwise than `now`.
  /// Nothing when only facts can change it.
  std::optional<core::TimePoint> NextChange(const Facts& facts, core::TimePoint now) const;

  /// The places of the fields that it looks at, each once, ascending.
  const std::vector<std::size_t>& fields() const { return fields_; }
  /// The texts that it looks for in sets, each once, sorted.
  const std::vector<std::string>& texts() const { return texts_; }
  /// Whether it looks at how long ago something is.
  bool depends_on_time() const { return depends_on_time_; }
  /// For those who make something else of it, such as SQL.
  const Node& root() const { return *root_; }

 private:
  Condition() = default;

  std::shared_ptr<const Node> root_;
  std::vector<std::size_t> fields_;
  std::vector<std::string> texts_;
  bool depends_on_time_ = false;
};

}  // namespace accoil::conditions
