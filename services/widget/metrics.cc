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

namespace {

telemetry::Counter CounterOfFacts(telemetry::Telemetry& telemetry, const char* source) {
  return telemetry.metrics().MakeCounter("accoil_widget_facts_read_total",
                                         "Facts read for canvases: kept in memory; loaded, for "
                                         "they were not; bypassed, loaded because "
                                         "memory may not be used.",
                                         {{"source", source}});
}

}  // namespace

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
          "How old the oldest fact was that lists followed last; 0 when there was none.")),
      kept_facts_(CounterOfFacts(telemetry, "kept")),
      loaded_facts_(CounterOfFacts(telemetry, "loaded")),
      bypassing_facts_(CounterOfFacts(telemetry, "bypassed")),
      cache_bytes_(telemetry.metrics().MakeGauge("accoil_widget_cache_bytes",
                                                 "Memory of the facts that are kept.")),
      cache_facts_(telemetry.metrics().MakeGauge("accoil_widget_cache_facts",
                                                 "Facts that are kept in memory.")),
      cache_in_use_(telemetry.metrics().MakeGauge(
          "accoil_widget_cache_in_use",
          "1 while changed facts are heard of, so that those in memory may be used; else 0.")),
      forgotten_facts_(telemetry.metrics().MakeCounter("accoil_widget_cache_forgotten_total",
                                                       "Facts in memory that changed meanwhile.")) {
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

void Metrics::FactsRead(std::size_t kept, std::size_t loaded, bool bypassed) {
  if (kept > 0) kept_facts_.Increment(static_cast<double>(kept));
  if (loaded > 0) {
    (bypassed ? bypassing_facts_ : loaded_facts_).Increment(static_cast<double>(loaded));
  }
}

void Metrics::CacheIs(const FactCache::Figures& figures) {
  cache_bytes_.Set(static_cast<double>(figures.bytes));
  cache_facts_.Set(static_cast<double>(figures.facts));
  cache_in_use_.Set(figures.trusted ? 1 : 0);
  forgotten_facts_.Increment(static_cast<double>(figures.forgotten - forgotten_));
  forgotten_ = figures.forgotten;
}

}  // namespace accoil::widget
