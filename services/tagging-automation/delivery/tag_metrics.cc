#include "services/tagging-automation/delivery/tag_metrics.h"

namespace accoil::tagging {
namespace {

telemetry::Histogram Freshness(telemetry::Metrics& registry, const std::string& priority) {
  return registry.MakeHistogram(
      "accoil_tagging_freshness_seconds",
      "From a tag being wished for, or its subject being matched, to Intercom's acknowledgement.",
      telemetry::DurationBounds(), {{"priority", priority}});
}

const char* NameOf(TagEnd end) {
  switch (end) {
    case TagEnd::kDone:
      return "done";
    case TagEnd::kTagRefused:
      return "tag_refused";
    case TagEnd::kTargetGone:
      return "target_gone";
    case TagEnd::kFailing:
      return "failing";
    case TagEnd::kReleased:
      return "released";
  }
  return "unknown";
}

}  // namespace

TagMetrics::TagMetrics(telemetry::Telemetry& telemetry)
    : batch_(telemetry.metrics().MakeHistogram("accoil_tagging_batch_size",
                                               "Contacts or companies that a call tagged.",
                                               {1, 2, 5, 10, 20, 50, 75, 99, 100})),
      halvings_(telemetry.metrics().MakeCounter("accoil_tagging_halvings_total",
                                                "Refused batches that were halved.")),
      fresh_by_hand_(Freshness(telemetry.metrics(), "hand")),
      fresh_by_rule_(Freshness(telemetry.metrics(), "rule")),
      claims_lost_(telemetry.metrics().MakeCounter(
          "accoil_tagging_claims_lost_total",
          "Tags that were taken over before their worker ended them.")),
      expired_(telemetry.metrics().MakeCounter("accoil_tagging_expired_total",
                                               "Tags that waited too long for a match.")),
      due_(telemetry.metrics().MakeGauge("accoil_tagging_due_tags",
                                         "Tags that are on their way, over all products.")),
      oldest_(telemetry.metrics().MakeGauge("accoil_tagging_oldest_due_seconds",
                                            "The longest that a tag has been due.")),
      waiting_(telemetry.metrics().MakeGauge("accoil_tagging_waiting_tags",
                                             "Tags that wait for a match, over all products.")) {
  for (const auto end : {TagEnd::kDone, TagEnd::kTagRefused, TagEnd::kTargetGone, TagEnd::kFailing,
                         TagEnd::kReleased}) {
    ended_.emplace(end, telemetry.metrics().MakeCounter("accoil_tagging_tags_total",
                                                        "Claimed tags by what became of them.",
                                                        {{"outcome", NameOf(end)}}));
  }
}

void TagMetrics::Ended(TagEnd end, int tags) { ended_.at(end).Increment(tags); }
void TagMetrics::Called(int ids) { batch_.Observe(ids); }
void TagMetrics::Halved(int halvings) { halvings_.Increment(halvings); }
void TagMetrics::Fresh(bool hand, std::chrono::duration<double> age) {
  (hand ? fresh_by_hand_ : fresh_by_rule_).Observe(age.count());
}
void TagMetrics::ClaimsLost(int tags) { claims_lost_.Increment(tags); }
void TagMetrics::Expired(int tags) { expired_.Increment(tags); }
void TagMetrics::SetBacklog(double due, double oldest_seconds, double waiting) {
  due_.Set(due);
  oldest_.Set(oldest_seconds);
  waiting_.Set(waiting);
}

}  // namespace accoil::tagging
