#include "libs/core/json.h"

#include <nlohmann/json.hpp>
#include <string>

#include "libs/core/errors.h"
#include "tests/catch.h"

namespace accoil::core {
namespace {

/// The refusal of a text as "field: problem"; fails the test when it is accepted.
std::string Refusal(std::string_view text, const JsonLimits& limits = {}) {
  try {
    ParseJson(text, limits);
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  FAIL("accepted");
  return {};
}

std::string Nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST_CASE("a JSON text becomes the value that it writes") {
  const auto value =
      ParseJson(R"( {"a":[1,-2,3.5,true,null,{"b":"\u00e9\ud83d\ude00"}],"c":{},"d":[]} )");
  CHECK(value == nlohmann::json::parse(R"({"a":[1,-2,3.5,true,null,{"b":"é😀"}],"c":{},"d":[]})"));
  CHECK(ParseJson("3") == 3);
  CHECK(ParseJson("\"x\"") == "x");
  CHECK(ParseJson("-9223372036854775808").get<std::int64_t>() == INT64_MIN);
}

TEST_CASE("what is not JSON is refused with the byte where it stops being JSON") {
  CHECK(Refusal("") == "not JSON at byte 1");
  CHECK(Refusal("{\"a\":1") == "not JSON at byte 7");
  CHECK(Refusal("[1,]") == "[1]: not JSON at byte 4");
  CHECK(Refusal("[1] 2") == "not JSON at byte 5");
  CHECK(Refusal("{'a':1}") == "not JSON at byte 2");
  CHECK(Refusal("// x\n1") == "not JSON at byte 1");
  CHECK(Refusal("\"\\ud800\"") == "not JSON at byte 8");
  CHECK(Refusal(std::string_view("\"a\0b\"", 5)) == "not JSON at byte 3");
}

TEST_CASE("a refusal names the path of the value that cannot be read") {
  CHECK(Refusal(R"({"a":{"b":[1,{"c":NaN}]}})") == "a.b[1].c: not JSON at byte 19");
  CHECK(Refusal(R"({"a":1,"b":Infinity})") == "b: not JSON at byte 12");
}

TEST_CASE("a number that no double holds is refused") {
  CHECK(Refusal(R"({"v":1e400})") == "v: a number beyond what a double holds");
  CHECK(ParseJson("1e-400") == 0.0);
}

TEST_CASE("an integer of more than 64 bits is refused instead of losing digits") {
  CHECK(ParseJson("18446744073709551615").get<std::uint64_t>() == UINT64_MAX);
  CHECK(Refusal("[18446744073709551616]") == "[0]: an integer of more than 64 bits");
  CHECK(Refusal("-9223372036854775809") == "an integer of more than 64 bits");
}

TEST_CASE("bytes that are not UTF-8 are refused") {
  CHECK(Refusal("{\"a\":\"\xff\"}") == "a: not UTF-8");
  CHECK(Refusal("\"\xc0\xaf\"") == "not UTF-8");
  CHECK(Refusal("\"\xed\xa0\x80\"") == "not UTF-8");
}

TEST_CASE("a name that appears twice in an object is refused") {
  CHECK(Refusal(R"({"a":1,"b":{"c":1,"c":2}})") == "b.c: appears twice in its object");
  CHECK_NOTHROW(ParseJson(R"({"a":{"a":{"a":1}}})"));
}

TEST_CASE("depth is limited, however deep the text goes") {
  CHECK_NOTHROW(ParseJson(Nested(3), {.depth = 3}));
  CHECK(Refusal(Nested(4), {.depth = 3}) == "[0][0][0]: nested deeper than 3 levels");
  CHECK(Refusal(std::string(500'000, '[')).ends_with("nested deeper than 32 levels"));
  CHECK_NOTHROW(ParseJson("1", {.depth = 0}));
}

TEST_CASE("size is limited") {
  CHECK_NOTHROW(ParseJson("[1]", {.size = 3}));
  CHECK(Refusal("[1] ", {.size = 3}) == "longer than 3 bytes");
}

TEST_CASE("a long name is cut in the refusal") {
  const auto refusal = Refusal("{\"" + std::string(10'000, 'n') + "\":x}");
  CHECK(refusal.size() < 120);
}

}  // namespace
}  // namespace accoil::core
