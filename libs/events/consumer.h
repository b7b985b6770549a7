#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libs/core/run.h"
#include "libs/events/batch.h"
#include "libs/events/kafka_config.h"
#include "libs/postgres/database.h"
#include "libs/telemetry/telemetry.h"

namespace accoil::events {

struct ConsumerConfig {
  KafkaConfig kafka;
  /// The consumer group, by habit the service's name.
  std::string group;
  /// At most this many records are applied together.
  int batch_size = 500;
  /// How long to gather them once the first is there.
  std::chrono::milliseconds linger{20};
  /// A member that is silent for this long loses its partitions.
  std::chrono::milliseconds session_timeout{10'000};

  /// KafkaConfig's, ACCOIL_CONSUMER_BATCH_SIZE, ACCOIL_CONSUMER_LINGER,
  /// ACCOIL_CONSUMER_SESSION_TIMEOUT.
  static ConsumerConfig FromEnvironment(core::Environment& environment, std::string group);
};

/// The tables that the consumer and the outbox need in a service's schema: consumer_offset, outbox.
std::vector<postgres::Migration> Migrations();

/// Reads topics as a member of a group and has a handler apply them, exactly once: a batch and the
/// offsets behind it are committed in one transaction, the offsets by compare-and-set, so a member
/// that lost a partition cannot commit. On assignment it begins at the stored offset, or at the
/// start of the topic. Kafka's own committed offsets follow behind, for lag tools only.
///
/// A record that cannot be read or applied is put into the outbox for dead-letter, in the same
/// transaction, and the partition goes on. While the database cannot be reached, the batch is kept
/// and tried again, and its partitions are not lost to the group's time-out.
///
/// One thread of its own. Metrics: accoil_consumer_records_total{topic}, …_batch_duration_seconds,
/// …_lag_records{topic}, …_dead_letters_total{topic}, …_lost_races_total.
class Consumer final : public core::Part {
 public:
  /// `handler`, `database` and `telemetry` outlive it.
  Consumer(ConsumerConfig config, std::vector<std::string_view> topics, BatchHandler& handler,
           postgres::Database& database, telemetry::Telemetry& telemetry);
  ~Consumer() override;

  void Start() override;
  /// Finishes the batch in hand, leaves the group.
  void Stop() override;

  /// Goes on at the stored offsets, which somebody has changed: what is in hand is thrown away. Any
  /// thread; takes effect with the next batch.
  void Reread();

  /// Why it does not work now, nothing when it does: for readiness checks. Any thread.
  std::optional<std::string> Problem() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace accoil::events
