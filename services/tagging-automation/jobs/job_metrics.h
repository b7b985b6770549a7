#pragma once

#include <map>
#include <string>

#include "libs/telemetry/telemetry.h"

namespace accoil::tagging {

/// What can be measured of tagging by hand, behind methods named for what happened. Any thread.
class JobMetrics {
 public:
  explicit JobMetrics(telemetry::Telemetry& telemetry);

  /// A job was begun, of named subjects or of a filter.
  void Begun(bool filter);
  /// Jobs are finished, cancelled or failed.
  void Ended(const std::string& state, int jobs = 1);
  void SetOpen(double jobs);

 private:
  telemetry::Counter named_;
  telemetry::Counter filtered_;
  std::map<std::string, telemetry::Counter> ended_;
  telemetry::Gauge open_;
};

}  // namespace accoil::tagging
