#include <nlohmann/json.hpp>
#include <string>

#include "libs/core/errors.h"
#include "services/gateway/routes_fixture.h"
#include "tests/catch.h"

namespace accoil::gateway {
namespace {

const std::string kUsers = "/v1/products/{product}/users";
const std::string kAccounts = "/v1/products/{product}/accounts";

struct Fixture : RoutesFixture {
  Fixture() {
    auto& subject = *widget.subjects.add_subjects();
    subject.set_subject_id("x1");
    subject.set_name("Ada");
    (*subject.mutable_traits())["Score"].set_number_value(83);
    (*subject.mutable_traits())["LastActive"].set_string_value("2026-03-01T12:00:00Z");
    subject.add_segments("All");
    subject.add_tags("at-risk");
    subject.set_matched(true);
    widget.subjects.set_profile_id("trial");
  }
  http::Response List(const std::string& path, std::map<std::string, std::string> query) {
    const auto& route = Find("GET", path);
    auto request = RequestFor(route);
    request.query = std::move(query);
    return Send(route, "read", request);
  }
  std::string Refusal(const std::map<std::string, std::string>& query) {
    try {
      List(kUsers, query);
    } catch (const core::InvalidArgument& error) {
      return error.what();
    }
    return "accepted";
  }
};

TEST_CASE("users are listed with what the profile has of them and the tags that we gave") {
  Fixture fixture;
  auto& user = *fixture.widget.subjects.mutable_subjects(0);
  user.set_email("ada@example.com");
  user.add_account_ids("a1");
  fixture.widget.subjects.set_next_cursor("c2");
  CHECK(fixture.List(kUsers, {}).body ==
        R"({"profile_id":"trial","users":[{"subject_id":"x1","name":"Ada",)"
        R"("email":"ada@example.com","account_ids":["a1"],"matched":true,)"
        R"("traits":{"LastActive":"2026-03-01T12:00:00Z","Score":83},"segments":["All"],)"
        R"("tags":["at-risk"]}],"next_cursor":"c2"})");
  const auto& asked = fixture.widget.listed.value();
  CHECK(asked.product_id() == 7);
  CHECK(asked.kind() == events::v1::USER);
  CHECK(asked.profile_id().empty());
  CHECK(asked.limit() == 50);
  CHECK_FALSE(asked.descending());
}

TEST_CASE("accounts are listed the same way, without what only users have") {
  Fixture fixture;
  CHECK(fixture.List(kAccounts, {}).body ==
        R"({"profile_id":"trial","accounts":[{"subject_id":"x1","name":"Ada","matched":true,)"
        R"("traits":{"LastActive":"2026-03-01T12:00:00Z","Score":83},"segments":["All"],)"
        R"("tags":["at-risk"]}],"next_cursor":null})");
  CHECK(fixture.widget.listed->kind() == events::v1::ACCOUNT);
}

TEST_CASE("what a list is asked for reaches widget as it was sent") {
  Fixture fixture;
  fixture.List(kUsers, {{"profile", "trial"},
                        {"segment", "At Risk"},
                        {"condition", "Score < 40\n and \"All\" in Segments"},
                        {"search", "ad"},
                        {"sort", "LastActive"},
                        {"order", "desc"},
                        {"limit", "200"},
                        {"cursor", "c1"}});
  const auto& asked = fixture.widget.listed.value();
  CHECK(asked.profile_id() == "trial");
  CHECK(asked.segment() == "At Risk");
  CHECK(asked.condition() == "Score < 40\n and \"All\" in Segments");
  CHECK(asked.search() == "ad");
  CHECK(asked.sort() == "LastActive");
  CHECK(asked.descending());
  CHECK(asked.limit() == 200);
  CHECK(asked.cursor() == "c1");
}

TEST_CASE("parameters of a list that cannot be are refused by name") {
  Fixture fixture;
  CHECK(fixture.Refusal({{"order", "down"}}) == "order: must be one of asc, desc");
  CHECK(fixture.Refusal({{"limit", "201"}}) == "limit: must be 1 to 200");
  CHECK(fixture.Refusal({{"limit", "0"}}) == "limit: must be 1 to 200");
  CHECK(fixture.Refusal({{"search", std::string(101, 'a')}}) ==
        "search: must be at most 100 bytes of UTF-8 without control characters");
  CHECK(fixture.Refusal({{"condition", std::string(2001, 'a')}}) ==
        "condition: must be at most 2000 bytes of UTF-8");
  CHECK(fixture.Refusal({{"condition", "\xff"}}) ==
        "condition: must be at most 2000 bytes of UTF-8");
  for (const auto* name : {"profile", "segment", "sort", "cursor"}) {
    CHECK(fixture.Refusal({{name, "a\tb"}}).starts_with(name + std::string(": must be at most")));
  }
  CHECK_FALSE(fixture.widget.listed);
}

TEST_CASE("what widget refuses a list for reaches the caller with its field and position") {
  Fixture fixture;
  fixture.widget.failure = [] {
    throw core::InvalidArgument("condition", "at 1: no trait Scor; there is Score");
  };
  CHECK(fixture.Refusal({{"condition", "Scor < 1"}}) ==
        "condition: at 1: no trait Scor; there is Score");
  fixture.widget.failure = [] { throw core::InvalidArgument("profile_id", "no"); };
  CHECK(fixture.Refusal({{"profile", "!"}}) == "profile: no");
  fixture.widget.failure = [] { throw core::NotFound("the product has no summary profile"); };
  CHECK_THROWS_AS(fixture.List(kUsers, {}), core::NotFound);
}

}  // namespace
}  // namespace accoil::gateway
