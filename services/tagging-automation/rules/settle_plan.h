#pragma once

#include "services/tagging-automation/rules/rule.h"

/// What has to settle when rules are made or changed. Pure.
namespace accoil::tagging {

/// The rule is new. `apply`: those inside already are fired for.
void PlanSettling(Rule& rule, bool apply);

/// The rule was `before` and has now a new definition; who is inside, and was fired for, stays so.
/// Carries over, and counts up, what the old rule has stored of this.
void PlanSettling(const Rule& before, Rule& rule, bool apply);

/// The rule was broken, and its profile has healed it: what it has missed is caught up with or not,
/// as after a pause.
void PlanHealing(Rule& rule);

}  // namespace accoil::tagging
