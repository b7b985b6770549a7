#include "services/gateway/app_secrets.h"

#include "libs/core/errors.h"
#include "services/gateway/fake_upstreams.h"
#include "tests/catch.h"

namespace accoil::gateway {
namespace {

using namespace std::chrono_literals;

struct Fixture {
  FakeConnections connections;
  core::ManualClock clock{core::FromMicroseconds(1'000'000'000)};
  AppSecrets secrets{connections, clock, {}, telemetry::Logger::Silent()};

  void Add(const std::string& secret, const std::vector<std::string>& workspaces = {}) {
    auto& added = *connections.app_secrets.add_secrets();
    added.set_client_secret(secret);
    for (const auto& workspace : workspaces) added.add_workspace_ids(workspace);
  }
  void GoAway() {
    connections.failure = [] { throw core::Unavailable("down"); };
  }
};

TEST_CASE("secrets are asked for once in half a minute") {
  Fixture fixture;
  fixture.Add("own");
  fixture.Add("customer", {"ws1", "ws2"});
  const auto list = fixture.secrets.Get();
  REQUIRE(list->size() == 2);
  CHECK((*list)[0].client_secret == "own");
  CHECK((*list)[0].workspaces.empty());
  CHECK((*list)[1].workspaces == std::set<std::string>{"ws1", "ws2"});
  fixture.clock.Advance(29s);
  CHECK(fixture.secrets.Get() == list);
  CHECK(fixture.connections.app_secrets_asked == 1);
  fixture.clock.Advance(1s);
  CHECK(fixture.secrets.Get() != list);
}

TEST_CASE("while connections does not answer the secrets of before go on to count") {
  Fixture fixture;
  fixture.Add("own");
  const auto list = fixture.secrets.Get();
  fixture.GoAway();
  fixture.clock.Advance(24h);
  CHECK(fixture.secrets.Get() == list);
  CHECK(fixture.secrets.Get() == list);
  CHECK(fixture.connections.app_secrets_asked == 2);
  fixture.connections.failure = nullptr;
  fixture.Add("new");
  fixture.clock.Advance(1s);
  CHECK(fixture.secrets.Get()->size() == 2);
}

TEST_CASE("secrets that were never known are unavailable, not empty") {
  Fixture fixture;
  fixture.GoAway();
  CHECK_THROWS_AS(fixture.secrets.Get(), core::Unavailable);
  fixture.connections.failure = nullptr;
  CHECK(fixture.secrets.Get()->empty());
}

TEST_CASE("who doubts the secrets makes them be asked for again, once a second") {
  Fixture fixture;
  fixture.secrets.Get();
  fixture.Add("new");
  CHECK(fixture.secrets.Refresh()->empty());
  fixture.clock.Advance(1s);
  for (int i = 0; i < 10; ++i) CHECK(fixture.secrets.Refresh()->size() == 1);
  CHECK(fixture.connections.app_secrets_asked == 2);
}

}  // namespace
}  // namespace accoil::gateway
