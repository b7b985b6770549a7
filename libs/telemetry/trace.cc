#include "libs/telemetry/trace.h"

#include <random>

namespace accoil::telemetry {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

thread_local std::optional<Trace> current_trace;

std::string RandomHex(std::size_t digits) {
  thread_local std::mt19937_64 engine{std::random_device{}()};
  std::string hex;
  for (std::size_t i = 0; i < digits; ++i) hex += kHexDigits[engine() & 15];
  // All zero means "none" to W3C.
  hex.back() = hex.find_first_not_of('0') == std::string::npos ? '1' : hex.back();
  return hex;
}

bool IsId(std::string_view text, std::size_t digits) {
  return text.size() == digits && text.find_first_not_of(kHexDigits) == std::string_view::npos &&
         text.find_first_not_of('0') != std::string_view::npos;
}

}  // namespace

Trace NewTrace(bool sampled) { return {RandomHex(32), RandomHex(16), sampled}; }

Trace Continued(const Trace& trace) { return {trace.trace_id, RandomHex(16), trace.sampled}; }

std::optional<Trace> ParseTraceparent(std::string_view header) {
  // version "-" trace-id "-" parent-id "-" flags
  if (header.size() < 55 || header[2] != '-' || header[35] != '-' || header[52] != '-') {
    return std::nullopt;
  }
  const auto version = header.substr(0, 2);
  const auto trace_id = header.substr(3, 32);
  const auto parent_id = header.substr(36, 16);
  const auto flags = header.substr(53, 2);
  if (version == "ff" || version.find_first_not_of(kHexDigits) != std::string_view::npos) {
    return std::nullopt;
  }
  if (version == "00" && header.size() != 55) return std::nullopt;
  if (!IsId(trace_id, 32) || !IsId(parent_id, 16)) return std::nullopt;
  const auto low = kHexDigits.find(flags[1]);
  if (kHexDigits.find(flags[0]) == std::string_view::npos || low == std::string_view::npos) {
    return std::nullopt;
  }
  return Trace{std::string(trace_id), std::string(parent_id), (low & 1) != 0};
}

std::string ToTraceparent(const Trace& trace) {
  return "00-" + trace.trace_id + "-" + trace.parent_id + (trace.sampled ? "-01" : "-00");
}

std::optional<Trace> CurrentTrace() { return current_trace; }

std::optional<Trace> TraceForEach(std::size_t pieces) {
  constexpr std::size_t kFew = 20;
  auto trace = current_trace;
  if (trace && pieces > kFew) trace->sampled = false;
  return trace;
}

TraceScope::TraceScope(std::optional<Trace> trace)
    : before_(std::exchange(current_trace, std::move(trace))) {}

TraceScope::~TraceScope() { current_trace = std::move(before_); }

bool Sampler::Sample(std::chrono::steady_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (now - second_began_ >= std::chrono::seconds(1)) {
    second_began_ = now;
    sampled_ = 0;
  }
  if (sampled_ >= a_second_) return false;
  ++sampled_;
  return true;
}

}  // namespace accoil::telemetry
