#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "libs/telemetry/log.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
}  // namespace prometheus

namespace accoil::telemetry {

using Labels = std::map<std::string, std::string>;

/// A number that only grows. A handle that may be copied; its registry must outlive it.
class Counter {
 public:
  explicit Counter(prometheus::Counter& counter) : counter_(&counter) {}
  void Increment(double by = 1);

 private:
  prometheus::Counter* counter_;
};

/// A number that rises and falls.
class Gauge {
 public:
  explicit Gauge(prometheus::Gauge& gauge) : gauge_(&gauge) {}
  void Set(double value);
  void Add(double value);

 private:
  prometheus::Gauge* gauge_;
};

/// Counts observations by size.
class Histogram {
 public:
  explicit Histogram(prometheus::Histogram& histogram) : histogram_(&histogram) {}
  void Observe(double value);

 private:
  prometheus::Histogram* histogram_;
};

/// A service's metrics. Named accoil_<service>_<what>_<unit>[_total]; asking again for the same
/// name and labels answers the same metric. Any thread.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter MakeCounter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge MakeGauge(const std::string& name, const std::string& help, const Labels& labels = {});
  /// `bounds` are the upper ends of the buckets, ascending; the one to infinity is added.
  Histogram MakeHistogram(const std::string& name, const std::string& help,
                          const std::vector<double>& bounds, const Labels& labels = {});

  /// All metrics in Prometheus' text format.
  std::string Expose() const;

 private:
  std::unique_ptr<prometheus::Registry> registry_;
};

/// Bounds for durations in seconds, from a millisecond to ten minutes.
std::vector<double> DurationBounds();

class ProcessMetrics;

/// What every service begins with: its logger and its metrics, those of the build and of the
/// process among them. Outlives all other parts of the service.
class Telemetry {
 public:
  /// `service` as in the folder's name, for example trait-sync; `log_level` one of debug, info,
  /// warn, error.
  Telemetry(const std::string& service, const std::string& log_level);
  ~Telemetry();
  Telemetry(const Telemetry&) = delete;
  Telemetry& operator=(const Telemetry&) = delete;

  const Logger& logger() const { return logger_; }
  Metrics& metrics() { return metrics_; }
  const std::string& service() const { return service_; }

  /// All metrics in Prometheus' text format, those of the process as they are now. Any thread.
  std::string Expose();

 private:
  std::string service_;
  Logger logger_;
  Metrics metrics_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::unique_ptr<ProcessMetrics> process_;
};

}  // namespace accoil::telemetry
