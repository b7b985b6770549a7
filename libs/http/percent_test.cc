#include "libs/http/percent.h"

#include "tests/catch.h"

namespace accoil::http {
namespace {

TEST_CASE("escapes are undone, and a broken one is noticed") {
  CHECK(PercentDecode("a%20b%2Fc%c3%a9") == "a b/c\xC3\xA9");
  CHECK(PercentDecode("") == "");
  CHECK(PercentDecode("%00") == std::string(1, '\0'));
  CHECK_FALSE(PercentDecode("%"));
  CHECK_FALSE(PercentDecode("%2"));
  CHECK_FALSE(PercentDecode("%zz"));
}

TEST_CASE("what is encoded is decoded to the same bytes") {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  CHECK(PercentDecode(PercentEncode(all)) == all);
  CHECK(PercentEncode("user-1_a.b~c") == "user-1_a.b~c");
  CHECK(PercentEncode("a b/c?d&e") == "a%20b%2Fc%3Fd%26e");
}

TEST_CASE("a query becomes names and values, the last of a name winning") {
  const auto query = ParseQuery("a=1&b=x+y%2B&&c&a=2&d=e=f");
  REQUIRE(query);
  CHECK(*query ==
        std::map<std::string, std::string>{{"a", "2"}, {"b", "x y+"}, {"c", ""}, {"d", "e=f"}});
  CHECK(ParseQuery("")->empty());
  CHECK_FALSE(ParseQuery("a=%g"));
}

}  // namespace
}  // namespace accoil::http
