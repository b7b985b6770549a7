#include "tests/property/mutator.h"

#include <algorithm>
#include <array>

namespace accoil::test {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kMostBytes = 256 << 10;
constexpr std::size_t kDeepest = 20'000;

constexpr std::array kNasty{
    // Numbers that do not fit, or are none.
    "0"sv,
    "-0"sv,
    "-1"sv,
    "9223372036854775807"sv,
    "9223372036854775808"sv,
    "-9223372036854775809"sv,
    "18446744073709551616"sv,
    "1e400"sv,
    "-1e-400"sv,
    "1E+308"sv,
    "0.1e1"sv,
    "00"sv,
    "NaN"sv,
    "Infinity"sv,
    "0x10"sv,
    "123456789012345678901234567890123456789012345678901234567890"sv,
    // Values of another type.
    "null"sv,
    "true"sv,
    "[]"sv,
    "{}"sv,
    "[{}]"sv,
    "\"\""sv,
    "[null]"sv,
    "{\"type\":\"list\",\"data\":[{\"id\":\"x\"}]}"sv,
    // Text that is hard to read.
    "\"\\u0000\""sv,
    "\"\\ud800\""sv,
    "\"\\udfff\\ud800\""sv,
    "\"\\uD83D\\uDE00\""sv,
    "\"\\x\""sv,
    "\"\n\""sv,
    "\0"sv,
    "\x7F"sv,
    "\x80"sv,
    "\xC0\xAF"sv,
    "\xED\xA0\x80"sv,
    "\xF4\x90\x80\x80"sv,
    "\xE2\x82"sv,
    "\xFE\xFF"sv,
    "\xEF\xBB\xBF"sv,
    "\xE2\x80\xAE"sv,
    // What means something elsewhere.
    "'; DROP TABLE subject; --"sv,
    "\r\nSet-Cookie: a=b\r\n"sv,
    "<script>alert(1)</script>"sv,
    "%00"sv,
    "%"sv,
    "%zz"sv,
    "%25%32%35"sv,
    "&"sv,
    "="sv,
    "+"sv,
    ";"sv,
    // Structure.
    ","sv,
    ":"sv,
    "\""sv,
    "\\"sv,
    "["sv,
    "]"sv,
    "{"sv,
    "}"sv,
    "/*"sv,
    "//"sv,
    "\n"sv,
    "\"__proto__\":"sv,
    "\"type\":\"user\","sv,
};

}  // namespace

std::string Mutator::Mutate(std::string text, std::string_view other) {
  constexpr std::size_t kMostChanges = 6;
  // Mostly few: what is broken all over is refused at its first byte.
  const auto changes = 1 + Below(1 + Below(kMostChanges));
  for (std::size_t i = 0; i < changes; ++i) {
    Change(text, other);
    if (text.size() > kMostBytes) text.resize(kMostBytes);
  }
  return text;
}

void Mutator::Change(std::string& text, std::string_view other) {
  constexpr std::size_t kShort = 16;
  constexpr std::size_t kLong = 512;
  const auto here = Choose(text, kLong);
  switch (Below(12)) {
    case 0:  // flip a bit
      if (!text.empty()) text[here.begin] = static_cast<char>(text[here.begin] ^ (1 << Below(8)));
      break;
    case 1:  // any byte
      if (!text.empty()) text[here.begin] = static_cast<char>(Below(256));
      break;
    case 2:  // an end that comes too early
      text.resize(here.begin);
      break;
    case 3:  // take something out
      text.erase(here.begin, std::min(here.size, 1 + Below(kShort)));
      break;
    case 4:
      text.insert(here.begin, Nasty());
      break;
    case 5:  // twice the same
      text.insert(here.begin, text.substr(here.begin, here.size));
      break;
    case 6: {  // many times the same
      const auto piece = text.substr(here.begin, std::min(here.size, 1 + Below(kShort)));
      std::string many;
      for (auto times = Below(kLong); times > 0; --times) many += piece;
      text.insert(here.begin, many);
      break;
    }
    case 7: {  // a piece of another sample
      const auto piece = Choose(other, kLong);
      text.replace(here.begin, Below(kShort), other.substr(piece.begin, piece.size));
      break;
    }
    case 8:
      Nest(text);
      break;
    case 9:
      text.insert(here.begin, std::string(Below(kLong), static_cast<char>(Below(256))));
      break;
    default:
      ReplaceValue(text);
      break;
  }
}

Mutator::Piece Mutator::Choose(std::string_view text, std::size_t most) {
  if (text.empty()) return {};
  const auto begin = Below(text.size());
  return {begin, 1 + Below(std::min(most, text.size() - begin))};
}

void Mutator::ReplaceValue(std::string& text) {
  const auto mark = text.find_first_of(":=", Choose(text, 1).begin);
  if (mark == std::string::npos) return;
  const auto begin = mark + 1;
  auto end = std::min(text.find_first_of(",}]&", begin), text.size());
  if (begin < text.size() && text[begin] == '"') {
    end = std::min(text.find('"', begin + 1), text.size() - 1) + 1;
  }
  text.replace(begin, end - begin, Nasty());
}

void Mutator::Nest(std::string& text) {
  const auto at = Choose(text, 1).begin;
  const auto depth = Below(4) == 0 ? Below(kDeepest) : Below(40);
  const bool objects = Below(2) == 0;
  std::string open;
  for (std::size_t i = 0; i < depth; ++i) open += objects ? "{\"a\":" : "[";
  text.insert(at, open);
  // Mostly it ends as it began, so that depth alone is what is wrong.
  if (Below(4) != 0) text.append(std::string(depth, objects ? '}' : ']'));
}

std::string_view Mutator::Nasty() { return kNasty.at(Below(kNasty.size())); }

std::string Printable(std::string_view text) {
  constexpr std::size_t kMost = 2'000;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string printable;
  for (const char c : text.substr(0, kMost)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F && c != '\\') {
      printable += c;
    } else {
      printable += "\\x";
      printable += kHex[byte >> 4];
      printable += kHex[byte & 15];
    }
  }
  return text.size() > kMost ? printable + "…" : printable;
}

}  // namespace accoil::test
