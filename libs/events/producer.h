#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "libs/events/kafka_config.h"
#include "libs/events/record.h"
#include "libs/telemetry/telemetry.h"

namespace accoil::events {

/// Kafka's idempotent producer (acks=all, lz4). Records go to the partition of their subject: a
/// hash of the key's first three parts. Any thread.
class Producer {
 public:
  Producer(const KafkaConfig& config, telemetry::Telemetry& telemetry);
  /// Waits a few seconds for what is under way.
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  /// A record that was not acknowledged.
  struct Failure {
    /// Its place in what was given.
    std::size_t index;
    std::string problem;
  };
  /// Sends the records, in order per key, and waits until each is acknowledged or failed, at most
  /// `timeout`; those without an answer by then are failures whose fate is unknown. Empty when all
  /// were acknowledged.
  std::vector<Failure> Publish(std::span<const OutgoingRecord> records,
                               std::chrono::milliseconds timeout);

  /// Why Kafka cannot be reached now; nothing when it can. For readiness checks.
  std::optional<std::string> Problem() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace accoil::events
