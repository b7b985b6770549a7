#include "libs/events/consumer_metrics.h"

namespace accoil::events {

ConsumerMetrics::ConsumerMetrics(telemetry::Metrics& metrics,
                                 const std::vector<std::string>& topics)
    : batches_(metrics.MakeHistogram(
          "accoil_consumer_batch_duration_seconds",
          "From the first to the last statement of a batch, its commit included.",
          telemetry::DurationBounds())),
      lost_races_(metrics.MakeCounter(
          "accoil_consumer_lost_races_total",
          "Batches thrown away because another member had moved a partition's offset.")) {
  for (const auto& topic : topics) {
    const telemetry::Labels labels{{"topic", topic}};
    topics_.emplace(
        topic,
        Topic{metrics.MakeCounter("accoil_consumer_records_total",
                                  "Records applied, dead letters included.", labels),
              metrics.MakeCounter("accoil_consumer_dead_letters_total",
                                  "Records that could not be read or applied.", labels),
              metrics.MakeGauge("accoil_consumer_lag_records",
                                "Records of this member's partitions not applied yet.", labels)});
  }
}

}  // namespace accoil::events
