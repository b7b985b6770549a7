#include "libs/core/backoff.h"

#include "tests/catch.h"

namespace accoil::core {

using std::chrono::milliseconds;

TEST_CASE("waits double up to the longest, and half of each is random") {
  const Backoff backoff{milliseconds(1'000), milliseconds(60'000)};
  const auto lowest = [] { return 0.0; };
  const auto highest = [] { return 0.999999; };
  CHECK(backoff.Delay(1, lowest) == milliseconds(500));
  CHECK(backoff.Delay(2, lowest) == milliseconds(1'000));
  CHECK(backoff.Delay(7, lowest) == milliseconds(30'000));
  CHECK(backoff.Delay(1'000'000, lowest) == milliseconds(30'000));
  CHECK(backoff.Delay(1, highest) <= milliseconds(1'000));
  CHECK(backoff.Delay(1'000, highest) <= milliseconds(60'000));
}

}  // namespace accoil::core
