#include <atomic>
#include <mutex>

#include "libs/core/errors.h"
#include "libs/events/consumer.h"
#include "libs/events/outbox.h"
#include "tests/catch.h"
#include "tests/integration/kafka_fixture.h"
#include "tests/integration/postgres_fixture.h"
#include "tests/integration/wait.h"

namespace accoil::events {
namespace {

v1::SubjectIdentified Subject(const std::string& id, std::int64_t version = 1) {
  v1::SubjectIdentified event;
  event.mutable_subject()->set_product_id(1);
  event.mutable_subject()->set_kind(v1::USER);
  event.mutable_subject()->set_subject_id(id);
  event.set_version(version);
  event.set_name("name of " + id);
  return event;
}

std::vector<v1::SubjectIdentified> Subjects(int from, int to) {
  std::vector<v1::SubjectIdentified> events;
  for (int i = from; i < to; ++i) events.push_back(Subject("u" + std::to_string(i)));
  return events;
}

/// Counts in a table how often each event was applied, and does as it is told.
class Counting final : public BatchHandler {
 public:
  void Apply(postgres::Transaction& tx, const Batch& batch) override {
    ++calls;
    std::vector<std::string> subjects;
    std::vector<std::int64_t> versions;
    for (const auto& received : batch.Of<v1::SubjectIdentified>()) {
      subjects.push_back(received.event.subject().subject_id());
      versions.push_back(received.event.version());
    }
    tx.Execute(
        "INSERT INTO applied (subject, version) SELECT * FROM unnest($1::text[], $2::bigint[]) "
        "ON CONFLICT (subject, version) DO UPDATE SET times = applied.times + 1",
        subjects, versions);
    if (unavailable) throw core::Unavailable("somebody we depend on is away");
    if (std::find(subjects.begin(), subjects.end(), refused) != subjects.end()) {
      throw std::runtime_error("cannot apply " + refused);
    }
    if (std::find(subjects.begin(), subjects.end(), violating) != subjects.end()) {
      tx.Execute("INSERT INTO applied (subject, version) VALUES ($1, -1)", violating);
    }
  }

  std::atomic<int> calls = 0;
  std::atomic<bool> unavailable = false;
  std::string refused;
  std::string violating;
};

std::vector<postgres::Migration> TestMigrations() {
  return {{"0001_applied",
           "CREATE TABLE applied (subject text, version bigint CHECK (version > 0), "
           "times integer NOT NULL DEFAULT 1, PRIMARY KEY (subject, version))"}};
}

/// A service with one table, of which any number of replicas can run.
struct World {
  test::PostgresFixture postgres;
  test::KafkaFixture kafka;
  Counting handler;

  struct Replica {
    explicit Replica(World& world)
        : telemetry("test", "off"),
          database(world.postgres.Open({Migrations(), TestMigrations()})),
          consumer(world.Config(), {TopicOf<v1::SubjectIdentified>()}, world.handler, *database,
                   telemetry) {
      consumer.Start();
    }
    telemetry::Telemetry telemetry;
    std::unique_ptr<postgres::Database> database;
    Consumer consumer;
  };

  ConsumerConfig Config() const {
    ConsumerConfig config;
    config.kafka = kafka.config();
    config.group = "counting";
    config.session_timeout = std::chrono::seconds(6);
    return config;
  }
  std::unique_ptr<Replica> Start() { return std::make_unique<Replica>(*this); }

