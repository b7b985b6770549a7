#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace accoil::load {

/// One request as its bytes on the wire, headers included.
using RequestMaker = std::function<std::string(std::uint64_t number)>;
/// Whether the body of a 200 is what was wanted. The gateway answers 200 with a canvas that says
/// so when it has none to show: by the status alone a dead service would be quick and faultless.
using AnswerCheck = std::function<bool(std::string_view body)>;

/// What a run met. Latencies are sorted.
struct LoadResult {
  std::vector<std::chrono::microseconds> latencies;
  /// Answers other than 200, those that were not what was wanted, and connections that broke.
  std::uint64_t errors = 0;
  std::chrono::duration<double> took{};

  /// Good answers: what was refused quickly is no throughput.
  double per_second() const {
    return static_cast<double>(latencies.size() - errors) / std::max(took.count(), 1e-9);
  }
  /// The latency that this share of the requests kept within, 0 to 1.
  std::chrono::microseconds At(double share) const;
};

struct LoadPlan {
  std::string host;
  std::uint16_t port = 0;
  /// Kept-alive connections, a thread each.
  int connections = 16;
  std::chrono::seconds duration{30};
  /// Requests a second, each at its own time whatever became of those before, and measured from
  /// then: a server that stalls is not spared. 0: as fast as the connections go.
  double rate = 0;
  /// Ends after so many requests; 0: when the time is up.
  std::uint64_t requests = 0;
};

/// Sends requests over HTTP/1.1 until the time is up.
LoadResult Run(const LoadPlan& plan, const RequestMaker& make, const AnswerCheck& good);

}  // namespace accoil::load
