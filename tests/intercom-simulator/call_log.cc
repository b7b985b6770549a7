#include "tests/intercom-simulator/call_log.h"

#include <algorithm>

namespace accoil::simulator {

nlohmann::json ToJson(const LoggedCall& call) {
  nlohmann::json object = {{"seq", call.seq},
                           {"time", static_cast<double>(core::ToMicroseconds(call.time)) / 1e6},
                           {"method", call.method},
                           {"path", call.path},
                           {"endpoint", call.method + " " + call.endpoint},
                           {"status", call.status},
                           {"workspace", call.workspace},
                           {"duration_ms", static_cast<double>(call.duration.count()) / 1e3},
                           {"ids", call.ids},
                           {"request_id", call.request_id}};
  if (!call.fault.empty()) object["fault"] = call.fault;
  return object;
}

void CallLog::Add(LoggedCall call, std::size_t most) {
  const std::lock_guard lock(mutex_);
  call.seq = ++last_seq_;
  ++totals_[call.method + " " + call.endpoint][call.status];
  calls_.push_back(std::move(call));
  while (calls_.size() > most) calls_.pop_front();
}

std::vector<LoggedCall> CallLog::Since(std::uint64_t seq) const {
  const std::lock_guard lock(mutex_);
  const auto first = std::upper_bound(
      calls_.begin(), calls_.end(), seq,
      [](std::uint64_t value, const LoggedCall& call) { return value < call.seq; });
  return {first, calls_.end()};
}

std::map<std::string, std::map<int, std::uint64_t>> CallLog::Totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

void CallLog::Clear() {
  const std::lock_guard lock(mutex_);
  calls_.clear();
  totals_.clear();
}

}  // namespace accoil::simulator
