#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace accoil::telemetry {

/// Where a piece of work belongs, as W3C Trace Context carries it between processes.
/// https://www.w3.org/TR/trace-context/
struct Trace {
  /// 32 lower-case hex digits, not all zero.
  std::string trace_id;
  /// 16 lower-case hex digits, not all zero.
  std::string parent_id;
};

/// Starts a trace with random ids.
Trace NewTrace();
/// Reads a traceparent header; nothing when it is malformed.
std::optional<Trace> ParseTraceparent(std::string_view header);
/// Writes a traceparent header, sampled.
std::string ToTraceparent(const Trace& trace);

/// The trace that this thread works for now, if any. Log lines and outgoing calls take it from
/// here.
std::optional<Trace> CurrentTrace();

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

}  // namespace accoil::telemetry
