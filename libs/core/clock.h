#pragma once

#include <chrono>

namespace accoil::core {

using TimePoint = std::chrono::system_clock::time_point;

/// Where time comes from, handed in so that tests decide what time it is.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint Now() const = 0;
};

/// The machine's clock. Stateless; may be used from any thread.
class SystemClock final : public Clock {
 public:
  TimePoint Now() const override { return std::chrono::system_clock::now(); }
};

/// Stands still until it is moved. For tests of one thread.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimePoint now) : now_(now) {}
  TimePoint Now() const override { return now_; }
  void Advance(std::chrono::nanoseconds by) {
    now_ += std::chrono::duration_cast<TimePoint::duration>(by);
  }

 private:
  TimePoint now_;
};

/// Microseconds since 1970: how versions of facts and database times are counted.
inline std::int64_t ToMicroseconds(TimePoint time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}
inline TimePoint FromMicroseconds(std::int64_t microseconds) {
  return TimePoint(std::chrono::microseconds(microseconds));
}

}  // namespace accoil::core
