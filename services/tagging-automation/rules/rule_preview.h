#pragma once

#include <chrono>

#include "accoil/tagging/v1/tagging.pb.h"
#include "libs/core/clock.h"
#include "libs/postgres/database.h"
#include "services/tagging-automation/rules/compiled_rule.h"
#include "services/tagging-automation/rules/measured.h"

namespace accoil::tagging {

/// Looks who is inside of a rule's trigger and filter now, a slice of subjects at a time. One
/// thread; what it is given outlives it.
class RulePreview {
 public:
  static constexpr int kExamples = 50;

  RulePreview(postgres::Database& database, const CompiledRule& rule, const ProfileFields& fields,
              core::TimePoint now)
      : database_(database), rule_(rule), fields_(fields), now_(now) {}

  /// Looks for at most this long.
  v1::PreviewRuleResponse Run(std::chrono::milliseconds time);

 private:
  /// The next slice; false when it was the last.
  bool Step();
  std::vector<Measured> Next(postgres::Transaction& tx) const;
  void Add(postgres::Transaction& tx, std::vector<core::SubjectId> inside);

  postgres::Database& database_;
  const CompiledRule& rule_;
  const ProfileFields& fields_;
  core::TimePoint now_;
  std::optional<core::SubjectId> after_;
  v1::PreviewRuleResponse answer_;
};

}  // namespace accoil::tagging
