#include "services/tagging-automation/rules/settle_plan.h"

#include "tests/catch.h"

namespace accoil::tagging {
namespace {

Rule CustomRule(const std::string& condition) {
  Rule rule;
  rule.definition.profile = core::ProfileId("trial");
  rule.definition.trigger = Custom{condition};
  return rule;
}

Rule NewSubjectRule() {
  Rule rule;
  rule.definition.profile = core::ProfileId("trial");
  rule.definition.trigger = NewSubject();
  return rule;
}

}  // namespace

TEST_CASE("a new rule looks for everybody inside, except one for new subjects") {
  auto rule = CustomRule("Score < 40");
  PlanSettling(rule, false);
  CHECK(rule.settling == SettleScope::kEverybody);
  CHECK(rule.settle_firing == SettleFiring::kNobody);
  PlanSettling(rule, true);
  CHECK(rule.settle_firing == SettleFiring::kAll);

  auto appearance = NewSubjectRule();
  PlanSettling(appearance, false);
  CHECK(appearance.settling == SettleScope::kNobody);
  PlanSettling(appearance, true);
  CHECK(appearance.settling == SettleScope::kEverybody);
}

TEST_CASE("another trigger or profile is another generation, and looks at everybody") {
  const auto before = CustomRule("Score < 40");
  auto rule = CustomRule("Score < 50");
  PlanSettling(before, rule, false);
  CHECK(rule.generation == 2);
  CHECK(rule.settling == SettleScope::kEverybody);
  CHECK(rule.settle_firing == SettleFiring::kNobody);

  auto moved = CustomRule("Score < 40");
  moved.definition.profile = core::ProfileId("enterprise");
  PlanSettling(before, moved, true);
  CHECK(moved.generation == 2);
  CHECK(moved.settle_firing == SettleFiring::kAll);
}

TEST_CASE("another name, action or filter settles nobody") {
  const auto before = CustomRule("Score < 40");
  auto rule = before;
  rule.definition.name = "other";
  rule.definition.filter = "Score > 1";
  rule.definition.actions.push_back({"tag", TagTarget::kUser, false});
  PlanSettling(before, rule, false);
  CHECK(rule.generation == 1);
  CHECK(rule.settling == SettleScope::kNobody);
  PlanSettling(before, rule, true);
  CHECK(rule.settling == SettleScope::kInside);
  CHECK(rule.settle_firing == SettleFiring::kAll);
}

TEST_CASE("a change goes on with what the rule was still looking for") {
  auto before = CustomRule("Score < 40");
  PlanSettling(before, true);
  before.settle_after = core::SubjectId("u7");
  auto rule = before;
  rule.definition.name = "other";
  PlanSettling(before, rule, false);
  CHECK(rule.settling == SettleScope::kEverybody);
  CHECK(rule.settle_firing == SettleFiring::kAll);
  CHECK(rule.settle_after == core::SubjectId("u7"));
}

TEST_CASE("who was paused is looked at when the rule goes on") {
  auto before = CustomRule("Score < 40");
  before.definition.paused = true;
  auto rule = before;
  rule.definition.paused = false;
  PlanSettling(before, rule, false);
  CHECK(rule.settling == SettleScope::kInside);
  CHECK(rule.settle_firing == SettleFiring::kNobody);
  CHECK(rule.generation == 1);

  // While everybody is still being looked for, from the beginning.
  before.settling = SettleScope::kEverybody;
  before.settle_after = core::SubjectId("u7");
  PlanSettling(before, rule, false);
  CHECK(rule.settling == SettleScope::kEverybody);
  CHECK_FALSE(rule.settle_after);
}

TEST_CASE("a healed rule catches up or not, as after a pause") {
  auto rule = CustomRule("Score < 40");
  rule.definition.catch_up = true;
  PlanHealing(rule);
  CHECK(rule.generation == 2);
  CHECK(rule.settling == SettleScope::kEverybody);
  CHECK(rule.settle_firing == SettleFiring::kNewcomers);

  auto other = CustomRule("Score < 40");
  PlanHealing(other);
  CHECK(other.settle_firing == SettleFiring::kNobody);

  auto appearance = NewSubjectRule();
  PlanHealing(appearance);
  CHECK(appearance.generation == 1);
  CHECK(appearance.settling == SettleScope::kInside);
}

TEST_CASE("who has entered by another trigger is not new") {
  const auto before = CustomRule("Score < 40");
  auto rule = NewSubjectRule();
  PlanSettling(before, rule, false);
  CHECK(rule.generation == 2);
  CHECK(rule.settling == SettleScope::kInside);
}

}  // namespace accoil::tagging
