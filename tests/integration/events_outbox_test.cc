#include "libs/events/consumer.h"
#include "libs/events/outbox.h"
#include "tests/catch.h"
#include "tests/integration/kafka_fixture.h"
#include "tests/integration/postgres_fixture.h"
#include "tests/integration/wait.h"

namespace accoil::events {
namespace {

v1::UserMatched Match(const std::string& id, std::int64_t version) {
  v1::UserMatched event;
  event.mutable_subject()->set_product_id(1);
  event.mutable_subject()->set_kind(v1::USER);
  event.mutable_subject()->set_subject_id(id);
  event.set_version(version);
  event.set_decision(v1::NO_EMAIL);
  return event;
}

struct World {
  test::PostgresFixture postgres;
  test::KafkaFixture kafka;
  std::unique_ptr<postgres::Database> database = postgres.Open({Migrations()});

  void Put(const std::vector<v1::UserMatched>& events) {
    database->Transact([&](postgres::Transaction& tx) {
      std::vector<OutgoingRecord> records;
      for (const auto& event : events) records.push_back(ToRecord(event));
      Enqueue(tx, records);
    });
  }
  std::int64_t Waiting() { return postgres.Number("SELECT count(*) FROM outbox"); }
  bool Empties() {
    return test::WaitUntil([&] { return Waiting() == 0; });
  }
};

}  // namespace

TEST_CASE("the outbox keeps the order of a key") {
  World world;
  constexpr int kVersions = 40;
  constexpr int kSubjects = 50;
  for (int version = 1; version <= kVersions; ++version) {
    std::vector<v1::UserMatched> events;
    for (int i = 0; i < kSubjects; ++i) events.push_back(Match("u" + std::to_string(i), version));
    world.Put(events);
  }
  OutboxRelay relay(world.kafka.config(), *world.database, world.postgres.telemetry());
  relay.Start();
  REQUIRE(world.Empties());
  relay.Stop();

  std::map<std::string, std::vector<std::int64_t>> versions;
  for (const auto& event : world.kafka.Read<v1::UserMatched>(kVersions * kSubjects)) {
    versions[event.subject().subject_id()].push_back(event.version());
  }
  CHECK(versions.size() == kSubjects);
  for (const auto& [subject, list] : versions) {
    CHECK(list.size() == kVersions);
    CHECK(std::is_sorted(list.begin(), list.end()));
  }
  CHECK(world.postgres.telemetry().metrics().Expose().find("accoil_outbox_published_total 2000") !=
        std::string::npos);
}

TEST_CASE("what stood in the outbox arrives byte for byte") {
  World world;
  const OutgoingRecord odd{"dead-letter",
                           "a/b \"quoted\" \\ {1,2} NULL",
                           std::string("\x00\xFF\n'\\\"", 6),
                           {{"event-type", "x \"y\" \\ z"}, {"empty", ""}}};
  const OutgoingRecord tombstone{"dead-letter", "gone", std::nullopt, {}};
  const OutgoingRecord empty{"dead-letter", "empty", "", {}};
  world.database->Transact([&](postgres::Transaction& tx) {
    Enqueue(tx, {odd, tombstone, empty});
  });
  OutboxRelay relay(world.kafka.config(), *world.database, world.postgres.telemetry());
  relay.Start();
  std::map<std::string, Record> arrived;
  for (auto& record : world.kafka.ReadRecords("dead-letter", 3)) arrived[record.key] = record;
  relay.Stop();
  REQUIRE(arrived.size() == 3);
  CHECK(arrived[odd.key].value == odd.value);
  CHECK(arrived[odd.key].headers == odd.headers);
  CHECK_FALSE(arrived["gone"].value.has_value());
  CHECK(arrived["empty"].value == "");
}

TEST_CASE("what was enqueued by a transaction that rolled back is never published") {
  World world;
  CHECK_THROWS_AS(world.database->Transact([&](postgres::Transaction& tx) {
    Enqueue(tx, {ToRecord(Match("never", 1))});
    throw std::runtime_error("changed my mind");
  }),
                  std::runtime_error);
  world.Put({Match("once", 1)});
  OutboxRelay relay(world.kafka.config(), *world.database, world.postgres.telemetry());
  relay.Start();
  REQUIRE(world.Empties());
  relay.Stop();
  const auto events = world.kafka.Read<v1::UserMatched>(1);
  REQUIRE(events.size() == 1);
  CHECK(events[0].subject().subject_id() == "once");
}

TEST_CASE("of several relays one at a time publishes") {
  World world;
  OutboxRelay first(world.kafka.config(), *world.database, world.postgres.telemetry());
  OutboxRelay second(world.kafka.config(), *world.database, world.postgres.telemetry());
  first.Start();
  second.Start();
  constexpr int kRounds = 20;
  for (int round = 1; round <= kRounds; ++round) {
    std::vector<v1::UserMatched> events;
    for (int i = 0; i < 100; ++i) events.push_back(Match("u" + std::to_string(i), round));
    world.Put(events);
    first.Wake();
    second.Wake();
  }
  REQUIRE(world.Empties());
  second.Stop();
  first.Stop();
  CHECK(world.kafka.End(TopicOf<v1::UserMatched>()) == kRounds * 100);
}

TEST_CASE("the outbox waits for a Kafka that is away, then publishes all of it") {
  World world;
  world.Put({Match("u1", 1), Match("u2", 1)});
  auto away = world.kafka.config();
  // Nobody listens on the discard port.
  away.brokers = "127.0.0.1:9";
  telemetry::Telemetry telemetry("test", "off");
  {
    OutboxRelay relay(away, *world.database, telemetry);
    relay.Start();
    REQUIRE(test::WaitUntil([&] {
      return telemetry.metrics().Expose().find("accoil_producer_failures_total 2") !=
             std::string::npos;
    }));
    relay.Stop();
  }
  CHECK(world.Waiting() == 2);
  OutboxRelay relay(world.kafka.config(), *world.database, telemetry);
  relay.Start();
  REQUIRE(world.Empties());
  relay.Stop();
  CHECK(world.kafka.Read<v1::UserMatched>(2).size() == 2);
}

TEST_CASE("a relay goes on when its database comes back") {
  World world;
  OutboxRelay relay(world.kafka.config(), *world.database, world.postgres.telemetry());
  relay.Start();
  world.postgres.GoAway();
  world.postgres.Run(
      "SET LOCAL ROLE " + world.postgres.config().schema +
      "; INSERT INTO outbox (topic, key, headers) VALUES ('user-matched', 'k', '{}')");
  world.postgres.ComeBack();
  REQUIRE(world.Empties());
  relay.Stop();
  CHECK(world.kafka.ReadRecords("user-matched", 1).size() == 1);
}

}  // namespace accoil::events
