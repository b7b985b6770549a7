#pragma once

#include <chrono>
#include <map>

#include "libs/telemetry/telemetry.h"
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

 private:
  telemetry::Histogram duration_;
  telemetry::Histogram list_duration_;
  telemetry::Counter list_rows_;
  telemetry::Gauge lists_behind_;
  std::map<Situation, telemetry::Counter> canvases_;
};

}  // namespace accoil::widget
