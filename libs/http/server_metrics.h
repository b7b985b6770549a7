#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "libs/telemetry/telemetry.h"

namespace accoil::http {

/// What happens at a server, counted. Any thread.
class ServerMetrics {
 public:
  /// Why a connection was closed before its client was done with it.
  enum class GivenUp {
    /// It took longer for a request, or for taking its answer, than it may.
    kSlow,
    /// It had waited the longest for its client when room was needed.
    kCrowdedOut,
    /// It came when there was no room and nobody could be crowded out.
    kRefused,
  };

  /// `server` fills the label of that name.
  ServerMetrics(std::string server, telemetry::Metrics& metrics);

  /// A request's answer is ready. `route` is its pattern, or "none".
  void Answered(const std::string& route, const std::string& method, int status,
                std::chrono::duration<double> duration);
  void Opened() { connections_.Add(1); }
  void Closed() { connections_.Add(-1); }
  void Gave(GivenUp reason);

 private:
  telemetry::Counter MakeGivenUp(const std::string& reason);

  const std::string server_;
  telemetry::Metrics& metrics_;
  telemetry::Gauge connections_;
  telemetry::Counter slow_;
  telemetry::Counter crowded_out_;
  telemetry::Counter refused_;
  std::mutex mutex_;
  std::map<std::tuple<std::string, std::string, int>, telemetry::Counter> counts_;
  std::map<std::string, telemetry::Histogram> durations_;
};

}  // namespace accoil::http
