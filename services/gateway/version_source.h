#pragma once

#include <atomic>
#include <cstdint>

#include "libs/core/clock.h"

namespace accoil::gateway {

/// Versions for facts that came without one: microseconds of the clock, no two the same in this
/// process and later ones always higher, so that a client that sends one batch after another sees
/// the last one win. Between replicas the clocks of their machines decide. Any thread.
class VersionSource {
 public:
  /// `clock` outlives it.
  explicit VersionSource(const core::Clock& clock) : clock_(clock) {}

  /// The first of `count` versions in a row; the last of them is now, unless more were taken than
  /// microseconds have passed.
  std::int64_t Take(std::int64_t count);

 private:
  const core::Clock& clock_;
  std::atomic<std::int64_t> last_{0};
};

}  // namespace accoil::gateway
