// Notices of an uninstall: verified with Intercom before anything ends.

#include "services/connections/consumer.h"
#include "tests/integration/connections_world.h"
#include "tests/integration/kafka_fixture.h"
#include "tests/integration/wait.h"

namespace accoil::connections {
namespace {

using test::World;
using namespace std::chrono_literals;

events::v1::IntercomWebhook Notice(const std::string& workspace, const std::string& id,
                                   events::v1::WebhookKind kind = events::v1::APP_UNINSTALLED) {
  events::v1::IntercomWebhook notice;
  notice.set_workspace_id(workspace);
  notice.set_notification_id(id);
  notice.set_kind(kind);
  events::SetTime(std::chrono::system_clock::now(), *notice.mutable_created_at());
  return notice;
}

/// Has the consumer's handler apply one notice, as the consumer would.
void Receive(World& world, const events::v1::IntercomWebhook& notice) {
  WebhookConsumer handler(world.store, world.clock, world.metrics, [] {});
  events::Batch batch;
  batch.Add(events::Received<events::v1::IntercomWebhook>{notice, events::KeyOf(notice), "", {}});
  batch.Seal();
  world.database->Transact([&](postgres::Transaction& tx) { handler.Apply(tx, batch); });
}

void SettleAll(World& world) {
  while (world.doubts.Step() == 0ms) {
  }
}

std::int64_t Doubts(World& world) {
  return world.postgres.Number("SELECT count(*) FROM token_doubt");
}

}  // namespace

TEST_CASE("connections: a notified uninstall ends the connections whose token is dead") {
  World world;
  const auto first = world.MakeProduct("First");
  const auto second = world.MakeProduct("Second");
  const auto own_app = world.MakeProduct("With an app of its own");
  const auto elsewhere = world.MakeProduct("Elsewhere");
  world.ConnectByOAuth(first, "code-1");
  world.ConnectByOAuth(second, "code-2");
  world.Connect(own_app, "good-own");
  world.Connect(elsewhere, "good@ws2");
  world.intercom.Kill("good-code-1");
  world.intercom.Kill("good-code-2");
  world.intercom.Kill("good@ws2");

  const auto asked = world.intercom.asked.load();
  Receive(world, Notice("ws1", "n1"));
  CHECK(world.intercom.asked == asked);
  CHECK(Doubts(world) == 3);
  SettleAll(world);
  CHECK(Doubts(world) == 0);
  CHECK(world.intercom.asked == asked + 3);
  for (const auto product : {first, second}) {
    const auto connection = world.GetConnection(product);
    CHECK(connection.state() == events::v1::DISCONNECTED);
    CHECK(connection.state_reason() == "The app was uninstalled in Intercom; connect again.");
  }
  CHECK(world.Access(own_app).access_token() == "good-own");
  CHECK(world.GetConnection(elsewhere).state() == events::v1::CONNECTED);
}

TEST_CASE("connections: a notice that comes late after a reconnect does nothing") {
  World world;
  const auto product = world.MakeProduct();
  world.ConnectByOAuth(product, "code-1");
  world.intercom.Kill("good-code-1");
  world.Refused("good-code-1");
  world.ConnectByOAuth(product, "code-2");
  const auto version = world.Last(product).version();
  Receive(world, Notice("ws1", "n1"));
  SettleAll(world);
  CHECK(Doubts(world) == 0);
  CHECK(world.Access(product).access_token() == "good-code-2");
  CHECK(world.Last(product).version() == version);
}

TEST_CASE("connections: a doubt waits, with growing pauses, until Intercom can be asked") {
  World world;
  const auto product = world.MakeProduct();
  world.Connect(product, "good");
  world.intercom.Kill("good");
  world.intercom.down = true;
  Receive(world, Notice("ws1", "n1"));
  SettleAll(world);
  CHECK(world.GetConnection(product).state() == events::v1::CONNECTED);
  CHECK(Doubts(world) == 1);
  const auto asked = world.intercom.asked.load();
  SettleAll(world);
  CHECK(world.intercom.asked == asked);
  world.clock.Advance(2s);
  SettleAll(world);
  CHECK(world.intercom.asked == asked + 1);
  // The same notice again: it is asked at once.
  world.intercom.down = false;
  Receive(world, Notice("ws1", "n1"));
  SettleAll(world);
  CHECK(world.GetConnection(product).state() == events::v1::DISCONNECTED);
  CHECK(Doubts(world) == 0);
}

TEST_CASE("connections: a worker that dies over a doubt leaves it to another") {
  World world;
  world.Connect(world.MakeProduct(), "good");
  Receive(world, Notice("ws1", "n1"));
  const auto claim = [&] {
    return world.database->Transact([&](postgres::Transaction& tx) {
      const auto now = world.clock.Now();
      return world.store.ClaimDoubt(tx, now, now + 2min);
    });
  };
  REQUIRE(claim());
  CHECK_FALSE(claim());
  world.clock.Advance(3min);
  const auto taken_over = claim();
  REQUIRE(taken_over);
  CHECK(taken_over->attempts == 2);
}

TEST_CASE("connections: notices of other things, and of workspaces of nobody, cast no doubt") {
  World world;
  world.Connect(world.MakeProduct(), "good");
  Receive(world, Notice("ws1", "n1", events::v1::CONTACT_DELETED));
  Receive(world, Notice("unknown", "n2"));
  CHECK(Doubts(world) == 0);
}

TEST_CASE("connections: a notice in Kafka reaches the worker by the consumer") {
  World world;
  accoil::test::KafkaFixture kafka;
  const auto product = world.MakeProduct();
  world.Connect(product, "good");
  world.intercom.Kill("good");
  core::Loop loop([&] { return world.doubts.Step(); }, [](const std::exception&) { return 100ms; });
  WebhookConsumer handler(world.store, world.clock, world.metrics, [&] { loop.Wake(); });
  events::Consumer consumer({.kafka = kafka.config(), .group = "connections"}, Topics(), handler,
                            *world.database, world.telemetry);
  loop.Start();
  consumer.Start();
  kafka.Publish(Notice("ws1", "n1"), Notice("ws1", "n2", events::v1::CONTACT_CREATED));
  CHECK(accoil::test::WaitUntil(
      [&] { return world.GetConnection(product).state() == events::v1::DISCONNECTED; }));
  consumer.Stop();
  loop.Stop();
}

}  // namespace accoil::connections
