#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>

namespace accoil::demo {

/// What a stream of random numbers is for. Each thing that is made draws from a stream of its own,
/// so that any of them can be made alone, in any order and as often as needed: that is how a
/// million users fit into a small memory.
enum class Stream : std::uint64_t {
  kAccount = 1,
  kUser,
  kContact,
  kStranger,
  kAccountFacts,
  kUserFacts,
};

/// Random numbers that are the same on every machine: a fixed engine, distributions of our own and
/// whole numbers only (the standard distributions, pow and fused multiply-add differ between
/// machines).
class Random {
 public:
  Random(std::uint64_t seed, Stream stream, std::uint64_t index)
      : engine_(Mix(Mix(seed) ^ Mix(static_cast<std::uint64_t>(stream) << 56 ^ index))) {}

  /// Evenly within [0, bound); bound above 0. Its bias is below bound / 2^64.
  std::uint64_t Below(std::uint64_t bound) { return engine_() % bound; }
  /// Evenly within [lowest, highest].
  std::int64_t Between(std::int64_t lowest, std::int64_t highest) {
    return lowest +
           static_cast<std::int64_t>(Below(static_cast<std::uint64_t>(highest - lowest) + 1));
  }
  /// True in `per_mille` of 1000 cases.
  bool Chance(std::uint64_t per_mille) { return Below(1000) < per_mille; }

  template <typename T, std::size_t N>
  const T& Pick(const std::array<T, N>& choices) {
    return choices[Below(N)];
  }

 private:
  /// The finalizer of SplitMix64: seeds that lie side by side become unrelated.
  static std::uint64_t Mix(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15ULL;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31);
  }

  std::mt19937_64 engine_;
};

}  // namespace accoil::demo
