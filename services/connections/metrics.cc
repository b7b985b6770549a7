#include "services/connections/metrics.h"

#include <algorithm>
#include <string>

namespace accoil::connections {
namespace {

constexpr std::array<const char*, kPriorities> kPriorityNames{"interactive", "automation", "traits",
                                                              "matching"};

std::vector<telemetry::Counter> ByPriority(telemetry::Metrics& metrics, const std::string& name,
                                           const std::string& help) {
  std::vector<telemetry::Counter> counters;
  for (const char* priority : kPriorityNames) {
    counters.push_back(metrics.MakeCounter(name, help, {{"priority", priority}}));
  }
  return counters;
}

telemetry::Histogram Windows(telemetry::Metrics& metrics, const char* waiting) {
  return metrics.MakeHistogram(
      "accoil_connections_window_used_ratio",
      "Share of its limit that a finished rate-limit window had used, by whether calls were wanted "
      "when it ended.",
      {0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.97, 0.98, 0.99, 0.999, 1.0}, {{"waiting", waiting}});
}

}  // namespace

Metrics::Metrics(telemetry::Telemetry& telemetry)
    : metrics_(telemetry.metrics()),
      granted_(ByPriority(metrics_, "accoil_connections_calls_granted_total",
                          "Calls to Intercom granted from workspaces' budgets.")),
      refused_(ByPriority(metrics_, "accoil_connections_calls_refused_total",
                          "Calls wanted and not granted at once; they are asked for again.")),
      ended_(metrics_.MakeCounter("accoil_connections_calls_ended_total",
                                  "Granted calls that callers reported as ended.")),
      unused_(metrics_.MakeCounter("accoil_connections_calls_unused_total",
                                   "Granted calls that callers gave back.")),
      throttled_(metrics_.MakeCounter("accoil_connections_throttled_reports_total",
                                      "Reports of a 429 from Intercom; there should be none.")),
      busy_windows_(Windows(metrics_, "yes")),
      idle_windows_(Windows(metrics_, "no")),
      lease_duration_(metrics_.MakeHistogram("accoil_connections_lease_duration_seconds",
                                             "Deciding and committing one lease of calls.",
                                             telemetry::DurationBounds())),
      profile_changes_(metrics_.MakeCounter("accoil_connections_profile_changes_total",
                                            "Profiles made, changed or removed.")),
      connected_(metrics_.MakeCounter("accoil_connections_connected_total",
                                      "Connections made or given a new token.")),
      disconnected_(metrics_.MakeCounter("accoil_connections_disconnected_total",
                                         "Connections lost because Intercom refused the token.")),
      tokens_refused_(metrics_.MakeCounter("accoil_connections_tokens_refused_total",
                                           "Tokens given for a connection that Intercom refused.")),
      api_keys_accepted_(metrics_.MakeCounter("accoil_connections_api_key_checks_total",
                                              "API keys looked up, by outcome.",
                                              {{"outcome", "accepted"}})),
      api_keys_refused_(metrics_.MakeCounter("accoil_connections_api_key_checks_total",
                                             "API keys looked up, by outcome.",
                                             {{"outcome", "refused"}})) {}

void Metrics::CallsAsked(Priority priority, int wanted, int granted) {
  const auto index = static_cast<std::size_t>(priority);
  granted_[index].Increment(granted);
  refused_[index].Increment(wanted - granted);
}

void Metrics::CallsReported(int ended, int unused, bool throttled) {
  ended_.Increment(ended);
  unused_.Increment(unused);
  if (throttled) throttled_.Increment();
}

void Metrics::LimitSeen(const core::WorkspaceId& workspace, int limit) {
  const std::lock_guard lock(mutex_);
  auto found = limits_.find(workspace);
  if (found == limits_.end()) {
    found = limits_
                .emplace(workspace,
                         metrics_.MakeGauge("accoil_connections_limit_calls",
                                            "Calls that Intercom allows the workspace a window, as "
                                            "last seen.",
                                            {{"workspace", workspace.value()}}))
                .first;
  }
  found->second.Set(limit);
}

void Metrics::WindowFinished(const FinishedWindow& window) {
  auto& windows = window.wanted_more ? busy_windows_ : idle_windows_;
  windows.Observe(static_cast<double>(window.counted) / std::max(1, window.limit));
}

void Metrics::LeaseAnswered(std::chrono::nanoseconds took) {
  lease_duration_.Observe(std::chrono::duration<double>(took).count());
}

void Metrics::ProfileChanged() { profile_changes_.Increment(); }
void Metrics::WorkspaceConnected() { connected_.Increment(); }
void Metrics::WorkspaceDisconnected() { disconnected_.Increment(); }
void Metrics::TokenRefused() { tokens_refused_.Increment(); }
void Metrics::ApiKeyAccepted() { api_keys_accepted_.Increment(); }
void Metrics::ApiKeyRefused() { api_keys_refused_.Increment(); }

}  // namespace accoil::connections
