#include "libs/telemetry/telemetry.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <sstream>

#include "libs/telemetry/process_metrics.h"

namespace accoil::telemetry {

void Counter::Increment(double by) { counter_->Increment(by); }
void Gauge::Set(double value) { gauge_->Set(value); }
void Gauge::Add(double value) { gauge_->Increment(value); }
void Histogram::Observe(double value) { histogram_->Observe(value); }

Metrics::Metrics() : registry_(std::make_unique<prometheus::Registry>()) {}
Metrics::~Metrics() = default;

Counter Metrics::MakeCounter(const std::string& name, const std::string& help,
                             const Labels& labels) {
  return Counter(prometheus::BuildCounter().Name(name).Help(help).Register(*registry_).Add(labels));
}

Gauge Metrics::MakeGauge(const std::string& name, const std::string& help, const Labels& labels) {
  return Gauge(prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add(labels));
}

Histogram Metrics::MakeHistogram(const std::string& name, const std::string& help,
                                 const std::vector<double>& bounds, const Labels& labels) {
  return Histogram(
      prometheus::BuildHistogram()
          .Name(name)
          .Help(help)
          .Register(*registry_)
          .Add(labels, prometheus::Histogram::BucketBoundaries(bounds.begin(), bounds.end())));
}

std::string Metrics::Expose() const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, registry_->Collect());
  return out.str();
}

std::vector<double> DurationBounds() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
          1,     2.5,    5,     10,   30,    60,   120, 300,  600};
}

Telemetry::Telemetry(const std::string& service, const std::string& log_level)
    : service_(service),
      logger_(service, log_level),
      process_(std::make_unique<ProcessMetrics>(metrics_)) {
  metrics_
      .MakeGauge("accoil_build_info", "Always 1; its labels say what is running.",
                 {{"service", service}, {"version", ACCOIL_VERSION}, {"commit", ACCOIL_COMMIT}})
      .Set(1);
}

Telemetry::~Telemetry() = default;

std::string Telemetry::Expose() {
  {
    const std::lock_guard lock(mutex_);
    process_->Refresh();
  }
  return metrics_.Expose();
}

}  // namespace accoil::telemetry