  std::int64_t Applied() { return postgres.Number("SELECT count(*) FROM applied"); }
  std::int64_t MostTimes() {
    return postgres.Number("SELECT coalesce(max(times), 0) FROM applied");
  }
  /// How far the table says that all partitions are applied.
  std::int64_t Offsets() {
    return postgres.Number("SELECT coalesce(sum(next_offset), 0) FROM consumer_offset");
  }
  std::int64_t InOutbox() { return postgres.Number("SELECT count(*) FROM outbox"); }
  bool AppliedTo(std::int64_t count) {
    return test::WaitUntil([&] { return Applied() == count; });
  }
  bool OffsetsAtEnd() {
    return test::WaitUntil(
        [&] { return Offsets() == kafka.End(TopicOf<v1::SubjectIdentified>()); });
  }
  /// The dead letters that wait in the outbox.
  std::vector<v1::DeadLetter> DeadLetters(Replica& replica) {
    return replica.database->Transact([](postgres::Transaction& tx) {
      std::vector<v1::DeadLetter> letters;
      for (const auto& row : tx.Execute("SELECT value FROM outbox ORDER BY id")) {
        letters.emplace_back().ParseFromString(row.GetBytes("value"));
      }
      return letters;
    });
  }
};

bool HasSample(const telemetry::Telemetry& telemetry, const std::string& sample) {
  return const_cast<telemetry::Telemetry&>(telemetry).metrics().Expose().find(sample) !=
         std::string::npos;
}

}  // namespace

TEST_CASE("a batch and its offsets are committed together") {
  World world;
  world.handler.unavailable = true;
  world.kafka.Publish(Subjects(0, 100));
  const auto replica = world.Start();
  REQUIRE(test::WaitUntil([&] { return world.handler.calls >= 2; }));
  // The handler had written its rows each time, and each time all was rolled back.
  CHECK(world.Applied() == 0);
  CHECK(world.Offsets() == 0);

  world.handler.unavailable = false;
  REQUIRE(world.AppliedTo(100));
  CHECK(world.Offsets() == 100);
  CHECK(world.MostTimes() == 1);
}

TEST_CASE("a consumer goes on where the last one of its group stopped") {
  World world;
  world.kafka.Publish(Subjects(0, 50));
  {
    const auto replica = world.Start();
    REQUIRE(world.AppliedTo(50));
    replica->consumer.Stop();
  }
  world.kafka.Publish(Subjects(50, 80));
  const auto replica = world.Start();
  REQUIRE(world.AppliedTo(80));
  CHECK(world.MostTimes() == 1);
}

TEST_CASE("a consumer that lost its partition cannot commit") {
  World world;
  world.kafka.Publish(Subject("same", 1));
  const auto replica = world.Start();
  REQUIRE(world.AppliedTo(1));
  // As if another member had applied the next two records meanwhile.
  world.postgres.Run("UPDATE consumer_offset SET next_offset = next_offset + 2");
  world.kafka.Publish(Subject("same", 2), Subject("same", 3), Subject("same", 4));
  REQUIRE(world.AppliedTo(2));
  CHECK(world.postgres.Texts("SELECT version FROM applied ORDER BY version") ==
        std::vector<std::string>{"1", "4"});
  CHECK(HasSample(replica->telemetry, "accoil_consumer_lost_races_total 1"));
}

TEST_CASE("a record that cannot be parsed goes to dead-letter and the partition goes on") {
  World world;
  auto nonsense = ToRecord(Subject("same", 2));
  nonsense.value = std::string("\xFF\x00 no protobuf", 14);
  nonsense.headers["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  world.kafka.Publish(Subject("same", 1));
  world.kafka.Write({nonsense});
  world.kafka.Publish(Subject("same", 3));

  const auto replica = world.Start();
  REQUIRE(world.OffsetsAtEnd());
  CHECK(world.postgres.Texts("SELECT version FROM applied ORDER BY version").back() == "3");
  const auto letters = world.DeadLetters(*replica);
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].consumer() == "counting");
  CHECK(letters[0].topic() == "subject-identified");
  CHECK(letters[0].offset() == 1);
  CHECK(letters[0].key() == nonsense.key);
  CHECK(letters[0].value() == nonsense.value);
  CHECK(letters[0].headers().at("content-type") == "application/x-protobuf");
  CHECK(letters[0].reason() == "not a Protobuf message of type accoil.events.v1.SubjectIdentified");
  CHECK(world.postgres.Text("SELECT topic || ' ' || (headers->>'traceparent') FROM outbox")
            .starts_with("dead-letter 00-0af7651916cd43dd8448eb211c80319c-"));
  CHECK(HasSample(replica->telemetry,
                  "accoil_consumer_dead_letters_total{topic=\"subject-identified\"} 1"));
}

TEST_CASE("a record that cannot be applied is found by halving") {
  World world;
  world.handler.refused = "u137";
  world.handler.violating = "u42";
  world.kafka.Publish(Subjects(0, 300));
  const auto replica = world.Start();
  REQUIRE(world.OffsetsAtEnd());
  CHECK(world.Applied() == 298);
  CHECK(world.MostTimes() == 1);
  std::map<std::string, std::string> reasons;
  for (const auto& letter : world.DeadLetters(*replica)) reasons[letter.key()] = letter.reason();
  REQUIRE(reasons.size() == 2);
  CHECK(reasons["1/user/u137"] == "cannot apply u137");
  CHECK(reasons["1/user/u42"].find("violates check constraint") != std::string::npos);
}

TEST_CASE("tombstones are passed over") {
  World world;
  world.kafka.Publish(Subject("same", 1));
  world.kafka.Write({{"subject-identified", "1/user/same", std::nullopt, {}}});
  const auto replica = world.Start();
  REQUIRE(world.OffsetsAtEnd());
  CHECK(world.Offsets() == 2);
  CHECK(world.InOutbox() == 0);
}

