#include "services/gateway/rate_limiter.h"

#include <algorithm>
#include <cmath>

namespace accoil::gateway {

std::optional<std::chrono::milliseconds> RateLimiter::Take(std::int64_t key, core::TimePoint now) {
  constexpr double kMillisecondsOfSecond = 1'000;
  const std::lock_guard lock(mutex_);
  auto& bucket = Find(key, now);
  // A clock that was set back gives nothing and takes nothing.
  const auto passed = std::max(std::chrono::duration<double>(now - bucket.filled),
                               std::chrono::duration<double>::zero());
  bucket.tokens = std::min(config_.burst, bucket.tokens + passed.count() * config_.rate);
  bucket.filled = now;
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return std::nullopt;
  }
  const auto wait = std::ceil((1 - bucket.tokens) / config_.rate * kMillisecondsOfSecond);
  return std::chrono::milliseconds(static_cast<std::int64_t>(wait));
}

RateLimiter::Bucket& RateLimiter::Find(std::int64_t key, core::TimePoint now) {
  const auto at = by_key_.find(key);
  if (at != by_key_.end()) {
    buckets_.splice(buckets_.begin(), buckets_, at->second);
    return buckets_.front();
  }
  if (buckets_.size() >= config_.capacity) {
    by_key_.erase(buckets_.back().key);
    buckets_.pop_back();
  }
  buckets_.push_front({key, config_.burst, now});
  by_key_[key] = buckets_.begin();
  return buckets_.front();
}

}  // namespace accoil::gateway
