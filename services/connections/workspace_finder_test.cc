#include "services/connections/workspace_finder.h"

#include <map>

#include "libs/core/errors.h"
#include "tests/catch.h"

namespace accoil::connections {
namespace {

using intercom::Failure;
using Kind = Failure::Kind;

constexpr const char* kUs = "https://api.intercom.io";
constexpr const char* kEu = "https://api.eu.intercom.io";
constexpr const char* kAu = "https://api.au.intercom.io";

intercom::Outcome<intercom::Workspace> Found(const std::string& region) {
  return {intercom::Workspace{core::WorkspaceId("abc123"), "Demo", region},
          intercom::RateLimit{1'666, 1'600, 1'700'000'010}};
}

intercom::Outcome<intercom::Workspace> Failed(Kind kind) {
  Failure failure;
  failure.kind = kind;
  failure.message = "because";
  return {failure, std::nullopt};
}

/// Hosts that answer as told and note who was asked.
struct Hosts {
  AskWho Ask() {
    return [this](const std::string& base_url, const std::string& token) {
      CHECK(token == "tok");
      asked.push_back(base_url);
      return answers.at(base_url);
    };
  }
  std::map<std::string, intercom::Outcome<intercom::Workspace>> answers;
  std::vector<std::string> asked;
};

}  // namespace

TEST_CASE("a US token is found with one call") {
  Hosts hosts{{{kUs, Found("US")}}, {}};
  const auto found = FindWorkspace(hosts.Ask(), "", "tok");
  CHECK(found.base_url == kUs);
  CHECK(found.workspace.id.value() == "abc123");
  REQUIRE(found.rate_limits.size() == 1);
  CHECK(found.rate_limits[0].limit == 1'666);
  CHECK(hosts.asked == std::vector<std::string>{kUs});
}

TEST_CASE("an EU workspace that the US host knows is checked at its region's host") {
  Hosts hosts{{{kUs, Found("EU")}, {kEu, Found("EU")}}, {}};
  const auto found = FindWorkspace(hosts.Ask(), "", "tok");
  CHECK(found.base_url == kEu);
  CHECK(found.rate_limits.size() == 2);
  CHECK(hosts.asked == std::vector<std::string>{kUs, kEu});
}

TEST_CASE("a token that the US host does not know is looked for in the other regions") {
  Hosts hosts{
      {{kUs, Failed(Kind::kUnauthorized)}, {kEu, Failed(Kind::kUnauthorized)}, {kAu, Found("AU")}},
      {}};
  CHECK(FindWorkspace(hosts.Ask(), "", "tok").base_url == kAu);
}

TEST_CASE("with a base URL given, only that is asked") {
  Hosts hosts{{{"http://127.0.0.1:9", Found("EU")}}, {}};
  const auto found = FindWorkspace(hosts.Ask(), "http://127.0.0.1:9", "tok");
  CHECK(found.base_url == "http://127.0.0.1:9");
  CHECK(hosts.asked.size() == 1);
}

TEST_CASE("a token that nobody knows is a failed precondition") {
  Hosts hosts{{{kUs, Failed(Kind::kUnauthorized)},
               {kEu, Failed(Kind::kUnauthorized)},
               {kAu, Failed(Kind::kUnauthorized)}},
              {}};
  CHECK_THROWS_AS(FindWorkspace(hosts.Ask(), "", "tok"), core::FailedPrecondition);
  Hosts refusing{{{kUs, Failed(Kind::kRefused)}}, {}};
  CHECK_THROWS_AS(FindWorkspace(refusing.Ask(), "", "tok"), core::FailedPrecondition);
}

TEST_CASE("a refusal does not quote the answer, which might quote the token") {
  Failure failure;
  failure.kind = Kind::kRefused;
  failure.status = 403;
  failure.code = "action_forbidden";
  failure.message = "not with tok";
  Hosts hosts{{{kUs, {failure, std::nullopt}}}, {}};
  try {
    FindWorkspace(hosts.Ask(), "", "tok");
    FAIL("was accepted");
  } catch (const core::FailedPrecondition& error) {
    CHECK(std::string(error.what()).find("with tok") == std::string::npos);
    CHECK(std::string(error.what()).find("403 action_forbidden") != std::string::npos);
  }
}

TEST_CASE("an Intercom that cannot be asked is unavailable, not a refusal") {
  for (const auto kind : {Kind::kServer, Kind::kUnknown, Kind::kNotSent, Kind::kThrottled}) {
    Hosts down{{{kUs, Failed(kind)}}, {}};
    CHECK_THROWS_AS(FindWorkspace(down.Ask(), "", "tok"), core::Unavailable);
    Hosts eu_down{{{kUs, Failed(Kind::kUnauthorized)}, {kEu, Failed(kind)}}, {}};
    CHECK_THROWS_AS(FindWorkspace(eu_down.Ask(), "", "tok"), core::Unavailable);
  }
}

TEST_CASE("an answer without a usable workspace id is not believed") {
  auto nameless = Found("US");
  nameless.value().id = core::WorkspaceId("");
  Hosts hosts{{{kUs, nameless}}, {}};
  CHECK_THROWS_AS(FindWorkspace(hosts.Ask(), "", "tok"), core::Unavailable);
}

}  // namespace accoil::connections
