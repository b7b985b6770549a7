#include "libs/http/server_metrics.h"

#include <set>

namespace accoil::http {

ServerMetrics::ServerMetrics(std::string server, telemetry::Metrics& metrics)
    : server_(std::move(server)),
      metrics_(metrics),
      connections_(metrics.MakeGauge("accoil_http_connections", "Open connections of clients.",
                                     {{"server", server_}})),
      slow_(MakeGivenUp("slow")),
      crowded_out_(MakeGivenUp("crowded_out")),
      refused_(MakeGivenUp("refused")) {}

telemetry::Counter ServerMetrics::MakeGivenUp(const std::string& reason) {
  return metrics_.MakeCounter(
      "accoil_http_connections_given_up_total",
      "Connections closed before their client was done: slow, crowded_out by newer ones, or "
      "refused because there was no room.",
      {{"server", server_}, {"reason", reason}});
}

void ServerMetrics::Gave(GivenUp reason) {
  switch (reason) {
    case GivenUp::kSlow:
      return slow_.Increment();
    case GivenUp::kCrowdedOut:
      return crowded_out_.Increment();
    case GivenUp::kRefused:
      return refused_.Increment();
  }
}

void ServerMetrics::Answered(const std::string& route, const std::string& method, int status,
                             std::chrono::duration<double> duration) {
  // What a client makes up must not become a label.
  static const std::set<std::string> kMethods = {"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"};
  const auto key = std::tuple(route, kMethods.contains(method) ? method : "other", status);
  const std::lock_guard lock(mutex_);
  auto count = counts_.find(key);
  if (count == counts_.end()) {
    auto counter = metrics_.MakeCounter("accoil_http_requests_total", "Requests answered.",
                                        {{"server", server_},
                                         {"route", route},
                                         {"method", std::get<1>(key)},
                                         {"status", std::to_string(status)}});
    count = counts_.emplace(key, counter).first;
  }
  count->second.Increment();
  auto durations = durations_.find(route);
  if (durations == durations_.end()) {
    auto histogram = metrics_.MakeHistogram(
        "accoil_http_request_duration_seconds",
        "From the headers' arrival to the answer's being ready.", telemetry::DurationBounds(),
        {{"server", server_}, {"route", route}});
    durations = durations_.emplace(route, histogram).first;
  }
  durations->second.Observe(duration.count());
}

}  // namespace accoil::http
