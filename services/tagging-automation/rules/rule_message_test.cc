#include "services/tagging-automation/rules/rule_message.h"

#include <cmath>
#include <functional>

#include "libs/core/errors.h"
#include "tests/catch.h"

namespace accoil::tagging {
namespace {

v1::Rule Good() {
  v1::Rule rule;
  rule.set_product_id(7);
  rule.set_name("At risk");
  rule.set_profile_id("trial");
  rule.set_kind(events::v1::USER);
  rule.mutable_trigger()->mutable_custom()->set_condition("Score < 40");
  rule.set_filter("LastActive < 3 days ago");
  auto& action = *rule.add_actions();
  action.set_tag("at-risk");
  action.set_target(v1::TAG_USER);
  action.set_remove_on_exit(true);
  rule.set_state(v1::RULE_ACTIVE);
  return rule;
}

/// The field that is complained of after a change to a good rule; empty: none.
std::string Wrong(const std::function<void(v1::Rule&)>& change) {
  auto rule = Good();
  change(rule);
  try {
    DefinitionOf(rule);
  } catch (const core::InvalidArgument& error) {
    return error.field();
  }
  return "";
}

std::string WrongTag(const std::string& tag) {
  return Wrong([&](auto& rule) { rule.mutable_actions(0)->set_tag(tag); });
}

}  // namespace

TEST_CASE("a rule's fields are checked, and what is wrong is named") {
  CHECK(Wrong([](auto&) {}) == "");
  CHECK(Wrong([](auto& rule) { rule.set_name(""); }) == "name");
  CHECK(Wrong([](auto& rule) { rule.set_name(std::string(101, 'x')); }) == "name");
  CHECK(Wrong([](auto& rule) { rule.set_name(" padded"); }) == "name");
  CHECK(Wrong([](auto& rule) { rule.set_name("two\nlines"); }) == "name");
  CHECK(Wrong([](auto& rule) { rule.set_profile_id("no/id"); }) == "profile_id");
  CHECK(Wrong([](auto& rule) { rule.set_kind(events::v1::SUBJECT_KIND_UNSPECIFIED); }) == "kind");
  CHECK(Wrong([](auto& rule) { rule.clear_trigger(); }) == "trigger");
  CHECK(Wrong([](auto& rule) { rule.set_filter(std::string(2'001, 'x')); }) == "filter");
  CHECK(Wrong([](auto& rule) { rule.set_state(v1::RULE_STATE_UNSPECIFIED); }) == "state");
}

TEST_CASE("every trigger has its limits") {
  const auto trigger = [](const std::function<void(v1::Trigger&)>& set) {
    return Wrong([&](v1::Rule& rule) { set(*rule.mutable_trigger()); });
  };
  const auto rate = [&](double value) {
    return trigger([&](auto& t) { t.mutable_activation_milestone()->set_rate(value); });
  };
  const auto change = [&](double by, int days) {
    return trigger([&](auto& t) {
      t.mutable_score_change()->set_by(by);
      t.mutable_score_change()->set_within_days(days);
    });
  };
  CHECK(trigger([](auto& t) { t.mutable_custom()->set_condition(""); }) == "trigger.condition");
  CHECK(trigger([](auto& t) { t.mutable_custom()->set_condition(std::string(2'001, 'x')); }) ==
        "trigger.condition");
  CHECK(trigger([](auto& t) { t.mutable_enters_segment(); }) == "trigger.enters_segment.segment");
  CHECK(trigger([](auto& t) { t.mutable_enters_segment()->set_segment("Red Hot"); }) == "");
  CHECK(rate(0.5) == "trigger.activation_milestone.rate");
  CHECK(rate(100.5) == "trigger.activation_milestone.rate");
  CHECK(rate(std::nan("")) == "trigger.activation_milestone.rate");
  CHECK(rate(80) == "");
  CHECK(change(0, 7) == "trigger.score_change.by");
  CHECK(change(101, 7) == "trigger.score_change.by");
  CHECK(change(10, 0) == "trigger.score_change.within_days");
  CHECK(change(10, 31) == "trigger.score_change.within_days");
  CHECK(change(10, 30) == "");
  CHECK(trigger([](auto& t) { t.mutable_new_subject(); }) == "");
}

TEST_CASE("a tag has 1 to 255 characters, not bytes, and no space around it") {
  CHECK(WrongTag("") == "actions[0].tag");
  CHECK(WrongTag(" at-risk") == "actions[0].tag");
  CHECK(WrongTag("a\tb") == "actions[0].tag");
  CHECK(WrongTag(std::string(256, 'x')) == "actions[0].tag");
  CHECK(WrongTag(std::string(255, 'x')) == "");
  std::string umlauts;
  for (int i = 0; i < 255; ++i) umlauts += "ü";
  CHECK(WrongTag(umlauts) == "");
  CHECK(WrongTag(umlauts + "ü") == "actions[0].tag");
}

TEST_CASE("actions are one to ten, each once, with a target") {
  CHECK(Wrong([](auto& rule) { rule.clear_actions(); }) == "actions");
  CHECK(Wrong([](auto& rule) {
          for (int i = 0; i < 10; ++i) *rule.add_actions() = rule.actions(0);
        }) == "actions");
  CHECK(Wrong([](auto& rule) {
          rule.mutable_actions(0)->set_target(v1::TAG_TARGET_UNSPECIFIED);
        }) == "actions[0].target");
  CHECK(Wrong([](auto& rule) {
          auto& action = *rule.add_actions();
          action = rule.actions(0);
          action.set_tag("At-Risk");
        }) == "actions[1].tag");
}

TEST_CASE("a rule comes back from its message and from storage as it was") {
  Rule rule;
  rule.definition = DefinitionOf(Good());
  const auto message = ToMessage(rule);
  CHECK(message.trigger().custom().condition() == "Score < 40");
  CHECK(message.actions(0).tag() == "at-risk");
  CHECK(message.state() == v1::RULE_ACTIVE);

  for (const auto& trigger : {Trigger(EntersSegment{"Red Hot"}), Trigger(ActivationMilestone{80}),
                              Trigger(ScoreChange{true, 12.5, std::chrono::hours(24 * 7)}),
                              Trigger(NewSubject()), Trigger(Custom{"Score < 40"})}) {
    rule.definition.trigger = trigger;
    RuleDefinition read;
    ReadDefinition(DefinitionBytes(rule.definition), read);
    CHECK(read.trigger == trigger);
    CHECK(read.filter == rule.definition.filter);
    CHECK(read.actions == rule.definition.actions);
  }
}

}  // namespace accoil::tagging
