#include "services/widget/metrics.h"

namespace accoil::widget {
namespace {

const char* NameOf(Situation situation) {
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
  return "matched";
}

}  // namespace

Metrics::Metrics(telemetry::Telemetry& telemetry)
    : duration_(telemetry.metrics().MakeHistogram(
          "accoil_widget_render_duration_seconds",
          "How long a canvas took, from the request to its answer.", telemetry::DurationBounds())) {
  for (const auto situation :
       {Situation::kMatched, Situation::kNotConnected, Situation::kDisconnected,
        Situation::kUnknownContact, Situation::kLead}) {
    canvases_.emplace(situation,
                      telemetry.metrics().MakeCounter("accoil_widget_canvases_total",
                                                      "Canvases rendered, by what they could show.",
                                                      {{"situation", NameOf(situation)}}));
  }
}

void Metrics::Rendered(Situation situation, std::chrono::nanoseconds took) {
  duration_.Observe(std::chrono::duration<double>(took).count());
  canvases_.at(situation).Increment();
}

}  // namespace accoil::widget
