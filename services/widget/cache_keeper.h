#pragma once

#include <chrono>
#include <string>

#include "libs/core/run.h"
#include "libs/postgres/listener.h"
#include "libs/telemetry/log.h"
#include "services/widget/fact_cache.h"
#include "services/widget/metrics.h"

namespace accoil::widget {

/// Keeps the cache of facts true: hears which facts were changed, by whatever replica, and has them
/// forgotten. The cache may be used while the connection that hears has answered within the last
/// 1.5 s; without it, it is emptied and left alone until it hears again. A thread of its own.
class CacheKeeper final : public core::Part {
 public:
  /// All that are given outlive it, but the config.
  CacheKeeper(const postgres::DatabaseConfig& config, FactCache& cache, Metrics& metrics,
              telemetry::Logger logger);

  void Start() override { loop_.Start(); }
  void Stop() override { loop_.Stop(); }

 private:
  std::chrono::milliseconds Step();
  /// Asks whether the connection is alive.
  void Check();
  void Report();

  FactCache& cache_;
  Metrics& metrics_;
  telemetry::Logger logger_;
  postgres::Listener listener_;
  core::Loop loop_;
};

}  // namespace accoil::widget
