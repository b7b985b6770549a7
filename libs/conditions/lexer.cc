#include "libs/conditions/lexer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>
#include <utility>

#include "libs/core/rfc3339.h"
#include "libs/core/text.h"

namespace accoil::conditions {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kMostBytesOfCharacter = 4;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool BeginsWord(char c) { return IsLetter(c) || c == '_'; }
bool IsOfWord(char c) { return BeginsWord(c) || IsDigit(c); }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}
bool BeginsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

/// The character that begins there, of UTF-8.
std::string_view CharacterAt(std::string_view text, std::size_t byte) {
  std::size_t size = 1;
  while (byte + size < text.size() && !BeginsCharacter(text[byte + size])) ++size;
  return text.substr(byte, size);
}

/// Where the first character that is no UTF-8 begins; the size when all are.
std::size_t FirstBroken(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t size = 1;
    while (size <= kMostBytesOfCharacter && !core::IsUtf8(text.substr(at, size))) ++size;
    if (size > kMostBytesOfCharacter) return at;
    at += size;
  }
  return at;
}

/// "U+201C", since what cannot be seen cannot be found by looking at it.
std::string CodePoint(std::string_view character) {
  std::uint32_t code = static_cast<unsigned char>(character[0]);
  if (character.size() > 1) code &= 0x7FU >> character.size();
  for (const char c : character.substr(1)) {
    code = code << 6 | (static_cast<unsigned char>(c) & 0x3FU);
  }
  std::array<char, 8> digits{};
  const auto* end = std::to_chars(digits.begin(), digits.end(), code, 16).ptr;
  std::string hex(digits.data(), static_cast<std::size_t>(end - digits.data()));
  std::transform(hex.begin(), hex.end(), hex.begin(),
                 [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
  constexpr std::size_t kFewestDigits = 4;
  if (hex.size() < kFewestDigits) hex.insert(0, kFewestDigits - hex.size(), '0');
  return "U+" + hex;
}

struct Written {
  std::string_view text;
  Operator op;
};
/// The longer before those that they begin with.
constexpr std::array kOperators{
    Written{"!=", Operator::kNotEqual},       Written{"<=", Operator::kLessOrEqual},
    Written{">=", Operator::kGreaterOrEqual}, Written{"<", Operator::kLess},
    Written{">", Operator::kGreater},         Written{"=", Operator::kEqual},
};

/// What other languages write, and how it is written here.
constexpr std::array kForeign{
    std::pair{"=="sv, "equal is written ="sv},
    std::pair{"<>"sv, "not equal is written !="sv},
    std::pair{"=<"sv, "less or equal is written <="sv},
    std::pair{"=>"sv, "greater or equal is written >="sv},
    std::pair{"≠"sv, "not equal is written !="sv},
    std::pair{"≤"sv, "less or equal is written <="sv},
    std::pair{"≥"sv, "greater or equal is written >="sv},
    std::pair{"&&"sv, "&& is written and"sv},
    std::pair{"||"sv, "|| is written or"sv},
    std::pair{"“"sv, "texts stand in straight quotes, \"text\" or 'text'"sv},
    std::pair{"”"sv, "texts stand in straight quotes, \"text\" or 'text'"sv},
    std::pair{"„"sv, "texts stand in straight quotes, \"text\" or 'text'"sv},
    std::pair{"‘"sv, "texts stand in straight quotes, \"text\" or 'text'"sv},
    std::pair{"’"sv, "texts stand in straight quotes, \"text\" or 'text'"sv},
    std::pair{"!"sv, "what is not true is written not"sv},
    std::pair{"%"sv, "numbers are written without a sign after them"sv},
    std::pair{"+"sv, "numbers are written without a plus"sv},
};

}  // namespace

void Source::Fail(std::size_t byte, const std::string& problem) const {
  const auto before = text.substr(0, byte);
  auto position =
      static_cast<std::size_t>(std::count_if(before.begin(), before.end(), BeginsCharacter));
  // A byte within a character: the character has been counted.
  if (byte >= text.size() || BeginsCharacter(text[byte]) || position == 0) ++position;
  throw ConditionError(field, position, problem);
}

void CheckCharacters(const Source& source) {
  const auto text = source.text;
  if (text.size() > Condition::kLongest) {
    source.Fail(Condition::kLongest, "a condition has at most " +
                                         std::to_string(Condition::kLongest) +
                                         " bytes, this one has " + std::to_string(text.size()));
  }
  if (!core::IsUtf8(text)) {
    const auto at = FirstBroken(text);
    // Every byte that is no UTF-8 may look like a part of the character before it.
    const auto before = text.substr(0, at);
    const auto characters = std::count_if(before.begin(), before.end(), BeginsCharacter);
    throw ConditionError(source.field, static_cast<std::size_t>(characters) + 1,
                         "this is not UTF-8");
  }
  const auto* const control =
      std::find_if(text.begin(), text.end(), [](char c) { return IsControl(c) && !IsSpace(c); });
  if (control != text.end()) {
    source.Fail(static_cast<std::size_t>(control - text.begin()),
                "control characters mean nothing here: " + CodePoint({control, 1}));
  }
}

Token Lexer::Next() {
  SkipSpace();
  const auto begin = at_;
  auto token = [&]() -> Token {
    const char c = At(begin);
    if (begin >= source_.text.size()) return {Token::Kind::kEnd, begin, begin};
    if (BeginsWord(c)) return Word(begin);
    if (c == '"' || c == '\'' || c == '`') return Quoted(begin);
    if (DateBegins(begin)) return Date(begin);
    if (IsDigit(c) || (c == '-' && IsDigit(At(begin + 1)))) return Number(begin);
    return Sign(begin);
  }();
  at_ = token.end;
  return token;
}

void Lexer::SkipSpace() {
  while (IsSpace(At(at_))) ++at_;
}

Token Lexer::Word(std::size_t begin) {
  auto end = begin;
  while (IsOfWord(At(end))) ++end;
  Token token{Token::Kind::kWord, begin, end};
  token.text = source_.text.substr(begin, end - begin);
  return token;
}

Token Lexer::Quoted(std::size_t begin) {
  const char quote = At(begin);
  Token token{quote == '`' ? Token::Kind::kName : Token::Kind::kText, begin};
  auto at = begin + 1;
  while (At(at) != quote) {
    if (at >= source_.text.size()) {
      source_.Fail(begin, std::string("the quote that opens here is never closed; write ") + quote +
                              " after the " + (quote == '`' ? "name" : "text"));
    }
    if (IsControl(At(at))) source_.Fail(at, "a line break or tab cannot stand in quotes");
    if (At(at) == '\\') {
      if (At(at + 1) != quote && At(at + 1) != '\\') {
        source_.Fail(at, std::string("a backslash in it stands before ") + quote +
                             " or another backslash: \\" + quote + " or \\\\");
      }
      ++at;
    }
    token.text += At(at);
    ++at;
  }
  token.end = at + 1;
  return token;
}

std::size_t Lexer::SkipDigits(std::size_t byte) const {
  while (IsDigit(At(byte))) ++byte;
  return byte;
}

Token Lexer::Number(std::size_t begin) {
  auto end = SkipDigits(begin + 1);
  if (At(end) == '.') {
    if (!IsDigit(At(end + 1))) source_.Fail(end, "a digit must follow the point, as in 0.5");
    end = SkipDigits(end + 1);
  }
  if (At(end) == 'e' || At(end) == 'E') {
    const auto sign = end + 1;
    const auto digits = At(sign) == '-' || At(sign) == '+' ? sign + 1 : sign;
    if (IsDigit(At(digits))) end = SkipDigits(digits);
  }
  if (IsOfWord(At(end))) {
    source_.Fail(end, "the number ends here; a space must stand before the next word");
  }
  Token token{Token::Kind::kNumber, begin, end};
  const auto* const first = source_.text.data() + begin;
  const auto* const last = source_.text.data() + end;
  const auto [stop, error] = std::from_chars(first, last, token.number);
  if (error != std::errc() || stop != last || !std::isfinite(token.number)) {
    source_.Fail(begin, "the number is too large or too small");
  }
  // -0 would show as another text, though nothing is less than 0 and not less than it.
  if (token.number == 0) token.number = 0;
  return token;
}

bool Lexer::DateBegins(std::size_t byte) const {
  constexpr std::size_t kDigitsOfYear = 4;
  return SkipDigits(byte) == byte + kDigitsOfYear && At(byte + kDigitsOfYear) == '-' &&
         IsDigit(At(byte + kDigitsOfYear + 1));
}

Token Lexer::Date(std::size_t begin) {
  constexpr std::string_view kOthers = "-:.+";
  auto end = begin;
  while (IsOfWord(At(end)) ||
         (end < source_.text.size() && kOthers.find(At(end)) != kOthers.npos)) {
    ++end;
  }
  Token token{Token::Kind::kDate, begin, end};
  const auto time = core::ParseDate(source_.text.substr(begin, end - begin));
  if (!time) {
    source_.Fail(begin,
                 "this is no date; write a day of the calendar, 2026-01-31, or a time with its "
                 "offset from UTC, 2026-01-31T12:00:00Z");
  }
  constexpr std::chrono::sys_days kFirst = std::chrono::year(1970) / 1 / 1;
  constexpr std::chrono::sys_days kAfter = std::chrono::year(2200) / 1 / 1;
  if (*time < kFirst || *time >= kAfter) {
    source_.Fail(begin, "dates go from the year 1970 to 2199");
  }
  token.time = core::ToTimePoint(*time);
  return token;
}

Token Lexer::Sign(std::size_t begin) {
  const auto rest = source_.text.substr(begin);
  switch (rest.front()) {
    case '(':
      return {Token::Kind::kOpen, begin, begin + 1};
    case ')':
      return {Token::Kind::kClose, begin, begin + 1};
    case ',':
      return {Token::Kind::kComma, begin, begin + 1};
    default:
      break;
  }
  // Before the operators: == begins with =.
  for (const auto& [written, advice] : kForeign) {
    if (rest.starts_with(written) && !rest.starts_with("!=")) {
      source_.Fail(begin, std::string(advice));
    }
  }
  for (const auto& written : kOperators) {
    if (!rest.starts_with(written.text)) continue;
    Token token{Token::Kind::kOperator, begin, begin + written.text.size()};
    token.op = written.op;
    token.text = written.text;
    return token;
  }
  FailAtCharacter(begin);
}

void Lexer::FailAtCharacter(std::size_t byte) const {
  const auto character = CharacterAt(source_.text, byte);
  std::string problem = character.size() > 1
                            ? CodePoint(character) + " means nothing outside of quotes"
                            : std::string(character) + " means nothing outside of quotes";
  if (character == "-" || character.size() > 1) {
    problem += "; a name with more than A-Z, a-z, 0-9 and _ stands in `backquotes`";
  } else if (character == ".") {
    problem += "; a number begins with a digit, as in 0.5";
  }
  source_.Fail(byte, problem);
}

bool IsKeyword(const Token& token, std::string_view keyword) {
  return token.kind == Token::Kind::kWord && token.text.size() == keyword.size() &&
         core::ToLower(token.text) == keyword;
}

bool IsReserved(std::string_view word) {
  constexpr std::array kReserved{"and"sv,      "or"sv, "not"sv,  "in"sv,
                                 "contains"sv, "is"sv, "true"sv, "false"sv};
  return std::find(kReserved.begin(), kReserved.end(), core::ToLower(word)) != kReserved.end();
}

bool IsPlainName(std::string_view name) {
  return !name.empty() && BeginsWord(name.front()) &&
         std::all_of(name.begin(), name.end(), IsOfWord) && !IsReserved(name);
}

}  // namespace accoil::conditions
