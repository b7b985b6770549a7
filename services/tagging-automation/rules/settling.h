#pragma once

#include "libs/core/clock.h"
#include "libs/core/run.h"
#include "libs/postgres/database.h"
#include "libs/telemetry/telemetry.h"
#include "services/tagging-automation/rules/evaluation.h"
#include "services/tagging-automation/rules/rules_store.h"

namespace accoil::tagging {

/// After a rule was made, changed, resumed or healed: looks for those who are inside already, a
/// slice of subjects a transaction, and marks them or fires for them. Where it is stands beside the
/// rule, so whoever comes next goes on there; replicas share the rules. Also deletes what deleted
/// rules have left. One thread; what it is given outlives it.
class Settling final : public core::Part {
 public:
  /// Subjects that are looked at in one transaction.
  static constexpr int kSlice = 500;

  Settling(postgres::Database& database, Evaluation& evaluation, const core::Clock& clock,
           telemetry::Telemetry& telemetry);

  void Start() override { loop_.Start(); }
  void Stop() override { loop_.Stop(); }
  /// A rule has begun to settle, or was deleted; any thread.
  void Wake() { loop_.Wake(); }

  /// One slice of one rule; false when there is nothing to do. For the thread and for tests.
  bool Step();

 private:
  bool StepOf(core::ProductId product, RuleId rule);
  /// Nobody is left: the rule has settled, unless somebody has come meanwhile.
  void Finish(core::ProductId product, RuleId rule);
  std::vector<core::SubjectId> Next(postgres::Transaction& tx, const Rule& rule) const;

  postgres::Database& database_;
  Evaluation& evaluation_;
  const core::Clock& clock_;
  core::Loop loop_;
};

}  // namespace accoil::tagging
