#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "libs/events/kafka_config.h"
#include "libs/telemetry/log.h"

namespace accoil::events {

/// How a topic is kept.
struct TopicSettings {
  std::string name;
  /// Compacted topics hold the newest of every fact; others are kept by time.
  bool compacted = true;
};

/// Every topic of the suite.
const std::vector<TopicSettings>& AllTopics();

/// Makes the topics that are missing; those that exist stay as they are. Safe from several
/// processes at once. Waits for brokers that are not there yet, up to `patience`, then throws
/// core::Unavailable.
void EnsureTopics(const KafkaConfig& config, const telemetry::Logger& logger,
                  std::chrono::milliseconds patience = std::chrono::seconds(60));

}  // namespace accoil::events
