#include "services/gateway/api_keys.h"

#include <string>

#include "libs/core/errors.h"
#include "services/gateway/fake_upstreams.h"
#include "tests/catch.h"

namespace accoil::gateway {
namespace {

using namespace std::chrono_literals;
using connections::v1::INGEST;
using connections::v1::READ;

struct Fixture {
  FakeConnections connections;
  core::ManualClock clock{core::FromMicroseconds(1'000'000)};
  telemetry::Metrics registry;
  Metrics metrics{registry};
  ApiKeys keys{connections, clock, {.capacity = 3}, metrics, telemetry::Logger::Silent()};

  Fixture() { connections.AddKey("good", 7, {INGEST, READ}); }
};

TEST_CASE("a key is whom connections says it is, asked once in ten seconds") {
  Fixture fixture;
  const auto found = fixture.keys.Find("good");
  REQUIRE(found);
  CHECK(found->product == core::ProductId(7));
  CHECK(found->scopes == std::set{INGEST, READ});
  fixture.clock.Advance(9s);
  CHECK(fixture.keys.Find("good"));
  CHECK(fixture.connections.authentications == 1);
}

TEST_CASE("a key that was revoked elsewhere stops working after ten seconds") {
  Fixture fixture;
  CHECK(fixture.keys.Find("good"));
  fixture.connections.keys.clear();
  CHECK(fixture.keys.Find("good"));
  fixture.clock.Advance(10s);
  CHECK_FALSE(fixture.keys.Find("good"));
}

TEST_CASE("a key that was revoked here stops working at once, and no other does") {
  Fixture fixture;
  fixture.connections.AddKey("other", 7, {READ});
  const auto good = fixture.keys.Find("good");
  CHECK(fixture.keys.Find("other"));
  fixture.connections.keys.erase("good");
  fixture.keys.Forget(good->api_key_id);
  CHECK_FALSE(fixture.keys.Find("good"));
  const auto asked = fixture.connections.authentications;
  CHECK(fixture.keys.Find("other"));
  CHECK(fixture.connections.authentications == asked);
}

TEST_CASE("an answer that was under way when its key was revoked is not remembered") {
  Fixture fixture;
  fixture.connections.failure = [&] { fixture.keys.Forget(1); };
  CHECK(fixture.keys.Find("good"));
  fixture.connections.failure = nullptr;
  fixture.connections.keys.clear();
  CHECK_FALSE(fixture.keys.Find("good"));
}

TEST_CASE("a key that nobody has is refused without asking for five seconds") {
  Fixture fixture;
  CHECK_FALSE(fixture.keys.Find("new"));
  fixture.connections.AddKey("new", 8, {READ});
  CHECK_FALSE(fixture.keys.Find("new"));
  CHECK(fixture.connections.authentications == 1);
  fixture.clock.Advance(5s);
  CHECK(fixture.keys.Find("new"));
}

TEST_CASE("while connections is down remembered keys go on, others are unavailable") {
  Fixture fixture;
  CHECK(fixture.keys.Find("good"));
  fixture.connections.failure = [] { throw core::DeadlineExceeded("too slow"); };
  CHECK(fixture.keys.Find("good"));
  CHECK_THROWS_AS(fixture.keys.Find("other"), core::Unavailable);
  fixture.connections.failure = [] { throw core::Unavailable("down"); };
  CHECK_THROWS_AS(fixture.keys.Find("other"), core::Unavailable);
  fixture.connections.failure = nullptr;
  CHECK_FALSE(fixture.keys.Find("other"));
}

TEST_CASE("a flood of guesses neither grows without end nor pushes a customer out") {
  Fixture fixture;
  CHECK(fixture.keys.Find("good"));
  for (int i = 0; i < 100; ++i) CHECK_FALSE(fixture.keys.Find("guess" + std::to_string(i)));
  const auto asked = fixture.connections.authentications;
  CHECK(fixture.keys.Find("good"));
  CHECK_FALSE(fixture.keys.Find("guess99"));
  CHECK(fixture.connections.authentications == asked);
  CHECK_FALSE(fixture.keys.Find("guess0"));
  CHECK(fixture.connections.authentications == asked + 1);
}

TEST_CASE("beyond the capacity the oldest key is asked for again") {
  Fixture fixture;
  for (const auto* key : {"a", "b", "c", "d"}) {
    fixture.connections.AddKey(key, 1, {READ});
    CHECK(fixture.keys.Find(key));
  }
  CHECK(fixture.keys.Find("d"));
  CHECK(fixture.connections.authentications == 4);
  CHECK(fixture.keys.Find("a"));
  CHECK(fixture.connections.authentications == 5);
}

TEST_CASE("what cannot be a key is not asked for") {
  Fixture fixture;
  CHECK_FALSE(fixture.keys.Find(""));
  CHECK_FALSE(fixture.keys.Find(std::string(10'000, 'k')));
  CHECK(fixture.connections.authentications == 0);
}

}  // namespace
}  // namespace accoil::gateway
