#pragma once

#include "libs/core/run.h"
#include "libs/telemetry/log.h"
#include "services/tagging-automation/config.h"
#include "services/tagging-automation/delivery/delivery_store.h"

namespace accoil::tagging {

/// Ends what waited too long for a match, and forgets the audit that is older than it is kept, a
/// slice at a time. Any number of replicas may run one. What it is given outlives it.
class TagKeeper final : public core::Part {
 public:
  TagKeeper(DeliveryStore& store, const DeliveryConfig& config, TagMetrics& metrics,
            const telemetry::Logger& logger);

  void Start() override { loop_.Start(); }
  void Stop() override { loop_.Stop(); }

 private:
  std::chrono::milliseconds Step();

  DeliveryStore& store_;
  const DeliveryConfig& config_;
  TagMetrics& metrics_;
  /// How far it has looked for what is too old.
  std::int64_t forgotten_ = 0;
  core::Loop loop_;
};

}  // namespace accoil::tagging
