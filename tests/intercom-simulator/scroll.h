#pragma once

#include <chrono>
#include <string>

#include "libs/core/clock.h"

namespace accoil::simulator {

/// The one scroll over companies that an app may have open; it expires when it is not used for a
/// minute. Pure; not for several threads at once.
class Scroll {
 public:
  static constexpr std::chrono::seconds kIdle{60};

  /// Begins a scroll named `param`. Throws ApiError when one is open.
  void Open(const std::string& param, core::TimePoint now);
  /// The id of the last company that was given out; empty at the beginning. Throws ApiError when
  /// `param` is not the open scroll.
  const std::string& Continue(const std::string& param, core::TimePoint now);
  void Advance(const std::string& last_company) { last_company_ = last_company; }
  void Close() { param_.clear(); }
  const std::string& param() const { return param_; }

 private:
  bool IsOpen(core::TimePoint now) const { return !param_.empty() && now < last_used_ + kIdle; }

  std::string param_;
  std::string last_company_;
  core::TimePoint last_used_;
};

}  // namespace accoil::simulator
