#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "libs/core/clock.h"

namespace accoil::gateway {

struct RateLimiterConfig {
  /// Requests a second that a key may send for ever.
  double rate = 100;
  /// Requests that it may send at once after a pause.
  double burst = 200;
  /// Keys remembered; beyond it the one that was quiet the longest is taken for new.
  std::size_t capacity = 100'000;
};

/// A token bucket for each key: it holds `burst` tokens at most, gains `rate` a second, and a
/// request takes one. No I/O. Any thread.
class RateLimiter {
 public:
  explicit RateLimiter(RateLimiterConfig config) : config_(config) {}

  /// Takes a token of the key. Nothing when there was one; else how long it takes until there is,
  /// rounded up. A refused request takes nothing, so that who keeps on knocking still gets its
  /// rate.
  std::optional<std::chrono::milliseconds> Take(std::int64_t key, core::TimePoint now);

 private:
  struct Bucket {
    std::int64_t key = 0;
    double tokens = 0;
    core::TimePoint filled;
  };

  /// The key's bucket, a full one for a new key. Holds mutex_.
  Bucket& Find(std::int64_t key, core::TimePoint now);

  const RateLimiterConfig config_;
  std::mutex mutex_;
  /// The one that was used last comes first.
  std::list<Bucket> buckets_;
  std::unordered_map<std::int64_t, std::list<Bucket>::iterator> by_key_;
};

}  // namespace accoil::gateway
