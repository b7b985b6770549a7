#pragma once

#include <chrono>
#include <functional>

namespace accoil::core {

/// Uniform random numbers in [0, 1), handed in so that tests decide. Must be safe to call from the
/// threads that use it.
using RandomSource = std::function<double()>;

/// A source seeded by the operating system; may be called from any thread.
RandomSource SystemRandom();

/// How long to wait before trying again: doubles from `first` up to `longest`, of which a random
/// half is taken away, so that many that failed together do not come back together.
struct Backoff {
  std::chrono::milliseconds first{500};
  std::chrono::milliseconds longest{60'000};

  /// `attempt` counts failures so far, from 1. The wait is between half of the step and the step.
  std::chrono::milliseconds Delay(int attempt, const RandomSource& random) const;
};

}  // namespace accoil::core
