#pragma once

#include <functional>

#include "libs/core/run.h"
#include "libs/telemetry/log.h"
#include "services/widget/rebuild.h"

namespace accoil::widget {

/// This replica's part in rebuilds: notices that one has begun, has the consumer read anew, and
/// deletes what was not told again once all was. A thread of its own, started before the consumer;
/// `rebuild` outlives it.
class RebuildWatch final : public core::Part {
 public:
  /// `reread` is called from its thread.
  RebuildWatch(Rebuild& rebuild, telemetry::Logger logger, std::function<void()> reread);

  void Start() override;
  void Stop() override { loop_.Stop(); }

 private:
  std::chrono::milliseconds Step();

  Rebuild& rebuild_;
  telemetry::Logger logger_;
  std::function<void()> reread_;
  /// Of the last look.
  std::int64_t epoch_ = 0;
  core::Loop loop_;
};

}  // namespace accoil::widget
