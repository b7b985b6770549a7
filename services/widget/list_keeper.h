#pragma once

#include <chrono>

#include "libs/core/run.h"
#include "libs/postgres/database.h"
#include "libs/telemetry/log.h"
#include "services/widget/metrics.h"

namespace accoil::widget {

/// Has the table `listed` follow the facts. Whoever writes facts notes whose they are in list_note,
/// in the same transaction; the keeper makes these subjects' rows anew from the facts as they now
/// are, once for all the changes that came meanwhile. Of several replicas one does it at a time. A
/// thread of its own; what it is given outlives it.
class ListKeeper final : public core::Part {
 public:
  ListKeeper(postgres::Database& database, Metrics& metrics, telemetry::Logger logger);

  void Start() override { loop_.Start(); }
  void Stop() override { loop_.Stop(); }

  /// Follows the oldest notes; answers whether more may be waiting. One thread at a time.
  bool Follow();

 private:
  std::chrono::milliseconds Step();

  postgres::Database& database_;
  Metrics& metrics_;
  telemetry::Logger logger_;
  /// How many are followed together next.
  int notes_ = 10;
  core::Loop loop_;
};

}  // namespace accoil::widget
