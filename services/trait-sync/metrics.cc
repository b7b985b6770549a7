#include "services/trait-sync/metrics.h"

namespace accoil::traitsync {
namespace {

using Kind = intercom::Failure::Kind;

const char* NameOf(Kind kind) {
  switch (kind) {
    case Kind::kUnauthorized:
      return "unauthorized";
    case Kind::kNotFound:
      return "not_found";
    case Kind::kRefused:
      return "refused";
    case Kind::kThrottled:
      return "throttled";
    case Kind::kServer:
      return "server_error";
    case Kind::kUnknown:
      return "unknown";
    case Kind::kNotSent:
      return "not_sent";
  }
  return "unknown";
}

/// The priority of the call budget under which its calls are made.
const char* NameOf(Rank rank) { return rank == Rank::kChange ? "traits" : "matching"; }

/// Finer than usual around the objective.
std::vector<double> FreshnessBounds() {
  return {0.5, 1, 2, 3, 5, 10, 20, 30, 45, 60, 90, 120, 300, 600, 1800, 3600};
}

telemetry::Counter DefinitionCounter(telemetry::Metrics& registry, const std::string& outcome) {
  return registry.MakeCounter("accoil_trait_sync_definitions_total",
                              "Attribute definitions that were made, brought back, refused, "
                              "archived, or that could not be archived.",
                              {{"outcome", outcome}});
}

}  // namespace

Metrics::Metrics(telemetry::Telemetry& telemetry)
    : registry_(telemetry.metrics()),
      claims_lost_(
          registry_.MakeCounter("accoil_trait_sync_claims_lost_total",
                                "Deliveries that were taken over before their worker ended them.")),
      cleared_(registry_.MakeCounter(
          "accoil_trait_sync_former_targets_cleared_total",
          "Contacts and companies that were cleared after their subject had left them.")),
      unknown_profile_(registry_.MakeCounter(
          "accoil_trait_sync_unknown_profile_events_total",
          "Traits and memberships of a profile that no profile-changed told of.")),
      created_(DefinitionCounter(registry_, "created")),
      restored_(DefinitionCounter(registry_, "restored")),
      refused_(DefinitionCounter(registry_, "refused")),
      archived_(DefinitionCounter(registry_, "archived")),
      cannot_archive_(DefinitionCounter(registry_, "cannot_archive")) {
  for (const auto rank : {Rank::kChange, Rank::kCatchUp}) {
    freshness_.emplace(
        rank, registry_.MakeHistogram("accoil_trait_sync_freshness_seconds",
                                      "From the publication of the oldest change of a delivery to "
                                      "Intercom's acknowledgement, by priority of the calls.",
                                      FreshnessBounds(), {{"priority", NameOf(rank)}}));
  }
}

Metrics::OfWorkspace& Metrics::At(const core::WorkspaceId& workspace) {
  const std::lock_guard lock(mutex_);
  const auto found = workspaces_.find(workspace);
  if (found != workspaces_.end()) return found->second;
  const auto& name = workspace.value();
  const auto delivery = [&](const std::string& outcome) {
    return registry_.MakeCounter("accoil_trait_sync_deliveries_total",
                                 "Deliveries that ended, by connection and outcome.",
                                 {{"workspace", name}, {"outcome", outcome}});
  };
  const auto objective = [&](const std::string& outcome) {
    return registry_.MakeCounter(
        "accoil_trait_sync_objective_total",
        "Delivered changes held against the objective of freshness: in_time, late, or held_up "
        "where the workspace had no call left or was not connected.",
        {{"workspace", name}, {"outcome", outcome}});
  };
  OfWorkspace made{.delivered = delivery("delivered"),
                   .unchanged = delivery("unchanged"),
                   .in_time = objective("in_time"),
                   .late = objective("late"),
                   .held_up = objective("held_up"),
                   .due = registry_.MakeGauge("accoil_trait_sync_due_deliveries",
                                              "Deliveries that are due now, by connection.",
                                              {{"workspace", name}}),
                   .oldest = registry_.MakeGauge("accoil_trait_sync_oldest_due_seconds",
                                                 "The longest that a delivery has been due.",
                                                 {{"workspace", name}}),
                   .failed = {},
                   .set_aside = {}};
  for (const auto kind : {Kind::kUnauthorized, Kind::kNotFound, Kind::kRefused, Kind::kThrottled,
                          Kind::kServer, Kind::kUnknown, Kind::kNotSent}) {
    made.failed.emplace(kind, delivery(NameOf(kind)));
  }
  for (const auto reason :
       {ReasonClass::kWrongType, ReasonClass::kTooLong, ReasonClass::kNotFinite,
        ReasonClass::kBadText, ReasonClass::kRefused, ReasonClass::kTargetGone}) {
    made.set_aside.emplace(
        reason, registry_.MakeCounter("accoil_trait_sync_set_aside_total",
                                      "Values that were set aside, by connection and reason.",
                                      {{"workspace", name}, {"reason", ToString(reason)}}));
  }
  return workspaces_.emplace(workspace, std::move(made)).first->second;
}

void Metrics::Delivered(const core::WorkspaceId& workspace) { At(workspace).delivered.Increment(); }

void Metrics::Fresh(const DueProduct& product, Rank rank, core::TimePoint changed_at,
                    core::TimePoint now) {
  freshness_.at(rank).Observe(std::chrono::duration<double>(now - changed_at).count());
  // What catches up, after a match for example, is not the change that somebody waits for.
  if (rank != Rank::kChange) return;
  auto& counters = At(product.workspace);
  if (now - changed_at <= kFreshnessObjective) return counters.in_time.Increment();
  core::TimePoint free_since;
  {
    const std::lock_guard lock(mutex_);
    const auto held_up = held_up_until_.find(product.product);
    if (held_up != held_up_until_.end()) free_since = held_up->second;
  }
  (now - free_since <= kFreshnessObjective ? counters.held_up : counters.late).Increment();
}

void Metrics::HeldUp(core::ProductId product, core::TimePoint now) {
  const std::lock_guard lock(mutex_);
  held_up_until_[product] = now;
}

void Metrics::Unchanged(const core::WorkspaceId& workspace, int deliveries) {
  At(workspace).unchanged.Increment(deliveries);
}
void Metrics::Failed(const core::WorkspaceId& workspace, Kind kind) {
  At(workspace).failed.at(kind).Increment();
}
void Metrics::SetAside(const core::WorkspaceId& workspace, ReasonClass reason) {
  At(workspace).set_aside.at(reason).Increment();
}
void Metrics::ClaimsLost(int deliveries) { claims_lost_.Increment(deliveries); }
void Metrics::Cleared() { cleared_.Increment(); }
void Metrics::UnknownProfile(int events) { unknown_profile_.Increment(events); }
void Metrics::DefinitionCreated() { created_.Increment(); }
void Metrics::DefinitionRestored() { restored_.Increment(); }
void Metrics::DefinitionRefused() { refused_.Increment(); }
void Metrics::DefinitionArchived() { archived_.Increment(); }
void Metrics::DefinitionNotArchived() { cannot_archive_.Increment(); }

void Metrics::SetBacklog(const std::map<core::WorkspaceId, Backlog>& backlog) {
  for (const auto& [workspace, waiting] : backlog) {
    auto& gauges = At(workspace);
    gauges.due.Set(static_cast<double>(waiting.due));
    gauges.oldest.Set(std::chrono::duration<double>(waiting.oldest).count());
  }
  const std::lock_guard lock(mutex_);
  for (auto& [workspace, gauges] : workspaces_) {
    if (backlog.contains(workspace)) continue;
    // Not connected any more: what is due there is paused.
    gauges.due.Set(0);
    gauges.oldest.Set(0);
  }
}

void Warnings::Warn(const std::string& where, const std::string& what, const std::string& problem) {
  constexpr std::size_t kMostRemembered = 10'000;
  constexpr std::size_t kMostProblems = 5;
  const auto now = std::chrono::steady_clock::now();
  std::int64_t left_out = 0;
  {
    const std::lock_guard lock(mutex_);
    if (seen_.size() > kMostRemembered) seen_.clear();
    auto& seen = seen_[{where, what}];
    if (seen.told.empty() || now - seen.since >= interval_) {
      seen.since = now;
      seen.told.clear();
    }
    if (seen.told.size() >= kMostProblems || !seen.told.insert(problem).second) {
      ++seen.left_out;
      return;
    }
    left_out = std::exchange(seen.left_out, 0);
  }
  logger_.Warn(what, {{"where", where}, {"problem", problem}, {"left_out", left_out}});
}

}  // namespace accoil::traitsync
