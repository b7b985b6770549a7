#include "tests/intercom-simulator/rate_limiter.h"

#include "tests/catch.h"

namespace accoil::simulator {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

core::TimePoint At(std::chrono::milliseconds since_epoch) { return core::TimePoint(since_epoch); }

TEST_CASE("a window allows as many calls as the limit, then refuses until its end") {
  RateLimiter limiter;
  const RateLimiter::Rule rule{2, 10s, 0s};
  auto verdict = limiter.Take(At(1'000'003'500ms), rule);
  CHECK(verdict.allowed);
  CHECK(verdict.limit == 2);
  CHECK(verdict.remaining == 1);
  CHECK(verdict.reset == 1'000'010);
  CHECK(limiter.Take(At(1'000'009'999ms), rule).remaining == 0);
  verdict = limiter.Take(At(1'000'009'999ms), rule);
  CHECK_FALSE(verdict.allowed);
  CHECK(verdict.remaining == 0);
  CHECK(limiter.Take(At(1'000'010'000ms), rule).allowed);
}

TEST_CASE("windows begin at multiples of their length plus the phase") {
  RateLimiter limiter;
  CHECK(limiter.Take(At(1'000'000s), {5, 10s, 3s}).reset == 1'000'003);
  CHECK(limiter.Take(At(1'000'003s), {5, 10s, 3s}).reset == 1'000'013);
  CHECK(limiter.Take(At(1'000'014s), {5, 2s, 0s}).reset == 1'000'016);
}

TEST_CASE("a changed limit holds at once and used calls stay used") {
  RateLimiter limiter;
  for (int i = 0; i < 3; ++i) limiter.Take(At(20s), {10, 10s, 0s});
  CHECK_FALSE(limiter.Take(At(21s), {3, 10s, 0s}).allowed);
  CHECK(limiter.Take(At(22s), {4, 10s, 0s}).allowed);
}

TEST_CASE("what was used and refused in each window is kept") {
  RateLimiter limiter;
  const RateLimiter::Rule rule{2, 10s, 0s};
  for (int i = 0; i < 5; ++i) limiter.Take(At(20s), rule);
  limiter.Take(At(55s), rule);
  const auto windows = limiter.Windows(At(61s), rule);
  REQUIRE(windows.size() == 3);
  CHECK(windows[0].start == 20);
  CHECK(windows[0].used == 2);
  CHECK(windows[0].refused == 3);
  CHECK(windows[1].start == 50);
  CHECK(windows[1].used == 1);
  CHECK(windows[2].start == 60);
  CHECK(windows[2].used == 0);
}

}  // namespace
}  // namespace accoil::simulator
