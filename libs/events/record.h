#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "libs/core/clock.h"

namespace accoil::events {

using RecordHeaders = std::map<std::string, std::string>;

/// What is sent to Kafka.
struct OutgoingRecord {
  std::string topic;
  std::string key;
  /// Nothing is a tombstone: the fact may be forgotten.
  std::optional<std::string> value;
  RecordHeaders headers;
};

/// What came from Kafka.
struct Record {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string key;
  std::optional<std::string> value;
  RecordHeaders headers;
  /// When Kafka's producer says that it was written.
  core::TimePoint timestamp;
};

}  // namespace accoil::events
