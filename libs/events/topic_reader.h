#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "libs/events/kafka_config.h"
#include "libs/events/record.h"
#include "libs/telemetry/log.h"

namespace accoil::events {

/// Reads what stands in topics now, as a member of no group: for tools that look at Kafka. One
/// thread.
class TopicReader {
 public:
  /// Partition -> offset.
  using Offsets = std::map<std::int32_t, std::int64_t>;

  TopicReader(const KafkaConfig& config, const telemetry::Logger& logger);
  ~TopicReader();
  TopicReader(const TopicReader&) = delete;
  TopicReader& operator=(const TopicReader&) = delete;

  /// The start of every partition of a topic. Throws core::Unavailable when Kafka does not answer
  /// or does not know the topic.
  Offsets Starts(const std::string& topic);
  /// Gives `take` the records of these partitions from these offsets on, each partition in order,
  /// up to the end that they had when it was called. Throws core::Unavailable when nothing comes
  /// for half a minute.
  void Read(const std::string& topic, const Offsets& from, const std::function<void(Record)>& take);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace accoil::events
