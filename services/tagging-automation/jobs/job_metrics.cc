#include "services/tagging-automation/jobs/job_metrics.h"

namespace accoil::tagging {
namespace {

telemetry::Counter BegunCounter(telemetry::Telemetry& telemetry, const std::string& chosen_by) {
  return telemetry.metrics().MakeCounter(
      "accoil_tagging_automation_jobs_begun_total",
      "Jobs of tagging by hand that were begun, by how their subjects were chosen.",
      {{"chosen_by", chosen_by}});
}

}  // namespace

JobMetrics::JobMetrics(telemetry::Telemetry& telemetry)
    : named_(BegunCounter(telemetry, "id")),
      filtered_(BegunCounter(telemetry, "filter")),
      open_(telemetry.metrics().MakeGauge("accoil_tagging_automation_jobs_open",
                                          "Jobs of tagging by hand that have not ended.")) {
  for (const auto* state : {"finished", "cancelled", "failed"}) {
    ended_.emplace(state, telemetry.metrics().MakeCounter(
                              "accoil_tagging_automation_jobs_ended_total",
                              "Jobs of tagging by hand that have ended.", {{"state", state}}));
  }
}

void JobMetrics::Begun(bool filter) { (filter ? filtered_ : named_).Increment(); }

void JobMetrics::Ended(const std::string& state, int jobs) { ended_.at(state).Increment(jobs); }

void JobMetrics::SetOpen(double jobs) { open_.Set(jobs); }

}  // namespace accoil::tagging
