#pragma once

#include <functional>

#include "accoil/tagging/v1/tagging.pb.h"
#include "libs/core/clock.h"
#include "libs/postgres/database.h"
#include "services/tagging-automation/config.h"
#include "services/tagging-automation/wishes/wish.h"

namespace accoil::tagging {

/// The rules as their owners see them: made, read, changed, deleted and tried out. Requests are
/// checked whole before anything is stored: core::InvalidArgument names the field as tagging.proto
/// has it ("trigger.condition", "actions[2].tag"), core::NotFound what is missing, core::Conflict a
/// name that is taken. Any thread; what it is given outlives it.
class Rules {
 public:
  /// Of a product.
  static constexpr int kMost = 1'000;

  /// `settle` is called when there is somebody to be looked for; see Settling::Wake.
  Rules(postgres::Database& database, WishTaker& taker, const core::Clock& clock, RuleConfig config,
        std::function<void()> settle);

  v1::Rule Create(const v1::CreateRuleRequest& request);
  v1::Rule Get(const v1::GetRuleRequest& request);
  v1::ListRulesResponse List(const v1::ListRulesRequest& request);
  v1::Rule Update(const v1::UpdateRuleRequest& request);
  v1::DeleteRuleResponse Delete(const v1::DeleteRuleRequest& request);
  /// Looks for at most RuleConfig::preview_time.
  v1::PreviewRuleResponse Preview(const v1::PreviewRuleRequest& request);

 private:
  postgres::Database& database_;
  WishTaker& taker_;
  const core::Clock& clock_;
  RuleConfig config_;
  std::function<void()> settle_;
};

}  // namespace accoil::tagging
