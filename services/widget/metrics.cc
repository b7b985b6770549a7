#include "services/widget/metrics.h"

#include <stdexcept>

namespace accoil::widget {

const char* ToString(Situation situation) {
  switch (situation) {
    case Situation::kMatched:
      return "matched";
    case Situation::kNotConnected:
      return "not_connected";
    case Situation::kDisconnected:
      return "disconnected";
    case Situation::kUnknownContact:
      return "unknown_contact";
    case Situation::kLead:
      return "lead";
  }
  throw std::logic_error("an unknown situation of the Inbox");
}

Metrics::Metrics(telemetry::Telemetry& telemetry)
    : duration_(telemetry.metrics().MakeHistogram(
          "accoil_widget_render_duration_seconds",
          "How long a canvas took, from the request to its answer.", telemetry::DurationBounds())),
      list_duration_(telemetry.metrics().MakeHistogram("accoil_widget_list_duration_seconds",
                                                       "How long a page of users or accounts took.",
                                                       telemetry::DurationBounds())),
      list_rows_(telemetry.metrics().MakeCounter(
          "accoil_widget_list_rows_total", "Rows of lists that were written to follow facts.")),
      lists_behind_(telemetry.metrics().MakeGauge(
          "accoil_widget_lists_behind_seconds",
          "How old the oldest fact was that lists followed last; 0 when there was none.")) {
  for (const auto situation :
       {Situation::kMatched, Situation::kNotConnected, Situation::kDisconnected,
        Situation::kUnknownContact, Situation::kLead}) {
    canvases_.emplace(situation,
                      telemetry.metrics().MakeCounter("accoil_widget_canvases_total",
                                                      "Canvases rendered, by what they could show.",
                                                      {{"situation", ToString(situation)}}));
  }
}

void Metrics::Rendered(Situation situation, std::chrono::nanoseconds took) {
  duration_.Observe(std::chrono::duration<double>(took).count());
  canvases_.at(situation).Increment();
}

void Metrics::Listed(std::chrono::nanoseconds took) {
  list_duration_.Observe(std::chrono::duration<double>(took).count());
}

void Metrics::ListsFollowed(std::int64_t rows, double behind) {
  list_rows_.Increment(static_cast<double>(rows));
  lists_behind_.Set(behind);
}

}  // namespace accoil::widget
