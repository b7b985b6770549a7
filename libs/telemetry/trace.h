#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace accoil::telemetry {

/// Where a piece of work belongs, as W3C Trace Context carries it between processes.
/// https://www.w3.org/TR/trace-context/
struct Trace {
  /// 32 lower-case hex digits, not all zero.
  std::string trace_id;
  /// 16 lower-case hex digits, not all zero: the participant that has the work now.
  std::string parent_id;
  /// Whether the steps of this work are to be seen in the logs; see Logger::Step.
  bool sampled = true;
};

/// Starts a trace with random ids.
Trace NewTrace(bool sampled = true);
/// The same trace at the next participant, which has a random parent id of its own.
Trace Continued(const Trace& trace);
/// Reads a traceparent header; nothing when it is malformed.
std::optional<Trace> ParseTraceparent(std::string_view header);
/// Writes a traceparent header.
std::string ToTraceparent(const Trace& trace);

/// The trace that this thread works for now, if any. Log lines and outgoing calls take it from
/// here.
std::optional<Trace> CurrentTrace();

/// The trace for each of so many pieces of work that come of the present one: it is sampled no more
/// when they are many, for their steps together would flood the logs.
std::optional<Trace> TraceForEach(std::size_t pieces);

/// While it lives, this thread works for the trace; then for the one before.
class TraceScope {
 public:
  explicit TraceScope(std::optional<Trace> trace);
  ~TraceScope();
  TraceScope(const TraceScope&) = delete;
  TraceScope& operator=(const TraceScope&) = delete;

 private:
  std::optional<Trace> before_;
};

/// Decides which of the traces that begin here are sampled: a few a second, so that on a quiet
/// system every request can be followed, and on a busy one the logs stay readable. Any thread.
class Sampler {
 public:
  explicit Sampler(int a_second) : a_second_(a_second) {}

  bool Sample(std::chrono::steady_clock::time_point now);

 private:
  const int a_second_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::chrono::steady_clock::time_point second_began_;
  int sampled_ = 0;
};

}  // namespace accoil::telemetry
