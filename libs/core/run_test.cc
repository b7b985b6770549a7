#include "libs/core/run.h"

#include <csignal>
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

TEST_CASE("a process that is told to stop leaves, goes on for the drain, then stops in reverse") {
  std::vector<std::string> seen;
  std::chrono::steady_clock::time_point left;
  std::chrono::steady_clock::time_point stopped;
  struct Noted final : Part {
    Noted(std::string its_name, std::function<void(std::string)> its_note)
        : name(std::move(its_name)), note(std::move(its_note)) {}
    void Start() override { note(name + " starts"); }
    void Leave() override { note(name + " leaves"); }
    void Stop() override { note(name + " stops"); }
    std::string name;
    std::function<void(std::string)> note;
  };
  const auto note = [&](std::string what) {
    if (what == "second leaves") left = std::chrono::steady_clock::now();
    if (what == "second stops") stopped = std::chrono::steady_clock::now();
    seen.push_back(std::move(what));
    // The signal comes once everything runs.
    if (seen.back() == "second starts") std::raise(SIGTERM);
  };
  Noted first("first", note);
  Noted second("second", note);
  CHECK(RunUntilSignalled(milliseconds(100), first, second) == 0);
  CHECK(seen == std::vector<std::string>{"first starts", "second starts", "first leaves",
                                         "second leaves", "second stops", "first stops"});
  CHECK(stopped - left >= milliseconds(100));
}

}  // namespace accoil::core
