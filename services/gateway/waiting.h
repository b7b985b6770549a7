#pragma once

#include <atomic>

namespace accoil::gateway {

/// Requests that may go on trying at once while Kafka cannot be reached; more would take the
/// server's threads from requests that do not need it.
inline constexpr int kMostWaitingForKafka = 4;

/// Counts the caller among those who wait, while it lives. `count` outlives it.
class Waiting {
 public:
  explicit Waiting(std::atomic<int>& count) : count_(count), place_(++count) {}
  ~Waiting() { --count_; }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  /// How many waited when this one came, itself included.
  int place() const { return place_; }

 private:
  std::atomic<int>& count_;
  const int place_;
};

}  // namespace accoil::gateway
