#include "libs/telemetry/costly_count.h"

#include <algorithm>

namespace accoil::telemetry {

void CostlyCount::IfDue() {
  constexpr int kRestsPerWork = 100;
  const std::unique_lock lock(mutex_, std::try_to_lock);
  const auto began = std::chrono::steady_clock::now();
  if (!lock || began < due_at_) return;
  due_at_ = began + interval_;
  count_();
  const auto took = std::chrono::steady_clock::now() - began;
  due_at_ = std::max(due_at_, began + kRestsPerWork * took);
}

}  // namespace accoil::telemetry
