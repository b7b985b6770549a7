#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

#include "accoil/connections/v1/connections.pb.h"
#include "libs/core/ids.h"
#include "libs/telemetry/telemetry.h"
#include "services/connections/call_budget.h"
#include "services/connections/store.h"

namespace accoil::connections {

/// Why a connection ended.
enum class DisconnectCause : std::uint8_t {
  /// A service met a 401.
  kTokenRefused,
  /// Intercom notified an uninstall, and the token is dead.
  kUninstalled,
  /// The product asked for it, and what was delivered has been archived as far as it goes.
  kProduct,
  /// The product asked for it, and archiving took too long.
  kPatience,
};
const char* ToString(DisconnectCause cause);

/// All metrics of the service, behind methods named for what happened. The label workspace stands
/// for a connection: those are what the numbers of series grow with. Any thread.
class Metrics {
 public:
  /// `telemetry` outlives it.
  explicit Metrics(telemetry::Telemetry& telemetry);

  /// How long the windows of Intercom's rate limit are taken to be.
  void WindowLength(std::chrono::seconds length);
  /// A caller asked for calls (wanted above 0).
  void CallsAsked(const core::WorkspaceId& workspace, Priority priority, int wanted, int granted);
  /// Callers told what became of calls.
  void CallsReported(const core::WorkspaceId& workspace, int ended, int unused, bool throttled);
  void LimitSeen(const core::WorkspaceId& workspace, int limit);
  void WindowFinished(const FinishedWindow& window);
  /// A lease was decided and committed.
  void LeaseAnswered(std::chrono::nanoseconds took);

  void ProfileChanged();
  /// A connection was made or given a new token.
  void Connected(v1::ConnectionOrigin origin);
  void Disconnected(DisconnectCause cause);
  /// Intercom refused a token that was given for a connection.
  void TokenRefused();
  void OAuthFinished(v1::ConnectOutcome outcome);
  /// Intercom notified uninstalls.
  void UninstallNotified(int notices);
  /// It had, but the token works.
  void DoubtDispelled();
  /// The app was taken out of a workspace that nobody uses any more.
  void Uninstalled();
  void UninstallGivenUp();
  void ApiKeyAccepted();
  void ApiKeyRefused();
  /// How connections stand now.
  void SetConnections(const std::map<core::WorkspaceId, ConnectionCounts>& counts);

 private:
  /// The budget of one workspace; all of it from its first event on, so that growth is seen from
  /// the first on, too.
  struct OfWorkspace {
    std::vector<telemetry::Counter> granted;
    std::vector<telemetry::Counter> refused;
    telemetry::Counter ended;
    telemetry::Counter unused;
    telemetry::Counter throttled;
    telemetry::Gauge limit;
  };
  OfWorkspace& At(const core::WorkspaceId& workspace);

  telemetry::Metrics& metrics_;
  telemetry::Histogram busy_windows_;
  telemetry::Histogram idle_windows_;
  telemetry::Histogram lease_duration_;
  telemetry::Counter profile_changes_;
  telemetry::Counter connected_by_token_;
  telemetry::Counter connected_by_oauth_;
  std::vector<telemetry::Counter> disconnected_;
  std::vector<telemetry::Counter> oauth_finished_;
  telemetry::Counter tokens_refused_;
  telemetry::Counter uninstalls_notified_;
  telemetry::Counter doubts_dispelled_;
  telemetry::Counter uninstalled_;
  telemetry::Counter uninstalls_given_up_;
  telemetry::Counter api_keys_accepted_;
  telemetry::Counter api_keys_refused_;

  std::mutex mutex_;
  // Guarded by mutex_; entries are never taken out.
  std::map<core::WorkspaceId, OfWorkspace> workspaces_;
  // Guarded by mutex_: those whose connections were shown.
  std::map<core::WorkspaceId, ConnectionCounts> connections_;
};

}  // namespace accoil::connections
