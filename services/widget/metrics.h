#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>

#include "libs/telemetry/telemetry.h"
#include "services/widget/fact_cache.h"
#include "services/widget/inbox.h"

namespace accoil::widget {

/// As labels and log lines name it.
const char* ToString(Situation situation);

/// All metrics of the service, behind methods named for what happened. Any thread.
class Metrics {
 public:
  explicit Metrics(telemetry::Telemetry& telemetry);

  /// A canvas was rendered; what it could show.
  void Rendered(Situation situation, std::chrono::nanoseconds took);
  /// A page of a list was answered.
  void Listed(std::chrono::nanoseconds took);
  /// Lists have followed facts: so many rows were written, the oldest fact was so old in seconds.
  void ListsFollowed(std::int64_t rows, double behind);
  /// Facts for canvases were read: so many from memory, and so many from the database, because they
  /// were not there or (`bypassed`) because memory may not be used.
  void FactsRead(std::size_t kept, std::size_t loaded, bool bypassed);
  /// One thread alone.
  void CacheIs(const FactCache::Figures& figures);

 private:
  telemetry::Histogram duration_;
  telemetry::Histogram list_duration_;
  telemetry::Counter list_rows_;
  telemetry::Gauge lists_behind_;
  std::map<Situation, telemetry::Counter> canvases_;
  telemetry::Counter kept_facts_;
  telemetry::Counter loaded_facts_;
  telemetry::Counter bypassing_facts_;
  telemetry::Gauge cache_bytes_;
  telemetry::Gauge cache_facts_;
  telemetry::Gauge cache_in_use_;
  telemetry::Counter forgotten_facts_;
  /// Of those, counted already.
  std::uint64_t forgotten_ = 0;
};

}  // namespace accoil::widget
