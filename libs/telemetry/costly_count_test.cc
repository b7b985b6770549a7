#include "libs/telemetry/costly_count.h"

#include <stdexcept>
#include <thread>

#include "tests/catch.h"

namespace accoil::telemetry {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST_CASE("a costly count runs once in its interval, also when it fails") {
  int counted = 0;
  CostlyCount counting(hours(1), [&] {
    ++counted;
    throw std::runtime_error("no database");
  });
  CHECK_THROWS(counting.IfDue());
  counting.IfDue();
  CHECK(counted == 1);

  CostlyCount always(milliseconds(0), [&] { ++counted; });
  always.IfDue();
  CHECK(counted == 2);
}

TEST_CASE("a count that takes long is made seldom") {
  int counted = 0;
  CostlyCount counting(milliseconds(0), [&] {
    ++counted;
    std::this_thread::sleep_for(milliseconds(50));
  });
  counting.IfDue();
  counting.IfDue();
  CHECK(counted == 1);
}

}  // namespace accoil::telemetry
