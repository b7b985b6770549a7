#pragma once

#include "libs/telemetry/telemetry.h"

namespace accoil::telemetry {

/// What the kernel says of this process, under the names that Prometheus' own clients use for it:
/// memory, processor time, open files, threads, and when it was started. For one thread at a time.
class ProcessMetrics {
 public:
  /// `metrics` outlives it.
  explicit ProcessMetrics(Metrics& metrics);

  /// Reads /proc/self. What cannot be read keeps its last value.
  void Refresh();

 private:
  Gauge resident_memory_;
  Gauge open_files_;
  Gauge most_open_files_;
  Gauge threads_;
  Gauge started_;
  Counter processor_;
  double processor_seconds_ = 0;
};

}  // namespace accoil::telemetry
