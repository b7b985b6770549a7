#pragma once

#include <array>
#include <chrono>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "libs/core/ids.h"
#include "libs/telemetry/telemetry.h"
#include "services/connections/call_budget.h"

namespace accoil::connections {

/// All metrics of the service, behind methods named for what happened. Any thread.
class Metrics {
 public:
  /// `telemetry` outlives it.
  explicit Metrics(telemetry::Telemetry& telemetry);

  /// A caller asked for calls (wanted above 0).
  void CallsAsked(Priority priority, int wanted, int granted);
  /// Callers told what became of calls.
  void CallsReported(int ended, int unused, bool throttled);
  void LimitSeen(const core::WorkspaceId& workspace, int limit);
  void WindowFinished(const FinishedWindow& window);
  /// A lease was decided and committed.
  void LeaseAnswered(std::chrono::nanoseconds took);

  void ProfileChanged();
  void WorkspaceConnected();
  /// A connection was lost because Intercom refused its token.
  void WorkspaceDisconnected();
  void TokenRefused();
  void ApiKeyAccepted();
  void ApiKeyRefused();

 private:
  telemetry::Metrics& metrics_;
  std::vector<telemetry::Counter> granted_;
  std::vector<telemetry::Counter> refused_;
  telemetry::Counter ended_;
  telemetry::Counter unused_;
  telemetry::Counter throttled_;
  telemetry::Histogram busy_windows_;
  telemetry::Histogram idle_windows_;
  telemetry::Histogram lease_duration_;
  telemetry::Counter profile_changes_;
  telemetry::Counter connected_;
  telemetry::Counter disconnected_;
  telemetry::Counter tokens_refused_;
  telemetry::Counter api_keys_accepted_;
  telemetry::Counter api_keys_refused_;

  std::mutex mutex_;
  // Guarded by mutex_.
  std::unordered_map<core::WorkspaceId, telemetry::Gauge> limits_;
};

}  // namespace accoil::connections
