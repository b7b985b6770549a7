#pragma once

#include <chrono>

#include "libs/core/clock.h"
#include "libs/core/run.h"
#include "libs/postgres/database.h"
#include "libs/telemetry/telemetry.h"
#include "services/tagging-automation/rules/evaluation.h"
#include "services/tagging-automation/rules/rules_store.h"

namespace accoil::tagging {

/// Looks again at subjects for whom time alone may have changed something: conditions that speak of
/// how long ago something is, the windows of score changes, the patience for filters. Replicas
/// share the work. One thread; what it is given outlives it.
class RuleClock final : public core::Part {
 public:
  /// Subjects that are looked at in one transaction.
  static constexpr int kSlice = 500;

  RuleClock(postgres::Database& database, Evaluation& evaluation, const core::Clock& clock,
            std::chrono::milliseconds interval, telemetry::Telemetry& telemetry);

  void Start() override { loop_.Start(); }
  void Stop() override { loop_.Stop(); }

  /// One slice; answers how many were looked at. For the thread and for tests.
  int Step();

 private:
  postgres::Database& database_;
  Evaluation& evaluation_;
  RuleMetrics metrics_;
  const core::Clock& clock_;
  core::Loop loop_;
};

}  // namespace accoil::tagging
