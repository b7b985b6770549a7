#include <map>

#include "libs/events/dead_letter.h"
#include "libs/events/dead_letters.h"
#include "libs/events/event.h"
#include "tests/catch.h"
#include "tests/integration/kafka_fixture.h"

namespace accoil::events {
namespace {

using namespace std::chrono_literals;

v1::SubjectIdentified Subject(const std::string& id, std::int64_t version) {
  v1::SubjectIdentified event;
  event.mutable_subject()->set_product_id(1);
  event.mutable_subject()->set_kind(v1::USER);
  event.mutable_subject()->set_subject_id(id);
  event.set_version(version);
  event.set_email(id + "@example.com");
  return event;
}

/// Topics with records that consumers gave up on.
struct World {
  /// The records of a topic that some consumers gave up on, for this reason.
  void GiveUp(const std::vector<Record>& records, const std::string& reason,
              const std::vector<std::string>& consumers = {"matcher"},
              core::TimePoint when = std::chrono::system_clock::now()) {
    std::vector<OutgoingRecord> letters;
    for (const auto& record : records) {
      for (const auto& consumer : consumers) {
        letters.push_back(ToDeadLetter({&record, reason}, consumer, when));
      }
    }
    kafka.Write(letters);
  }
  std::vector<Record> Subjects(std::size_t at_least = 0) {
    return kafka.ReadRecords("subject-identified", at_least);
  }
  /// How many records a subject has in its topic.
  std::size_t Count(const std::string& id) {
    const auto records = Subjects();
    return static_cast<std::size_t>(
        std::count_if(records.begin(), records.end(),
                      [&](const auto& one) { return one.key == "1/user/" + id; }));
  }
  std::vector<std::string> Listed(const DeadLetterFilter& filter) {
    std::vector<std::string> reasons;
    letters.List(filter, [&](const v1::DeadLetter& letter) { reasons.push_back(letter.reason()); });
    std::sort(reasons.begin(), reasons.end());
    return reasons;
  }

  test::KafkaFixture kafka;
  telemetry::Telemetry telemetry{"dead-letters-test", "error"};
  DeadLetters letters{kafka.config(), telemetry};
};

TEST_CASE("dead letters are listed by topic, consumer, reason and time") {
  World world;
  world.kafka.Publish(Subject("one", 1), Subject("two", 1));
  const auto records = world.Subjects(2);
  const auto now = std::chrono::system_clock::now();
  world.GiveUp({records[0]}, "email: too long", {"matcher", "widget"}, now - 2h);
  world.GiveUp({records[1]}, "version: negative", {"matcher"}, now);
  using Reasons = std::vector<std::string>;
  CHECK(world.Listed({}).size() == 3);
  CHECK(world.Listed({.topic = "trait-changed"}).empty());
  CHECK(world.Listed({.consumer = "widget"}) == Reasons{"email: too long"});
  CHECK(world.Listed({.reason = "negative"}) == Reasons{"version: negative"});
  CHECK(world.Listed({.since = now - 1h}) == Reasons{"version: negative"});
  CHECK(world.Listed({.until = now - 1h}) == Reasons{"email: too long", "email: too long"});
}

TEST_CASE("a record that several consumers gave up on is replayed once, as it was") {
  World world;
  auto record = ToRecord(Subject("one", 1));
  record.headers["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  world.kafka.Write({record});
  world.GiveUp(world.Subjects(1), "no such table", {"matcher", "widget", "tagging-automation"});

  const auto tried = world.letters.Replay({}, {.dry_run = true});
  CHECK(tried.replayed == 1);
  CHECK(tried.repeated == 2);
  CHECK(world.Count("one") == 1);

  CHECK(world.letters.Replay({}, {}).replayed == 1);
  const auto records = world.Subjects(2);
  REQUIRE(records.size() == 2);
  const auto& again = records[1];
  CHECK(again.partition == records[0].partition);
  CHECK(again.key == record.key);
  CHECK(again.value == record.value);
  auto headers = again.headers;
  CHECK(headers.extract("replayed-from").mapped() ==
        "subject-identified/" + std::to_string(again.partition) + "/0");
  CHECK(headers == record.headers);
}

TEST_CASE("replaying again does nothing more") {
  World world;
  world.kafka.Publish(Subject("one", 1));
  world.GiveUp(world.Subjects(1), "no such table");
  world.letters.Replay({}, {});
  const auto second = world.letters.Replay({}, {});
  CHECK(second.replayed == 0);
  CHECK(second.superseded == 1);
  CHECK(world.Count("one") == 2);
}

TEST_CASE("a fact that a newer record has replaced is not put behind it") {
  World world;
  world.kafka.Publish(Subject("old", 1), Subject("only", 1));
  auto given_up = world.Subjects(2);
  world.kafka.Publish(Subject("old", 2));
  world.GiveUp(given_up, "no such table");
  const auto outcome = world.letters.Replay({}, {});
  CHECK(outcome.replayed == 1);
  CHECK(outcome.superseded == 1);
  CHECK(world.Count("old") == 2);
  CHECK(world.Count("only") == 2);
}

TEST_CASE("a record that failed again is replayed once, from its last letter") {
  World world;
  OutgoingRecord webhook{"intercom-webhook", "ws/1", "not readable", {}};
  world.kafka.Write({webhook});
  world.GiveUp(world.kafka.ReadRecords("intercom-webhook", 1), "not readable");
  REQUIRE(world.letters.Replay({}, {}).replayed == 1);
  world.GiveUp({world.kafka.ReadRecords("intercom-webhook", 2)[1]}, "not readable either");
  const auto outcome = world.letters.Replay({}, {});
  CHECK(outcome.replayed == 1);
  CHECK(outcome.failed_again == 1);
  CHECK(world.kafka.ReadRecords("intercom-webhook", 3).size() == 3);
}

TEST_CASE("what is not whole or belongs nowhere is told, and left") {
  World world;
  const Record cut{"subject-identified", 0, 7, "1/user/cut", std::string(1'600'000, 'x'), {}, {}};
  const Record elsewhere{"somebody-elses", 0, 7, "k", "v", {}, {}};
  world.GiveUp({elsewhere}, "unknown");
  auto letter = ToDeadLetter({&cut, "too large"}, "matcher", std::chrono::system_clock::now());
  world.kafka.Write({letter});
  world.kafka.Write({{"dead-letter", "k", "no dead letter at all", {}}});
  const auto outcome = world.letters.Replay({}, {});
  CHECK(outcome.replayed == 0);
  CHECK(outcome.impossible == 2);
}

TEST_CASE("records are replayed no faster than asked for") {
  World world;
  for (int i = 0; i < 6; ++i) world.kafka.Publish(Subject("u" + std::to_string(i), 1));
  world.GiveUp(world.Subjects(6), "no such table");
  const auto began = std::chrono::steady_clock::now();
  CHECK(world.letters.Replay({}, {.rate = 10}).replayed == 6);
  CHECK(std::chrono::steady_clock::now() - began >= 500ms);
}

}  // namespace
}  // namespace accoil::events
