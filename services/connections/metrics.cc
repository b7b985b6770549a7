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
                                           const std::string& help) {
  std::vector<telemetry::Counter> counters;
  counters.reserve(kPriorityNames.size());
  for (const char* priority : kPriorityNames) {
    counters.push_back(metrics.MakeCounter(name, help, {{"priority", priority}}));
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
