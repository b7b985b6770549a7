#include "tests/intercom-simulator/rate_limiter.h"

#include <algorithm>

namespace accoil::simulator {
namespace {

/// A day and more of ten-second windows.
constexpr std::size_t kMostWindows = 10'000;

}  // namespace

Window& RateLimiter::Current(core::TimePoint now, const Rule& rule) {
  const auto seconds =
      std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()) - rule.phase;
  const auto start = seconds / rule.window * rule.window + rule.phase;
  const auto end = start + rule.window;
  if (windows_.empty() || windows_.back().start != start.count() ||
      windows_.back().end != end.count()) {
    windows_.push_back({start.count(), end.count(), rule.limit, 0, 0});
    if (windows_.size() > kMostWindows) windows_.pop_front();
  }
  windows_.back().limit = rule.limit;
  return windows_.back();
}

RateLimiter::Verdict RateLimiter::Take(core::TimePoint now, const Rule& rule) {
  auto& window = Current(now, rule);
  const bool allowed = window.used < window.limit;
  ++(allowed ? window.used : window.refused);
  return Of(window, allowed);
}

RateLimiter::Verdict RateLimiter::Look(core::TimePoint now, const Rule& rule) {
  return Of(Current(now, rule), true);
}

RateLimiter::Verdict RateLimiter::Of(const Window& window, bool allowed) {
  return {allowed, window.limit, std::max(0, window.limit - window.used), window.end};
}

std::deque<Window> RateLimiter::Windows(core::TimePoint now, const Rule& rule) {
  Current(now, rule);
  return windows_;
}

}  // namespace accoil::simulator
