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

telemetry::Counter DeliveryCounter(telemetry::Metrics& registry, const std::string& outcome) {
  return registry.MakeCounter("accoil_trait_sync_deliveries_total",
                              "Deliveries that ended, by outcome.", {{"outcome", outcome}});
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
      delivered_(DeliveryCounter(registry_, "delivered")),
      freshness_(registry_.MakeHistogram(
          "accoil_trait_sync_freshness_seconds",
          "From the publication of the oldest change of a delivery to Intercom's acknowledgement.",
          telemetry::DurationBounds())),
      unchanged_(DeliveryCounter(registry_, "unchanged")),
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
      cannot_archive_(DefinitionCounter(registry_, "cannot_archive")),
      due_(registry_.MakeGauge("accoil_trait_sync_due_deliveries",
                               "Deliveries that are due now, over all products.")),
      oldest_(registry_.MakeGauge("accoil_trait_sync_oldest_due_seconds",
                                  "The longest that a delivery has been due.")) {
  for (const auto kind : {Kind::kUnauthorized, Kind::kNotFound, Kind::kRefused, Kind::kThrottled,
                          Kind::kServer, Kind::kUnknown, Kind::kNotSent}) {
    failed_.emplace(kind, DeliveryCounter(registry_, NameOf(kind)));
  }
  for (const auto reason :
       {ReasonClass::kWrongType, ReasonClass::kTooLong, ReasonClass::kNotFinite,
        ReasonClass::kBadText, ReasonClass::kRefused, ReasonClass::kTargetGone}) {
    set_aside_.emplace(reason, registry_.MakeCounter("accoil_trait_sync_set_aside_total",
                                                     "Values that were set aside, by reason.",
                                                     {{"reason", ToString(reason)}}));
  }
}

void Metrics::Delivered() { delivered_.Increment(); }
void Metrics::Fresh(std::chrono::duration<double> age) { freshness_.Observe(age.count()); }
void Metrics::Unchanged(int deliveries) { unchanged_.Increment(deliveries); }
void Metrics::Failed(Kind kind) { failed_.at(kind).Increment(); }
void Metrics::SetAside(ReasonClass reason) { set_aside_.at(reason).Increment(); }
void Metrics::ClaimsLost(int deliveries) { claims_lost_.Increment(deliveries); }
void Metrics::Cleared() { cleared_.Increment(); }
void Metrics::UnknownProfile(int events) { unknown_profile_.Increment(events); }
void Metrics::DefinitionCreated() { created_.Increment(); }
void Metrics::DefinitionRestored() { restored_.Increment(); }
void Metrics::DefinitionRefused() { refused_.Increment(); }
void Metrics::DefinitionArchived() { archived_.Increment(); }
void Metrics::DefinitionNotArchived() { cannot_archive_.Increment(); }
void Metrics::SetBacklog(double due, double oldest_seconds) {
  due_.Set(due);
  oldest_.Set(oldest_seconds);
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
