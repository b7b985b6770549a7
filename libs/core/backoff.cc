#include "libs/core/backoff.h"

#include <random>

namespace accoil::core {

RandomSource SystemRandom() {
  return [] {
    thread_local std::mt19937_64 engine{std::random_device{}()};
    return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
  };
}

std::chrono::milliseconds Backoff::Delay(int attempt, const RandomSource& random) const {
  auto step = first;
  for (int i = 1; i < attempt && step < longest; ++i) step *= 2;
  step = std::min(step, longest);
  return step / 2 + std::chrono::milliseconds(static_cast<std::int64_t>(
                        random() * static_cast<double>(step.count() / 2)));
}

}  // namespace accoil::core
