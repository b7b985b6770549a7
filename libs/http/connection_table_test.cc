#include "libs/http/connection_table.h"

#include <future>

#include "tests/catch.h"

namespace accoil::http {
namespace {

using Doing = ConnectionTable::Doing;

struct Peer final : ConnectionTable::Member {
  void CrowdOut() override { asked = true; }
  bool asked = false;
  std::unique_ptr<ConnectionTable::Seat> seat;
};

struct Fixture {
  telemetry::Telemetry telemetry{"http-test", "error"};
  ServerMetrics metrics{"test", telemetry.metrics()};
  ConnectionTable table{{.connections = 3, .memory = 100}, metrics};

  std::shared_ptr<Peer> Enter() {
    auto peer = std::make_shared<Peer>();
    peer->seat = table.Enter(peer);
    return peer;
  }
  bool Counted(const std::string& line) {
    return telemetry.metrics().Expose().find(line + "\n") != std::string::npos;
  }
};

}  // namespace

TEST_CASE("a newcomer takes the place of the connection that has been idle the longest") {
  Fixture fixture;
  const auto first = fixture.Enter();
  const auto second = fixture.Enter();
  const auto third = fixture.Enter();
  first->seat->Now(Doing::kWorking);
  first->seat->Now(Doing::kIdle);  // anew
  const auto fourth = fixture.Enter();
  CHECK(fourth->seat);
  CHECK(second->asked);
  CHECK_FALSE(first->asked);
  CHECK_FALSE(third->asked);
  // The one that was asked no longer counts, and is not asked twice.
  second->asked = false;
  const auto fifth = fixture.Enter();
  CHECK(third->asked);
  CHECK_FALSE(second->asked);
  second->seat->Now(Doing::kWorking);
  second->seat.reset();
  CHECK(fixture.Counted("accoil_http_connections{server=\"test\"} 4"));
  CHECK(fixture.Counted(
      "accoil_http_connections_given_up_total{reason=\"crowded_out\",server=\"test\"} 2"));
}

TEST_CASE("idle connections go before those that are transferring, and working ones never") {
  Fixture fixture;
  const auto transferring = fixture.Enter();
  transferring->seat->Now(Doing::kTransferring);
  const auto idle = fixture.Enter();
  const auto working = fixture.Enter();
  working->seat->Now(Doing::kWorking);
  const auto next = fixture.Enter();
  next->seat->Now(Doing::kWorking);
  CHECK(idle->asked);
  CHECK_FALSE(transferring->asked);
  const auto another = fixture.Enter();
  another->seat->Now(Doing::kWorking);
  CHECK(transferring->asked);
  CHECK_FALSE(fixture.Enter()->seat);
  CHECK(fixture.Counted(
      "accoil_http_connections_given_up_total{reason=\"refused\",server=\"test\"} 1"));
}

TEST_CASE("a place is free when its connection has left") {
  Fixture fixture;
  const auto first = fixture.Enter();
  const auto second = fixture.Enter();
  auto third = fixture.Enter();
  third.reset();
  CHECK(fixture.Enter()->seat);
  CHECK_FALSE(first->asked);
  CHECK_FALSE(second->asked);
}

TEST_CASE("memory is taken from those that have been transferring the longest") {
  Fixture fixture;
  const auto first = fixture.Enter();
  const auto second = fixture.Enter();
  const auto third = fixture.Enter();
  for (const auto& peer : {first, second, third}) peer->seat->Now(Doing::kTransferring);
  CHECK(first->seat->Hold(40));
  CHECK(second->seat->Hold(40));
  CHECK(third->seat->Hold(20));
  CHECK(third->seat->Hold(50));
  CHECK(first->asked);
  CHECK_FALSE(second->asked);
  // 40 and 50 are held; what is let go may be taken by others.
  CHECK(second->seat->Hold(0));
  CHECK(third->seat->Hold(100));
  CHECK_FALSE(second->asked);
}

TEST_CASE("who wants more than there is for all does not get it") {
  Fixture fixture;
  const auto greedy = fixture.Enter();
  greedy->seat->Now(Doing::kTransferring);
  const auto working = fixture.Enter();
  working->seat->Now(Doing::kWorking);
  CHECK(working->seat->Hold(60));
  CHECK_FALSE(greedy->seat->Hold(41));
  CHECK_FALSE(greedy->asked);
  CHECK_FALSE(working->asked);
  CHECK(greedy->seat->Hold(40));
}

TEST_CASE("the end of all requests can be waited for") {
  Fixture fixture;
  auto peer = fixture.Enter();
  auto other = fixture.Enter();
  peer->seat->BeginRequest();
  other->seat->BeginRequest();
  auto ended = std::async(std::launch::async,
                          [&] { fixture.table.AwaitNoRequests(std::chrono::minutes(1)); });
  peer->seat->EndRequest();
  peer->seat->EndRequest();
  CHECK(ended.wait_for(std::chrono::milliseconds(20)) == std::future_status::timeout);
  other.reset();  // a connection that breaks ends its request, too
  CHECK(ended.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
}

}  // namespace accoil::http
