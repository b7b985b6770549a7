#include "libs/core/run.h"

#include <future>
#include <stdexcept>

#include "tests/catch.h"

namespace accoil::core {

using std::chrono::milliseconds;

TEST_CASE("a loop that is woken does not wait for its rest to end") {
  std::atomic<int> steps = 0;
  std::promise<void> first;
  std::promise<void> second;
  Loop loop(
      [&] {
        ++steps;
        if (steps == 1) first.set_value();
        if (steps == 2) second.set_value();
        return milliseconds(3'600'000);
      },
      [](const std::exception&) { return milliseconds(0); });
  loop.Start();
  first.get_future().wait();
  loop.Wake();
  second.get_future().wait();
  loop.Stop();
  CHECK(steps == 2);
}

TEST_CASE("a loop goes on after a step that failed") {
  std::promise<std::string> problem;
  std::promise<void> recovered;
  int steps = 0;
  Loop loop(
      [&]() -> milliseconds {
        if (++steps == 1) throw std::runtime_error("broken");
        if (steps == 2) recovered.set_value();
        return milliseconds(3'600'000);
      },
      [&](const std::exception& error) {
        problem.set_value(error.what());
        return milliseconds(0);
      });
  loop.Start();
  CHECK(problem.get_future().get() == "broken");
  recovered.get_future().wait();
}

}  // namespace accoil::core
