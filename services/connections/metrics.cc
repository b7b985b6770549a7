#include "services/connections/metrics.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "libs/core/text.h"

namespace accoil::connections {
namespace {

constexpr std::array<const char*, kPriorities> kPriorityNames{"interactive", "automation", "traits",
                                                              "matching"};

std::vector<telemetry::Counter> ByPriority(telemetry::Metrics& metrics, const std::string& name,
                                           const std::string& help,
                                           const core::WorkspaceId& workspace) {
  std::vector<telemetry::Counter> counters;
  counters.reserve(kPriorityNames.size());
  for (const char* priority : kPriorityNames) {
    counters.push_back(metrics.MakeCounter(
        name, help, {{"workspace", workspace.value()}, {"priority", priority}}));
  }
  return counters;
}

constexpr std::array kCauses{DisconnectCause::kTokenRefused, DisconnectCause::kUninstalled,
                             DisconnectCause::kProduct, DisconnectCause::kPatience};

std::vector<telemetry::Counter> ByCause(telemetry::Metrics& metrics) {
  std::vector<telemetry::Counter> counters;
  counters.reserve(kCauses.size());
  for (const auto cause : kCauses) {
    counters.push_back(metrics.MakeCounter("accoil_connections_disconnected_total",
                                           "Connections that ended, by cause.",
                                           {{"cause", ToString(cause)}}));
  }
  return counters;
}

/// "state_used" for CONNECT_STATE_USED.
std::string Label(v1::ConnectOutcome outcome) {
  const std::string prefix = "CONNECT_";
  return core::ToLower(v1::ConnectOutcome_Name(outcome).substr(prefix.size()));
}

std::vector<telemetry::Counter> ByOutcome(telemetry::Metrics& metrics) {
  std::vector<telemetry::Counter> counters;
  for (int number = v1::CONNECT_DONE; number <= v1::ConnectOutcome_MAX; ++number) {
    counters.push_back(metrics.MakeCounter("accoil_connections_oauth_finished_total",
                                           "Redirects of Intercom's OAuth, by outcome.",
                                           {{"outcome", Label(v1::ConnectOutcome(number))}}));
  }
  return counters;
}

telemetry::Counter ConnectedBy(telemetry::Metrics& metrics, const char* origin) {
  return metrics.MakeCounter("accoil_connections_connected_total",
                             "Connections made or given a new token, by where it came from.",
                             {{"origin", origin}});
}

telemetry::Histogram Windows(telemetry::Metrics& metrics, const char* waiting) {
  return metrics.MakeHistogram(
      "accoil_connections_window_used_ratio",
      "Share of its limit that a finished rate-limit window had used, by whether calls were wanted "
      "when it ended.",
      {0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.97, 0.98, 0.99, 0.999, 1.0}, {{"waiting", waiting}});
}

}  // namespace

const char* ToString(DisconnectCause cause) {
  switch (cause) {
    case DisconnectCause::kTokenRefused:
      return "token_refused";
    case DisconnectCause::kUninstalled:
      return "uninstalled";
    case DisconnectCause::kProduct:
      return "product";
    case DisconnectCause::kPatience:
      return "patience";
  }
  throw std::logic_error("an unknown cause of a disconnect");
}

Metrics::Metrics(telemetry::Telemetry& telemetry)
    : metrics_(telemetry.metrics()),
      busy_windows_(Windows(metrics_, "yes")),
      idle_windows_(Windows(metrics_, "no")),
      lease_duration_(metrics_.MakeHistogram("accoil_connections_lease_duration_seconds",
                                             "Deciding and committing one lease of calls.",
                                             telemetry::DurationBounds())),
      profile_changes_(metrics_.MakeCounter("accoil_connections_profile_changes_total",
                                            "Profiles made, changed or removed.")),
      connected_by_token_(ConnectedBy(metrics_, "access_token")),
      connected_by_oauth_(ConnectedBy(metrics_, "oauth")),
      disconnected_(ByCause(metrics_)),
      oauth_finished_(ByOutcome(metrics_)),
      tokens_refused_(metrics_.MakeCounter("accoil_connections_tokens_refused_total",
                                           "Tokens given for a connection that Intercom refused.")),
      uninstalls_notified_(metrics_.MakeCounter("accoil_connections_uninstalls_notified_total",
                                                "Uninstalls that Intercom notified.")),
      doubts_dispelled_(
          metrics_.MakeCounter("accoil_connections_doubts_dispelled_total",
                               "Tokens that work although an uninstall was notified: the notice "
                               "was late, or another app's.")),
      uninstalled_(metrics_.MakeCounter("accoil_connections_uninstalled_total",
                                        "Workspaces that the app was taken out of after the last "
                                        "product had disconnected.")),
      uninstalls_given_up_(metrics_.MakeCounter("accoil_connections_uninstalls_given_up_total",
                                                "Workspaces that the app could not be taken out "
                                                "of.")),
      api_keys_accepted_(metrics_.MakeCounter("accoil_connections_api_key_checks_total",
                                              "API keys looked up, by outcome.",
                                              {{"outcome", "accepted"}})),
      api_keys_refused_(metrics_.MakeCounter("accoil_connections_api_key_checks_total",
                                             "API keys looked up, by outcome.",
                                             {{"outcome", "refused"}})) {}

Metrics::OfWorkspace& Metrics::At(const core::WorkspaceId& workspace) {
  const std::lock_guard lock(mutex_);
  const auto found = workspaces_.find(workspace);
  if (found != workspaces_.end()) return found->second;
  const telemetry::Labels labels{{"workspace", workspace.value()}};
  OfWorkspace made{
      .granted = ByPriority(metrics_, "accoil_connections_calls_granted_total",
                            "Calls to Intercom granted from the workspace's budget.", workspace),
      .refused =
          ByPriority(metrics_, "accoil_connections_calls_refused_total",
                     "Calls wanted and not granted at once; they are asked for again.", workspace),
      .ended = metrics_.MakeCounter("accoil_connections_calls_ended_total",
                                    "Granted calls that callers reported as ended.", labels),
      .unused = metrics_.MakeCounter("accoil_connections_calls_unused_total",
                                     "Granted calls that callers gave back.", labels),
      .throttled =
          metrics_.MakeCounter("accoil_connections_throttled_reports_total",
                               "Reports of a 429 from Intercom; there should be none.", labels),
      .limit = metrics_.MakeGauge(
          "accoil_connections_limit_calls",
          "Calls that Intercom allows the workspace a window, as last seen; 0 before.", labels)};
  return workspaces_.emplace(workspace, std::move(made)).first->second;
}

void Metrics::WindowLength(std::chrono::seconds length) {
  metrics_
      .MakeGauge("accoil_connections_window_seconds",
                 "How long the windows of Intercom's rate limit are taken to be.")
      .Set(static_cast<double>(length.count()));
}

void Metrics::CallsAsked(const core::WorkspaceId& workspace, Priority priority, int wanted,
                         int granted) {
  const auto index = static_cast<std::size_t>(priority);
  auto& budget = At(workspace);
  budget.granted[index].Increment(granted);
  budget.refused[index].Increment(wanted - granted);
}

void Metrics::CallsReported(const core::WorkspaceId& workspace, int ended, int unused,
                            bool throttled) {
  auto& budget = At(workspace);
  budget.ended.Increment(ended);
  budget.unused.Increment(unused);
  if (throttled) budget.throttled.Increment();
}

void Metrics::LimitSeen(const core::WorkspaceId& workspace, int limit) {
  At(workspace).limit.Set(limit);
}

void Metrics::SetConnections(const std::map<core::WorkspaceId, ConnectionCounts>& counts) {
  const std::lock_guard lock(mutex_);
  // A product may have joined another workspace meanwhile.
  for (auto& [workspace, shown] : connections_) shown = {};
  for (const auto& [workspace, now] : counts) connections_[workspace] = now;
  for (const auto& [workspace, now] : connections_) {
    const auto set = [&, &workspace = workspace](const char* state, std::int64_t number) {
      metrics_
          .MakeGauge("accoil_connections_state",
                     "Connections of the workspace by state: connected, disconnecting, "
                     "disconnected as the product wished, or broken.",
                     {{"workspace", workspace.value()}, {"state", state}})
          .Set(static_cast<double>(number));
    };
    set("connected", now.connected);
    set("disconnecting", now.disconnecting);
    set("disconnected", now.disconnected);
    set("broken", now.broken);
  }
}

void Metrics::WindowFinished(const FinishedWindow& window) {
  auto& windows = window.wanted_more ? busy_windows_ : idle_windows_;
  windows.Observe(static_cast<double>(window.counted) / std::max(1, window.limit));
}

void Metrics::LeaseAnswered(std::chrono::nanoseconds took) {
  lease_duration_.Observe(std::chrono::duration<double>(took).count());
}

void Metrics::ProfileChanged() { profile_changes_.Increment(); }
void Metrics::Connected(v1::ConnectionOrigin origin) {
  (origin == v1::OAUTH ? connected_by_oauth_ : connected_by_token_).Increment();
}
void Metrics::Disconnected(DisconnectCause cause) {
  disconnected_[static_cast<std::size_t>(cause)].Increment();
}
void Metrics::TokenRefused() { tokens_refused_.Increment(); }
void Metrics::OAuthFinished(v1::ConnectOutcome outcome) {
  oauth_finished_.at(static_cast<std::size_t>(outcome) - v1::CONNECT_DONE).Increment();
}
void Metrics::UninstallNotified(int notices) { uninstalls_notified_.Increment(notices); }
void Metrics::DoubtDispelled() { doubts_dispelled_.Increment(); }
void Metrics::Uninstalled() { uninstalled_.Increment(); }
void Metrics::UninstallGivenUp() { uninstalls_given_up_.Increment(); }
void Metrics::ApiKeyAccepted() { api_keys_accepted_.Increment(); }
void Metrics::ApiKeyRefused() { api_keys_refused_.Increment(); }

}  // namespace accoil::connections
