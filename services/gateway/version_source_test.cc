#include "services/gateway/version_source.h"

#include <set>
#include <thread>
#include <vector>

#include "tests/catch.h"

namespace accoil::gateway {
namespace {

using namespace std::chrono_literals;

TEST_CASE("versions end at the clock and never repeat or fall") {
  core::ManualClock clock(core::FromMicroseconds(5'000));
  VersionSource versions(clock);
  CHECK(versions.Take(1'000) == 4'001);
  CHECK(versions.Take(10) == 5'001);
  clock.Advance(1s);
  CHECK(versions.Take(1) == 1'005'000);
  clock.Advance(-1s);
  CHECK(versions.Take(1) == 1'005'001);
}

TEST_CASE("versions taken from several threads at once are all different") {
  const core::SystemClock clock;
  VersionSource versions(clock);
  constexpr int kThreads = 4;
  constexpr int kTakes = 5'000;
  std::vector<std::vector<std::int64_t>> taken(kThreads);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : taken) {
      threads.emplace_back([&] {
        for (int i = 0; i < kTakes; ++i) mine.push_back(versions.Take(3));
      });
    }
  }
  std::set<std::int64_t> all;
  for (const auto& mine : taken) {
    CHECK(std::is_sorted(mine.begin(), mine.end()));
    for (const auto first : mine) {
      for (int i = 0; i < 3; ++i) all.insert(first + i);
    }
  }
  CHECK(all.size() == 3 * kThreads * kTakes);
}

}  // namespace
}  // namespace accoil::gateway
