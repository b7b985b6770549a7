#include "services/tagging-automation/rules/rule_metrics.h"

namespace accoil::tagging {
namespace {

telemetry::Counter FilterCounter(telemetry::Metrics& registry, const std::string& outcome) {
  return registry.MakeCounter(
      "accoil_tagging_automation_filter_waits_total",
      "Entries into a trigger whose filter was not true at once: those that began to wait, and "
      "those whose filter became true in time or did not.",
      {{"outcome", outcome}});
}

}  // namespace

RuleMetrics::RuleMetrics(telemetry::Telemetry& telemetry)
    : evaluations_(telemetry.metrics().MakeCounter(
          "accoil_tagging_automation_evaluations_total",
          "Rules that were looked at for a subject, because of events or of time.")),
      duration_(telemetry.metrics().MakeHistogram(
          "accoil_tagging_automation_evaluation_duration_seconds",
          "Evaluating the rules for the subjects of one transaction, without the database.",
          telemetry::DurationBounds())),
      awaited_(FilterCounter(telemetry.metrics(), "awaited")),
      passed_(FilterCounter(telemetry.metrics(), "passed")),
      missed_(FilterCounter(telemetry.metrics(), "missed")),
      revisited_(telemetry.metrics().MakeCounter(
          "accoil_tagging_automation_revisits_total",
          "Subjects that were looked at again because time had passed.")),
      settled_(telemetry.metrics().MakeCounter(
          "accoil_tagging_automation_settled_subjects_total",
          "Subjects that were looked at after a rule was made or changed.")) {
  for (const auto& trigger : {Trigger(EntersSegment()), Trigger(ActivationMilestone()),
                              Trigger(ScoreChange()), Trigger(NewSubject()), Trigger(Custom())}) {
    fired_.emplace(NameOf(trigger),
                   telemetry.metrics().MakeCounter("accoil_tagging_automation_firings_total",
                                                   "Entries that rules fired for, by trigger.",
                                                   {{"trigger", NameOf(trigger)}}));
  }
}

void RuleMetrics::Evaluated(int rules, std::chrono::duration<double> took) {
  evaluations_.Increment(rules);
  duration_.Observe(took.count());
}
void RuleMetrics::Fired(const Trigger& trigger) { fired_.at(NameOf(trigger)).Increment(); }
void RuleMetrics::FilterAwaited() { awaited_.Increment(); }
void RuleMetrics::FilterPassed() { passed_.Increment(); }
void RuleMetrics::FilterMissed() { missed_.Increment(); }
void RuleMetrics::Revisited(int subjects) { revisited_.Increment(subjects); }
void RuleMetrics::Settled(int subjects) { settled_.Increment(subjects); }

}  // namespace accoil::tagging
