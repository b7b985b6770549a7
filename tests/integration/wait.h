#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace accoil::test {

/// Looks every few milliseconds until `condition` holds; false when it does not within `patience`.
/// Meant for REQUIRE(WaitUntil([&] { return …; })).
inline bool WaitUntil(const std::function<bool()>& condition,
                      std::chrono::milliseconds patience = std::chrono::seconds(30)) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace accoil::test
