#pragma once

#include <chrono>
#include <functional>
#include <mutex>

namespace accoil::telemetry {

/// Brings gauges up to date whose numbers cost something, a count over a large table for example:
/// for whoever is asked for them at every scrape, but must not spend much of the time on counting.
/// Any thread.
class CostlyCount {
 public:
  /// `count` runs at most once in `interval`, and takes at most a hundredth of the time.
  CostlyCount(std::chrono::milliseconds interval, std::function<void()> count)
      : interval_(interval), count_(std::move(count)) {}

  /// Counts, unless it is too soon or another thread does. What `count` throws is thrown on; then
  /// it counts as counted.
  void IfDue();

 private:
  const std::chrono::milliseconds interval_;
  const std::function<void()> count_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::chrono::steady_clock::time_point due_at_;
};

}  // namespace accoil::telemetry
