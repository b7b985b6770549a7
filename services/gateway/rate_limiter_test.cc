#include "services/gateway/rate_limiter.h"

#include "tests/catch.h"

namespace accoil::gateway {
namespace {

using namespace std::chrono_literals;

constexpr core::TimePoint kStart{std::chrono::hours(500'000)};

TEST_CASE("a key may send its burst at once and then its rate") {
  RateLimiter limiter({.rate = 10, .burst = 3});
  for (int i = 0; i < 3; ++i) CHECK_FALSE(limiter.Take(1, kStart));
  CHECK(limiter.Take(1, kStart) == 100ms);
  CHECK(limiter.Take(1, kStart + 60ms) == 40ms);
  CHECK_FALSE(limiter.Take(1, kStart + 100ms));
  CHECK(limiter.Take(1, kStart + 100ms) == 100ms);
}

TEST_CASE("who keeps on knocking still gets its rate") {
  RateLimiter limiter({.rate = 10, .burst = 1});
  int admitted = 0;
  for (auto passed = 0ms; passed < 10s; passed += 1ms) {
    admitted += limiter.Take(1, kStart + passed) ? 0 : 1;
  }
  CHECK(admitted >= 99);
  CHECK(admitted <= 101);
}

TEST_CASE("a pause gives back no more than the burst") {
  RateLimiter limiter({.rate = 10, .burst = 2});
  CHECK_FALSE(limiter.Take(1, kStart));
  for (int i = 0; i < 2; ++i) CHECK_FALSE(limiter.Take(1, kStart + 24h));
  CHECK(limiter.Take(1, kStart + 24h));
}

TEST_CASE("keys do not share their rate") {
  RateLimiter limiter({.rate = 1, .burst = 1});
  CHECK_FALSE(limiter.Take(1, kStart));
  CHECK(limiter.Take(1, kStart));
  CHECK_FALSE(limiter.Take(2, kStart));
}

TEST_CASE("a clock that is set back neither gives nor takes") {
  RateLimiter limiter({.rate = 1, .burst = 2});
  CHECK_FALSE(limiter.Take(1, kStart));
  CHECK_FALSE(limiter.Take(1, kStart - 1h));
  CHECK(limiter.Take(1, kStart - 1h) == 1000ms);
}

TEST_CASE("only so many keys are remembered, and the quiet ones go first") {
  RateLimiter limiter({.rate = 1, .burst = 1, .capacity = 2});
  CHECK_FALSE(limiter.Take(1, kStart));
  CHECK_FALSE(limiter.Take(2, kStart));
  CHECK(limiter.Take(1, kStart));
  CHECK_FALSE(limiter.Take(3, kStart));
  CHECK(limiter.Take(1, kStart));
  CHECK_FALSE(limiter.Take(2, kStart));
}

}  // namespace
}  // namespace accoil::gateway
