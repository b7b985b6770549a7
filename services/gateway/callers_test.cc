#include "services/gateway/callers.h"

#include "services/gateway/fake_upstreams.h"
#include "services/gateway/gate.h"
#include "tests/catch.h"

namespace accoil::gateway {
namespace {

using namespace std::chrono_literals;
using connections::v1::READ;

struct Fixture {
  FakeConnections connections;
  core::ManualClock clock{core::FromMicroseconds(1'000'000)};
  telemetry::Metrics registry;
  Metrics metrics{registry};
  ApiKeys api_keys{connections, clock, {}, metrics, telemetry::Logger::Silent()};
  Callers callers{"operator-key", api_keys, {.rate = 1, .burst = 2}, clock, metrics};
  Gate gate{callers, telemetry::Logger::Silent()};

  Fixture() {
    connections.AddKey("one", 7, {READ});
    connections.AddKey("two", 7, {READ});
  }

  http::Response Get(const std::string& key) {
    http::Request request;
    request.method = "GET";
    request.headers["Authorization"] = "Bearer " + key;
    const Scope scope = key == "operator-key" ? Scope::kOperator : Scope::kRead;
    return gate.Guard({"GET", "/", scope, [](const Call&) { return http::Response(); }})(request);
  }
};

TEST_CASE("a credential is the operator's, a key's or nobody's") {
  Fixture fixture;
  REQUIRE(fixture.callers.Find("operator-key"));
  CHECK(fixture.callers.Find("operator-key")->is_operator());
  CHECK(fixture.callers.Find("operator-key")->api_key_id() == 0);
  REQUIRE(fixture.callers.Find("one"));
  CHECK(fixture.callers.Find("one")->api_key_id() == 1);
  CHECK_FALSE(fixture.callers.Find(""));
  CHECK_FALSE(fixture.callers.Find("operator-key "));
}

TEST_CASE("who sends more than its rate is answered with 429 until it has waited") {
  Fixture fixture;
  for (const std::string key : {"one", "operator-key"}) {
    INFO(key);
    CHECK(fixture.Get(key).status == 200);
    CHECK(fixture.Get(key).status == 200);
    const auto refused = fixture.Get(key);
    CHECK(refused.status == 429);
    CHECK(refused.content_type == "application/problem+json");
    CHECK(refused.headers.at("Retry-After") == "1");
  }
  CHECK(fixture.Get("two").status == 200);
  fixture.clock.Advance(1s);
  CHECK(fixture.Get("one").status == 200);
  CHECK(fixture.Get("one").status == 429);
  CHECK(fixture.registry.Expose().find("accoil_gateway_requests_over_rate_total 3\n") !=
        std::string::npos);
}

TEST_CASE("guesses are nobody's and take no rate") {
  Fixture fixture;
  for (int i = 0; i < 10; ++i) CHECK(fixture.Get("guess").status == 401);
  CHECK(fixture.connections.authentications == 1);
}

}  // namespace
}  // namespace accoil::gateway
