#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

#include "libs/core/clock.h"

namespace accoil::simulator {

/// A window of the rate limit and what was done in it.
struct Window {
  /// Unix seconds.
  std::int64_t start = 0;
  std::int64_t end = 0;
  int limit = 0;
  int used = 0;
  /// Calls that were answered with 429 because the window was used up.
  int refused = 0;
};

/// Intercom's rate limit: a fixed number of calls in windows of fixed length that are aligned to
/// whole seconds. Pure; not for several threads at once.
class RateLimiter {
 public:
  struct Rule {
    int limit = 0;
    std::chrono::seconds window{10};
    std::chrono::seconds phase{0};
  };
  struct Verdict {
    bool allowed = false;
    int limit = 0;
    int remaining = 0;
    /// The end of the window, Unix seconds.
    std::int64_t reset = 0;
  };

  /// Counts a call. A rule that changed within a window holds at once; its used calls stay used.
  Verdict Take(core::TimePoint now, const Rule& rule);
  /// Counts nothing: for what is done without a call of the API. Always allowed.
  Verdict Look(core::TimePoint now, const Rule& rule);

  /// The window that `now` falls into and those before it that saw calls, oldest first.
  std::deque<Window> Windows(core::TimePoint now, const Rule& rule);

  void Forget() { windows_.clear(); }

 private:
  Window& Current(core::TimePoint now, const Rule& rule);
  static Verdict Of(const Window& window, bool allowed);

  std::deque<Window> windows_;
};

}  // namespace accoil::simulator
