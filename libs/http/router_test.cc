#include "libs/http/router.h"

#include "tests/catch.h"

namespace accoil::http {
namespace {

Router MakeRouter() {
  Router router;
  router.Add("GET", "/contacts", 0);
  router.Add("POST", "/contacts/search", 1);
  router.Add("GET", "/contacts/{id}", 2);
  router.Add("PUT", "/contacts/{id}", 3);
  router.Add("DELETE", "/contacts/{contact}/tags/{tag}", 4);
  router.Add("GET", "/", 5);
  return router;
}

TEST_CASE("placeholders are filled with the decoded segments") {
  const auto router = MakeRouter();
  const auto match = router.Find("DELETE", "/contacts/a%2Fb/tags/x%20y");
  CHECK(match.route == 4U);
  CHECK(match.parameters == std::map<std::string, std::string>{{"contact", "a/b"}, {"tag", "x y"}});
  CHECK(router.Find("GET", "/").route == 5U);
}

TEST_CASE("a literal route wins over a placeholder, for the methods that it has") {
  const auto router = MakeRouter();
  CHECK(router.Find("POST", "/contacts/search").route == 1U);
  const auto other = router.Find("GET", "/contacts/search");
  CHECK(other.route == 2U);
  CHECK(other.parameters.at("id") == "search");
}

TEST_CASE("an unknown path allows nothing, an unknown method names the known ones") {
  const auto router = MakeRouter();
  CHECK(router.Find("GET", "/nothing").allowed.empty());
  CHECK(router.Find("GET", "/contacts/").allowed.empty());
  CHECK(router.Find("GET", "/contacts/1/2").allowed.empty());
  CHECK(router.Find("GET", "/contacts/%zz").allowed.empty());
  CHECK(router.Find("GET", "").allowed.empty());
  const auto match = router.Find("PATCH", "/contacts/1");
  CHECK_FALSE(match.route);
  CHECK(match.allowed == std::set<std::string>{"GET", "PUT"});
}

TEST_CASE("a route is added once") {
  auto router = MakeRouter();
  CHECK_THROWS_AS(router.Add("GET", "/contacts/{other}", 9), std::logic_error);
  CHECK_THROWS_AS(router.Add("GET", "contacts", 9), std::logic_error);
}

}  // namespace
}  // namespace accoil::http
