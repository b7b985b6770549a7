#pragma once

#include <memory>
#include <vector>

#include "libs/core/run.h"
#include "libs/events/kafka_config.h"
#include "libs/events/record.h"
#include "libs/postgres/database.h"
#include "libs/telemetry/telemetry.h"

namespace accoil::events {

/// Writes records to the service's outbox within the transaction that causes them; they are
/// published after it has committed, in the order of the outbox per key. Write the row that the
/// fact comes from first: its lock lets only one transaction at a time enqueue for the key, so that
/// the newest version gets the last place, the one that a compacted topic keeps. Header values are
/// UTF-8.
void Enqueue(postgres::Transaction& tx, const std::vector<OutgoingRecord>& records);

/// Publishes what stands in the outbox and deletes what Kafka acknowledged. Of several replicas one
/// at a time works (advisory lock), so that the order per key holds. At-least-once: a relay that
/// dies between acknowledgement and delete publishes again; versions make that harmless.
/// Metrics: accoil_outbox_records (backlog), accoil_outbox_oldest_seconds,
/// accoil_outbox_published_total.
class OutboxRelay final : public core::Part {
 public:
  OutboxRelay(const KafkaConfig& config, postgres::Database& database,
              telemetry::Telemetry& telemetry);
  ~OutboxRelay() override;

  void Start() override;
  void Stop() override;
  /// There is something new; any thread. Without it the relay looks ten times a second.
  void Wake();

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace accoil::events
