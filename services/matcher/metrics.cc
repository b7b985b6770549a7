#include "services/matcher/metrics.h"

#include "libs/core/text.h"

namespace accoil::matcher {

Metrics::Metrics(telemetry::Telemetry& telemetry)
    : metrics_(telemetry.metrics()),
      due_users_(metrics_.MakeGauge("accoil_matcher_due_users",
                                    "Users of connected products waiting to be looked at.")),
      due_accounts_(metrics_.MakeGauge("accoil_matcher_due_accounts",
                                       "Accounts of connected products waiting to be decided.")),
      run_duration_(metrics_.MakeHistogram("accoil_matcher_run_duration_seconds",
                                           "Duration of work for a product, by kind.",
                                           telemetry::DurationBounds(), {{"kind", "run"}})),
      round_duration_(metrics_.MakeHistogram("accoil_matcher_run_duration_seconds",
                                             "Duration of work for a product, by kind.",
                                             telemetry::DurationBounds(), {{"kind", "round"}})) {}

void Metrics::Matched(Decision decision, std::int64_t subjects) {
  metrics_
      .MakeCounter("accoil_matcher_matches_total",
                   "Subjects whose match was decided anew and published, by decision.",
                   {{"decision", core::ToLower(events::v1::MatchDecision_Name(decision))}})
      .Increment(static_cast<double>(subjects));
}

void Metrics::RunEnded(const std::string& trigger, const std::string& outcome,
                       std::chrono::nanoseconds took) {
  metrics_
      .MakeCounter("accoil_matcher_runs_total",
                   "Work for a product that ended: runs over all users, and rounds over changed "
                   "ones (trigger changed).",
                   {{"trigger", trigger}, {"outcome", outcome}})
      .Increment();
  auto& duration = trigger == "changed" ? round_duration_ : run_duration_;
  duration.Observe(std::chrono::duration<double>(took).count());
}

void Metrics::Called(const std::string& method) {
  metrics_
      .MakeCounter("accoil_matcher_calls_total", "Calls to Intercom, by method.",
                   {{"method", method}})
      .Increment();
}

void Metrics::Notified(std::int64_t relevant, std::int64_t irrelevant) {
  const auto count = [&](const char* relevance, std::int64_t contacts) {
    metrics_
        .MakeCounter("accoil_matcher_notified_contacts_total",
                     "Contacts that Intercom notified of, by whether they concern a user.",
                     {{"relevance", relevance}})
        .Increment(static_cast<double>(contacts));
  };
  count("relevant", relevant);
  count("irrelevant", irrelevant);
}

void Metrics::Waiting(std::int64_t users, std::int64_t accounts) {
  due_users_.Set(static_cast<double>(users));
  due_accounts_.Set(static_cast<double>(accounts));
}

void Metrics::Standing(const std::vector<WorkspaceMatches>& matches) {
  const auto gauge = [&](const telemetry::Labels& labels) {
    return metrics_.MakeGauge(
        "accoil_matcher_subjects",
        "Subjects of connected products by kind and by how they are matched now.", labels);
  };
  const std::lock_guard lock(mutex_);
  // A decision that nobody has any more, or a workspace that is not connected.
  for (const auto& labels : shown_) gauge(labels).Set(0);
  for (const auto& [workspace, kind, decision, subjects] : matches) {
    const telemetry::Labels labels{
        {"workspace", workspace.value()},
        {"kind", core::ToLower(events::v1::SubjectKind_Name(kind))},
        {"decision", core::ToLower(events::v1::MatchDecision_Name(decision))}};
    gauge(labels).Set(static_cast<double>(subjects));
    shown_.insert(labels);
  }
}

}  // namespace accoil::matcher
