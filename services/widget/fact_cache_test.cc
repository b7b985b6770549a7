#include "services/widget/fact_cache.h"

#include <atomic>
#include <thread>

#include "tests/catch.h"

namespace accoil::widget {
namespace {

using namespace std::chrono_literals;
using Clock = FactCache::Clock;

FactKey KeyOf(const std::string& workspace) { return FactKey(core::WorkspaceId(workspace)); }

struct TrustedCache : FactCache {
  explicit TrustedCache(std::size_t bytes = 1 << 20) : FactCache(bytes) {
    Trust(Clock::now() + 1h);
  }
  std::optional<std::string> Find(const std::string& name) {
    const auto key = KeyOf(name);
    return FactCache::Find({&key, 1}).at(0);
  }
  void Forget(const std::string& name) {
    const auto hash = KeyOf(name).hash();
    FactCache::Forget({&hash, 1});
  }
};

TEST_CASE("what was read is found until it changed") {
  TrustedCache cache;
  CHECK_FALSE(cache.Find("a"));
  cache.Keep(KeyOf("a"), "1", *cache.Begin());
  cache.Keep(KeyOf("b"), "", *cache.Begin());
  CHECK(cache.Find("a") == "1");
  CHECK(cache.Find("b") == "");
  cache.Forget("a");
  CHECK_FALSE(cache.Find("a"));
  CHECK(cache.Find("b") == "");
  cache.ForgetAll();
  CHECK_FALSE(cache.Find("b"));
  CHECK(cache.figures().bytes == 0);
  CHECK(cache.figures().forgotten == 2);
}

TEST_CASE("what was read before its change was heard is not kept, whenever it arrives") {
  TrustedCache cache;
  const auto before = *cache.Begin();
  cache.Forget("a");
  cache.Keep(KeyOf("a"), "old", before);
  CHECK_FALSE(cache.Find("a"));
  cache.Keep(KeyOf("a"), "new", *cache.Begin());
  CHECK(cache.Find("a") == "new");

  const auto between = *cache.Begin();
  cache.ForgetAll();
  cache.Keep(KeyOf("b"), "old", between);
  CHECK_FALSE(cache.Find("b"));
}

TEST_CASE("a change that has its value with it is kept, and what was read before is not") {
  TrustedCache cache;
  const auto before = *cache.Begin();
  cache.Change(KeyOf("a"), "new");
  cache.Keep(KeyOf("a"), "old", before);
  CHECK(cache.Find("a") == "new");
}

TEST_CASE("it is used only while changes are heard of, and empty after they were not") {
  FactCache cache(1 << 20);
  CHECK_FALSE(cache.Begin());
  cache.Trust(Clock::now() + 1h);
  const auto stamp = cache.Begin();
  REQUIRE(stamp);
  cache.Keep(KeyOf("a"), "1", *stamp);
  CHECK(cache.figures().facts == 1);
  cache.Distrust();
  CHECK_FALSE(cache.Begin());
  CHECK(cache.figures().facts == 0);
  CHECK_FALSE(cache.figures().trusted);
  // What was under way since before.
  cache.Keep(KeyOf("a"), "1", *stamp);
  cache.Change(KeyOf("a"), "1");
  CHECK(cache.figures().facts == 0);
  cache.Trust(Clock::now() + 1h);
  cache.Keep(KeyOf("a"), "1", *stamp);
  CHECK(cache.figures().facts == 0);
  CHECK(cache.Begin());
}

TEST_CASE("trust ends by itself") {
  FactCache cache(1 << 20);
  cache.Trust(Clock::now() - 1ms);
  CHECK_FALSE(cache.Begin());
}

TEST_CASE("its memory is bounded, and those go that were not asked for the longest") {
  constexpr std::size_t kBytes = 64 << 10;
  TrustedCache cache(kBytes);
  const std::string value(200, 'v');
  cache.Keep(KeyOf("first"), value, *cache.Begin());
  for (int i = 0; i < 1'000; ++i) {
    cache.Keep(KeyOf("w" + std::to_string(i)), value, *cache.Begin());
    CHECK(cache.Find("first"));
    CHECK(cache.figures().bytes <= kBytes);
  }
  CHECK_FALSE(cache.Find("w0"));
  CHECK(cache.Find("w999"));
  CHECK(cache.figures().facts > 100);
  // What is too large for it goes alone.
  cache.Keep(KeyOf("huge"), std::string(1 << 20, 'v'), *cache.Begin());
  CHECK_FALSE(cache.Find("huge"));
  CHECK(cache.Find("w999"));
}

TEST_CASE("a cache without room keeps nothing and is never used") {
  FactCache cache(0);
  cache.Trust(Clock::now() + 1h);
  CHECK_FALSE(cache.Begin());
  cache.Change(KeyOf("a"), "1");
  CHECK(cache.figures().facts == 0);
}

TEST_CASE("readers, and whoever hears of changes, do not get into each other's way") {
  constexpr int kFacts = 200;
  constexpr int kRounds = 2'000;
  TrustedCache cache(32 << 10);
  // Each fact's value is how often it changed; a reader keeps what it saw before it asked.
  std::vector<std::atomic<int>> values(kFacts);
  std::atomic<bool> stale = false;
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    for (int i = 0; i < kRounds; ++i) {
      ++values[i % kFacts];
      cache.Forget(std::to_string(i % kFacts));
    }
  });
  for (int reader = 0; reader < 2; ++reader) {
    threads.emplace_back([&, reader] {
      for (int i = 0; i < kRounds; ++i) {
        const auto fact = (i * 7 + reader) % kFacts;
        const auto stamp = cache.Begin();
        cache.Keep(KeyOf(std::to_string(fact)), std::to_string(values[fact]), *stamp);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (int fact = 0; fact < kFacts; ++fact) {
    const auto found = cache.Find(std::to_string(fact));
    if (found && *found != std::to_string(values[fact])) stale = true;
  }
  CHECK_FALSE(stale);
}

}  // namespace
}  // namespace accoil::widget