TEST_CASE("two replicas share the work and apply each record once") {
  World world;
  world.kafka.Publish(Subjects(0, 1000));
  auto first = world.Start();
  REQUIRE(world.AppliedTo(1000));
  const auto second = world.Start();
  // Records go on while the partitions move.
  int published = 1000;
  const auto has_worked = [](const World::Replica& replica) {
    return !HasSample(replica.telemetry,
                      "accoil_consumer_records_total{topic=\"subject-identified\"} 0");
  };
  REQUIRE(test::WaitUntil([&] {
    world.kafka.Publish(Subjects(published, published + 50));
    published += 50;
    return has_worked(*second);
  }));
  world.kafka.Publish(Subjects(published, published + 500));
  published += 500;
  REQUIRE(world.AppliedTo(published));
  // One goes without a word; the other takes over all.
  first.reset();
  world.kafka.Publish(Subjects(published, published + 500));
  published += 500;
  REQUIRE(world.AppliedTo(published));
  CHECK(world.MostTimes() == 1);
  CHECK(world.Offsets() == published);
}

TEST_CASE("after the database was away, nothing is missing") {
  World world;
  world.kafka.Publish(Subjects(0, 200));
  const auto replica = world.Start();
  REQUIRE(world.AppliedTo(200));
  REQUIRE(test::WaitUntil([&] { return !replica->consumer.Problem(); }));
  world.postgres.GoAway();
  world.kafka.Publish(Subjects(200, 1700));
  REQUIRE(test::WaitUntil([&] { return replica->consumer.Problem().has_value(); }));
  world.postgres.ComeBack();
  REQUIRE(world.AppliedTo(1700));
  CHECK(world.MostTimes() == 1);
  REQUIRE(test::WaitUntil([&] { return !replica->consumer.Problem(); }));
}

TEST_CASE("a consumer that starts while its database is away begins once it is back") {
  World world;
  world.kafka.Publish(Subjects(0, 100));
  {
    const auto replica = world.Start();
    REQUIRE(world.AppliedTo(100));
  }
  world.kafka.Publish(Subjects(100, 200));
  const auto database = world.postgres.Open({Migrations(), TestMigrations()});
  world.postgres.GoAway();
  telemetry::Telemetry telemetry("test", "off");
  Consumer consumer(world.Config(), {TopicOf<v1::SubjectIdentified>()}, world.handler, *database,
                    telemetry);
  consumer.Start();
  REQUIRE(test::WaitUntil([&] {
    const auto problem = consumer.Problem();
    return problem && problem->find("Kafka") == std::string::npos;
  }));
  world.postgres.ComeBack();
  REQUIRE(world.AppliedTo(200));
  CHECK(world.MostTimes() == 1);
}

TEST_CASE("a new group reads a compacted topic from the start") {
  World world;
  world.kafka.Publish(Subject("a", 1), Subject("b", 1), Subject("a", 2));
  const auto replica = world.Start();
  REQUIRE(world.OffsetsAtEnd());
  CHECK(world.postgres.Text("SELECT max(version) FROM applied WHERE subject = 'a'") == "2");
  CHECK(world.postgres.Text("SELECT max(version) FROM applied WHERE subject = 'b'") == "1");
}

TEST_CASE("a topic that was made anew is read from its start") {
  World world;
  world.kafka.Publish(Subjects(0, 50));
  {
    const auto replica = world.Start();
    REQUIRE(world.AppliedTo(50));
  }
  world.kafka.Recreate(TopicOf<v1::SubjectIdentified>());
  world.kafka.Publish(Subjects(50, 60));
  const auto replica = world.Start();
  REQUIRE(world.AppliedTo(60));
  CHECK(world.OffsetsAtEnd());
}

TEST_CASE("Kafka's own offsets and the lag follow what was applied") {
  World world;
  world.kafka.Publish(Subjects(0, 100));
  const auto replica = world.Start();
  REQUIRE(world.AppliedTo(100));
  CHECK(test::WaitUntil([&] {
    return HasSample(replica->telemetry,
                     "accoil_consumer_lag_records{topic=\"subject-identified\"} 0");
  }));
  world.handler.unavailable = true;
  world.kafka.Publish(Subjects(100, 130));
  CHECK(test::WaitUntil([&] {
    return HasSample(replica->telemetry,
                     "accoil_consumer_lag_records{topic=\"subject-identified\"} 30");
  }));
}

}  // namespace accoil::events
