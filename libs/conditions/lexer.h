#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "libs/conditions/condition.h"

namespace accoil::conditions {

/// The text of a condition, and how its errors are told.
struct Source {
  std::string_view text;
  /// Of ConditionError.
  const std::string& field;

  /// Throws ConditionError at the character that the byte begins or belongs to.
  [[noreturn]] void Fail(std::size_t byte, const std::string& problem) const;
};

/// Throws ConditionError when the text is longer than Condition::kLongest, not UTF-8, or has
/// control characters other than white space.
void CheckCharacters(const Source& source);

struct Token {
  enum class Kind {
    kEnd,
    /// A name or a keyword, as it is written.
    kWord,
    /// A name in backquotes, without them.
    kName,
    /// A literal in quotes, without them.
    kText,
    kNumber,
    kDate,
    kOperator,
    kOpen,
    kClose,
    kComma,
  };
  Kind kind = Kind::kEnd;
  /// The bytes where it begins and after which it ends.
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text;
  double number = 0;
  core::TimePoint time;
  Operator op = Operator::kEqual;
};

/// Takes a text of good characters apart. `source` must outlive it.
class Lexer {
 public:
  explicit Lexer(const Source& source) : source_(source) {}

  /// The next token; kEnd once nothing is left. Throws ConditionError where none can begin, or
  /// where one is broken.
  Token Next();

 private:
  void SkipSpace();
  char At(std::size_t byte) const { return byte < source_.text.size() ? source_.text[byte] : '\0'; }
  Token Word(std::size_t begin);
  Token Quoted(std::size_t begin);
  Token Number(std::size_t begin);
  Token Date(std::size_t begin);
  Token Sign(std::size_t begin);
  bool DateBegins(std::size_t byte) const;
  std::size_t SkipDigits(std::size_t byte) const;
  [[noreturn]] void FailAtCharacter(std::size_t byte) const;

  const Source& source_;
  std::size_t at_ = 0;
};

/// Whether it is the keyword, given in lower case, in whatever case.
bool IsKeyword(const Token& token, std::string_view keyword);

/// Whether a word cannot be a field's name without backquotes: and, or, not, in, contains, is,
/// true, false.
bool IsReserved(std::string_view word);

/// Whether a text can stand as a name without backquotes.
bool IsPlainName(std::string_view name);

}  // namespace accoil::conditions
