#pragma once

#include <chrono>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "libs/telemetry/telemetry.h"
#include "services/matcher/store.h"
#include "services/matcher/types.h"

namespace accoil::matcher {

/// All metrics of the service, behind methods named for what happened. Any thread.
class Metrics {
 public:
  explicit Metrics(telemetry::Telemetry& telemetry);

  /// Subjects were decided anew, and published.
  void Matched(Decision decision, std::int64_t subjects);
  /// Work for a product ended. `trigger`: scheduled, requested, connected, or changed (due users
  /// and accounts outside of a run); `outcome`: finished, failed, postponed, superseded.
  void RunEnded(const std::string& trigger, const std::string& outcome,
                std::chrono::nanoseconds took);
  /// A call to Intercom was made.
  void Called(const std::string& method);
  /// Intercom notified of contacts: those that concern somebody, and the others.
  void Notified(std::int64_t relevant, std::int64_t irrelevant);
  /// What waits now.
  void Waiting(std::int64_t users, std::int64_t accounts);
  /// How the subjects of every connected workspace are matched now.
  void Standing(const std::vector<WorkspaceMatches>& matches);

 private:
  telemetry::Metrics& metrics_;
  telemetry::Gauge due_users_;
  telemetry::Gauge due_accounts_;
  telemetry::Histogram run_duration_;
  telemetry::Histogram round_duration_;

  std::mutex mutex_;
  // Guarded by mutex_: what Standing has shown.
  std::set<telemetry::Labels> shown_;
};

}  // namespace accoil::matcher
