#include "services/tagging-automation/rules/settle_plan.h"

#include <algorithm>

namespace accoil::tagging {
namespace {

bool IsForNewSubjects(const Rule& rule) {
  return std::holds_alternative<NewSubject>(rule.definition.trigger);
}

void Begin(Rule& rule, SettleScope scope, SettleFiring firing) {
  rule.settling = scope;
  rule.settle_firing = firing;
  rule.settle_after.reset();
}

/// Looks at those inside again, or, where everybody was still being looked at, at everybody.
void LookAgain(Rule& rule, SettleFiring firing) {
  const bool everybody = rule.settling == SettleScope::kEverybody;
  Begin(rule, everybody ? SettleScope::kEverybody : SettleScope::kInside,
        everybody ? std::max(rule.settle_firing, firing) : firing);
}

}  // namespace

void PlanSettling(Rule& rule, bool apply) {
  if (apply) {
    Begin(rule, SettleScope::kEverybody, SettleFiring::kAll);
  } else if (IsForNewSubjects(rule)) {
    // Who exists is not new.
    Begin(rule, SettleScope::kNobody, SettleFiring::kNobody);
  } else {
    Begin(rule, SettleScope::kEverybody, SettleFiring::kNobody);
  }
}

void PlanSettling(const Rule& before, Rule& rule, bool apply) {
  const auto& old = before.definition;
  const auto& now = rule.definition;
  rule.generation = before.generation;
  rule.settling = before.settling;
  rule.settle_firing = before.settle_firing;
  rule.settle_after = before.settle_after;
  rule.broken.clear();
  const bool other_trigger = old.trigger != now.trigger;
  const bool other_profile = old.profile != now.profile;

  if (IsForNewSubjects(rule)) {
    // Who has entered by another trigger leaves; who was new stays so in whatever profile.
    if (other_trigger) ++rule.generation;
    if (apply) {
      Begin(rule, SettleScope::kEverybody, SettleFiring::kAll);
    } else if (other_trigger) {
      Begin(rule, SettleScope::kInside, SettleFiring::kNobody);
    } else if (other_profile || (old.paused && !now.paused) || !before.broken.empty()) {
      LookAgain(rule, SettleFiring::kNobody);
    }
    return;
  }
  if (other_trigger || other_profile) {
    ++rule.generation;
    Begin(rule, SettleScope::kEverybody, apply ? SettleFiring::kAll : SettleFiring::kNobody);
    return;
  }
  if (!before.broken.empty()) {
    PlanHealing(rule);
    if (apply) rule.settle_firing = SettleFiring::kAll;
    return;
  }
  if (apply) {
    LookAgain(rule, SettleFiring::kAll);
  } else if (old.paused && !now.paused) {
    LookAgain(rule, SettleFiring::kNobody);
  }
}

void PlanHealing(Rule& rule) {
  if (IsForNewSubjects(rule)) {
    // Who has appeared meanwhile has an entry that is paused; the others are none of its business.
    LookAgain(rule, SettleFiring::kNobody);
    return;
  }
  ++rule.generation;
  // What it was still looking for before it broke is not forgotten.
  const auto unfinished =
      rule.settling == SettleScope::kNobody ? SettleFiring::kNobody : rule.settle_firing;
  Begin(rule, SettleScope::kEverybody,
        std::max(unfinished,
                 rule.definition.catch_up ? SettleFiring::kNewcomers : SettleFiring::kNobody));
}

}  // namespace accoil::tagging
