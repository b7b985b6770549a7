#include "libs/events/topics.h"

#include <thread>

#include "libs/core/errors.h"
#include "tests/catch.h"
#include "tests/integration/kafka_fixture.h"

namespace accoil::events {

TEST_CASE("topics are made once, by whichever process comes first") {
  test::KafkaFixture kafka;
  auto config = kafka.config();
  config.prefix += "again.";
  std::vector<std::thread> processes;
  std::atomic<int> succeeded = 0;
  for (int i = 0; i < 4; ++i) {
    processes.emplace_back([&] {
      EnsureTopics(config, kafka.telemetry().logger());
      ++succeeded;
    });
  }
  for (auto& process : processes) process.join();
  CHECK(succeeded == 4);
}

TEST_CASE("topics that exist keep what is in them") {
  test::KafkaFixture kafka;
  kafka.Write({{"trait-changed", "k", "v", {}}});
  EnsureTopics(kafka.config(), kafka.telemetry().logger());
  CHECK(kafka.ReadRecords("trait-changed", 1).size() == 1);
}

TEST_CASE("a Kafka that never comes is given up on") {
  KafkaConfig config;
  config.brokers = "127.0.0.1:9";
  CHECK_THROWS_AS(EnsureTopics(config, telemetry::Logger::Silent(), std::chrono::milliseconds(100)),
                  core::Unavailable);
}

TEST_CASE("facts of a subject arrive in its partition, in the order they were sent") {
  test::KafkaFixture kafka(5);
  std::vector<OutgoingRecord> records;
  for (int version = 0; version < 20; ++version) {
    for (int subject = 0; subject < 10; ++subject) {
      records.push_back({"trait-changed",
                         "1/user/u" + std::to_string(subject) + "/p/" + std::to_string(version % 3),
                         std::to_string(version),
                         {}});
    }
  }
  kafka.Write(records);
  std::map<std::string, std::set<int>> partitions;
  std::map<std::string, int> last;
  for (const auto& record : kafka.ReadRecords("trait-changed", records.size())) {
    const auto subject = record.key.substr(0, record.key.find("/p/"));
    partitions[subject].insert(record.partition);
    const int version = std::stoi(*record.value);
    CHECK((!last.contains(subject) || last[subject] < version));
    last[subject] = version;
  }
  CHECK(partitions.size() == 10);
  for (const auto& [subject, used] : partitions) CHECK(used.size() == 1);
}

}  // namespace accoil::events
