#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libs/events/event.h"
#include "libs/events/kafka_config.h"
#include "libs/events/producer.h"
#include "libs/events/record.h"
#include "libs/telemetry/telemetry.h"

namespace accoil::test {

/// Topics of its own in the Kafka of ACCOIL_TEST_KAFKA_BROKERS: all of the suite's, under a prefix
/// that nobody else has. They are deleted when it goes, so let it outlive every client.
///
///   KafkaFixture kafka;
///   kafka.Publish(event);
///   for (const auto& matched : kafka.Read<events::v1::UserMatched>(2)) …
class KafkaFixture {
 public:
  explicit KafkaFixture(int partitions = 2);
  ~KafkaFixture();
  KafkaFixture(const KafkaFixture&) = delete;
  KafkaFixture& operator=(const KafkaFixture&) = delete;

  const events::KafkaConfig& config() const { return config_; }

  /// Writes records, whatever is in them, and waits for the acknowledgement of all; throws
  /// std::runtime_error when one fails.
  void Write(const std::vector<events::OutgoingRecord>& records);
  template <typename... Messages>
  void Publish(const Messages&... messages) {
    Write({events::ToRecord(messages)...});
  }
  template <typename Message>
  void Publish(const std::vector<Message>& messages) {
    std::vector<events::OutgoingRecord> records;
    for (const auto& message : messages) records.push_back(events::ToRecord(message));
    Write(records);
  }

  /// What stands in a topic, from its start, each partition in order; waits until there are
  /// `at_least`, and throws std::runtime_error when there are fewer after 30 s.
  std::vector<events::Record> ReadRecords(std::string_view topic, std::size_t at_least = 0);
  /// The same as events.
  template <typename Message>
  std::vector<Message> Read(std::size_t at_least = 0) {
    std::vector<Message> messages;
    for (const auto& record : ReadRecords(events::TopicOf<Message>(), at_least)) {
      if (record.value) messages.push_back(events::FromRecord<Message>(record));
    }
    return messages;
  }

  /// How many records were written to a topic, those that are gone included.
  std::int64_t End(std::string_view topic);
  /// The offset behind the last record of a partition.
  std::int64_t End(std::string_view topic, int partition);

  /// Takes a topic away with all that is in it and makes it anew.
  void Recreate(std::string_view topic);

  /// Telemetry that logs nothing, for whatever needs one.
  telemetry::Telemetry& telemetry() { return telemetry_; }

 private:
  struct Reader;
  void Connect();
  void DeleteTopics(const std::vector<std::string>& topics);

  telemetry::Telemetry telemetry_{"test", "off"};
  events::KafkaConfig config_;
  std::unique_ptr<Reader> reader_;
  std::unique_ptr<events::Producer> producer_;
};

}  // namespace accoil::test
