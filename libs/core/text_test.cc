#include "libs/core/text.h"

#include "tests/catch.h"

namespace accoil::core {

TEST_CASE("plain text is well-formed UTF-8 without control characters") {
  CHECK(IsPlainText("Zoë 日本 🎉"));
  CHECK(IsPlainText(""));
  CHECK_FALSE(IsPlainText("a\nb"));
  CHECK_FALSE(IsPlainText(std::string_view("a\0b", 3)));
  CHECK_FALSE(IsPlainText("\x7f"));
  CHECK_FALSE(IsPlainText("\xC0\xAF"));          // overlong
  CHECK_FALSE(IsPlainText("\xED\xA0\x80"));      // a surrogate
  CHECK_FALSE(IsPlainText("\xF4\x90\x80\x80"));  // beyond U+10FFFF
  CHECK_FALSE(IsPlainText("\xE2\x82"));          // cut off
  CHECK(IsUtf8("a\nb"));
}

TEST_CASE("identifiers are 1 to 64 letters, digits, underscores and hyphens") {
  CHECK(IsIdentifier("Trial_Users-2"));
  CHECK_FALSE(IsIdentifier(""));
  CHECK_FALSE(IsIdentifier("a b"));
  CHECK_FALSE(IsIdentifier("é"));
  CHECK(IsIdentifier(std::string(64, 'a')));
  CHECK_FALSE(IsIdentifier(std::string(65, 'a')));
}

TEST_CASE("emails are compared without regard to case and to white space around them") {
  CHECK(NormalizeEmail("  Ada.L@Example.COM\n") == "ada.l@example.com");
  CHECK(NormalizeEmail(" ") == "");
}

TEST_CASE("text is cut at a character's boundary") {
  CHECK(CutUtf8("abc", 5) == "abc");
  CHECK(CutUtf8("aé", 2) == "a");
  CHECK(CutUtf8("🎉", 3) == "");
}

TEST_CASE("key parts come back as they went in") {
  for (const char* part : {"plain", "a/b", "100%", "%2F", "", "/%/"}) {
    CAPTURE(part);
    CHECK(EncodeKeyPart(part).find('/') == std::string::npos);
    CHECK(DecodeKeyPart(EncodeKeyPart(part)) == part);
  }
  CHECK_FALSE(DecodeKeyPart("50%"));
  CHECK_FALSE(DecodeKeyPart("%zz"));
}

TEST_CASE("a number is the whole text and fits its type") {
  CHECK(ParseInteger<std::int64_t>("-42") == -42);
  CHECK(ParseInteger<std::uint64_t>("18446744073709551615") == 18446744073709551615U);
  for (const char* wrong : {"", " 1", "1 ", "+1", "1.0", "0x1", "9223372036854775808"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParseInteger<std::int64_t>(wrong));
  }
  CHECK_FALSE(ParseInteger<std::uint64_t>("-1"));
}

TEST_CASE("splitting keeps empty parts") {
  CHECK(Split("a,,b", ',') == std::vector<std::string>{"a", "", "b"});
  CHECK(Split("", ',') == std::vector<std::string>{""});
}

}  // namespace accoil::core
