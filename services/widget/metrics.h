#pragma once

#include <chrono>
#include <map>

#include "libs/telemetry/telemetry.h"
#include "services/widget/inbox.h"

namespace accoil::widget {

/// All metrics of the service, behind methods named for what happened. Any thread.
class Metrics {
 public:
  explicit Metrics(telemetry::Telemetry& telemetry);

  /// A canvas was rendered; what it could show.
  void Rendered(Situation situation, std::chrono::nanoseconds took);

 private:
  telemetry::Histogram duration_;
  std::map<Situation, telemetry::Counter> canvases_;
};

}  // namespace accoil::widget
