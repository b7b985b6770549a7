#include "services/trait-sync/sender.h"

#include <atomic>

#include "tests/catch.h"

namespace accoil::traitsync {

TEST_CASE("every piece of work is done once before ForEach returns, again and again") {
  Sender sender(4);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::atomic<int>> done(100);
    sender.ForEach(done.size(), [&](std::size_t i) { ++done[i]; });
    for (const auto& count : done) REQUIRE(count == 1);
  }
  sender.ForEach(0, [](std::size_t) { FAIL("there is no work"); });
}

TEST_CASE("what a piece of work throws is thrown on once all have ended") {
  Sender sender(2);
  std::atomic<int> done{0};
  CHECK_THROWS_AS(sender.ForEach(10,
                                 [&](std::size_t i) {
                                   ++done;
                                   if (i == 3) throw std::runtime_error("no");
                                 }),
                  std::runtime_error);
  CHECK(done == 10);
}

}  // namespace accoil::traitsync
