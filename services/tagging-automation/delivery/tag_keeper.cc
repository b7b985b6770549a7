#include "services/tagging-automation/delivery/tag_keeper.h"

#include <algorithm>

namespace accoil::tagging {
namespace {

using std::chrono::milliseconds;

constexpr int kSlice = 1'000;
constexpr milliseconds kAfterError = std::chrono::seconds(10);
constexpr milliseconds kLongest = std::chrono::minutes(1);

}  // namespace

TagKeeper::TagKeeper(DeliveryStore& store, const DeliveryConfig& config, TagMetrics& metrics,
                     const telemetry::Logger& logger)
    : store_(store),
      config_(config),
      metrics_(metrics),
      loop_([this] { return Step(); },
            [logger](const std::exception& error) {
              logger.Warn("old tags could not be put away", {{"problem", error.what()}});
              return kAfterError;
            }) {}

milliseconds TagKeeper::Step() {
  const int expired = store_.ExpireWaiting(config_.wait, kSlice);
  metrics_.Expired(expired);
  const auto next = store_.ForgetOld(config_.history, forgotten_, kSlice);
  // From the first again: what was still open may have ended.
  forgotten_ = next.value_or(0);
  if (expired == kSlice || next) return milliseconds(0);
  return std::min(kLongest, config_.wait / 10);
}

}  // namespace accoil::tagging
