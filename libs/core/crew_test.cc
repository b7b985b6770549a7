#include "libs/core/crew.h"

#include <atomic>

#include "tests/catch.h"

namespace accoil::core {

TEST_CASE("every piece of work is done once before ForEach returns, again and again") {
  Crew crew(4);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::atomic<int>> done(100);
    crew.ForEach(done.size(), [&](std::size_t i) { ++done[i]; });
    for (const auto& count : done) REQUIRE(count == 1);
  }
  crew.ForEach(0, [](std::size_t) { FAIL("there is no work"); });
}

TEST_CASE("what a piece of work throws is thrown on once all have ended") {
  Crew crew(2);
  std::atomic<int> done{0};
  CHECK_THROWS_AS(crew.ForEach(10,
                               [&](std::size_t i) {
                                 ++done;
                                 if (i == 3) throw std::runtime_error("no");
                               }),
                  std::runtime_error);
  CHECK(done == 10);
}

}  // namespace accoil::core
