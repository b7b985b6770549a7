#include "services/tagging-automation/rules/rule_message.h"

#include <cmath>
#include <stdexcept>

#include "libs/conditions/condition.h"
#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "libs/events/event.h"
#include "services/tagging-automation/wishes/tag_name.h"

namespace accoil::tagging {
namespace {

constexpr std::size_t kLongestName = 100;
constexpr std::size_t kLongestSegment = 255;
constexpr int kMostActions = 10;
constexpr int kMostDays = 30;
constexpr double kMostScore = 100;

void Require(bool right, const std::string& field, const std::string& problem) {
  if (!right) throw core::InvalidArgument(field, problem);
}

bool IsPlain(const std::string& text, std::size_t longest) {
  return !text.empty() && text.size() <= longest && core::IsPlainText(text) &&
         core::Trim(text) == text;
}

Trigger TriggerOf(const v1::Trigger& message) {
  switch (message.when_case()) {
    case v1::Trigger::kEntersSegment:
      return EntersSegment{message.enters_segment().segment()};
    case v1::Trigger::kActivationMilestone:
      return ActivationMilestone{message.activation_milestone().rate()};
    case v1::Trigger::kScoreChange: {
      const auto& change = message.score_change();
      return ScoreChange{change.rises(), change.by(),
                         std::chrono::hours(24) * change.within_days()};
    }
    case v1::Trigger::kNewSubject:
      return NewSubject{};
    case v1::Trigger::kCustom:
      return Custom{message.custom().condition()};
    case v1::Trigger::WHEN_NOT_SET:
      break;
  }
  throw core::InvalidArgument(
      "trigger",
      "must be one of enters_segment, activation_milestone, score_change, new_subject and custom");
}

void Check(const EntersSegment& trigger) {
  Require(!trigger.segment.empty() && trigger.segment.size() <= kLongestSegment &&
              core::IsPlainText(trigger.segment),
          "trigger.enters_segment.segment",
          "must be 1 to 255 bytes of text without control characters");
}
void Check(const ActivationMilestone& trigger) {
  Require(trigger.rate >= 1 && trigger.rate <= 100, "trigger.activation_milestone.rate",
          "must be 1 to 100");
}
void Check(const ScoreChange& trigger) {
  Require(trigger.by > 0 && trigger.by <= kMostScore, "trigger.score_change.by",
          "must be above 0 and at most 100");
  Require(trigger.within >= std::chrono::hours(24) &&
              trigger.within <= std::chrono::hours(24) * kMostDays,
          "trigger.score_change.within_days", "must be 1 to 30");
}
void Check(const NewSubject&) {}
void Check(const Custom& trigger) {
  Require(!trigger.condition.empty() && trigger.condition.size() <= conditions::Condition::kLongest,
          "trigger.condition", "must be 1 to 2000 bytes");
}

Action ActionOf(const v1::Action& message, const std::string& field) {
  CheckTag(field + ".tag", message.tag());
  Require(message.target() == v1::TAG_USER || message.target() == v1::TAG_COMPANY,
          field + ".target", "must be user or company");
  return {message.tag(), static_cast<TagTarget>(message.target()), message.remove_on_exit()};
}

std::vector<Action> ActionsOf(const v1::Rule& message) {
  Require(message.actions_size() >= 1 && message.actions_size() <= kMostActions, "actions",
          "must be 1 to 10");
  std::vector<Action> actions;
  for (int i = 0; i < message.actions_size(); ++i) {
    const auto field = "actions[" + std::to_string(i) + "]";
    auto action = ActionOf(message.actions(i), field);
    for (const auto& other : actions) {
      Require(
          core::ToLower(other.tag) != core::ToLower(action.tag) || other.target != action.target,
          field + ".tag", "is there already with the same target");
    }
    actions.push_back(std::move(action));
  }
  return actions;
}

struct TriggerWriter {
  v1::Trigger& message;

  void operator()(const EntersSegment& trigger) const {
    message.mutable_enters_segment()->set_segment(trigger.segment);
  }
  void operator()(const ActivationMilestone& trigger) const {
    message.mutable_activation_milestone()->set_rate(trigger.rate);
  }
  void operator()(const ScoreChange& trigger) const {
    auto& change = *message.mutable_score_change();
    change.set_rises(trigger.rises);
    change.set_by(trigger.by);
    change.set_within_days(static_cast<int>(trigger.within / std::chrono::hours(24)));
  }
  void operator()(const NewSubject&) const { message.mutable_new_subject(); }
  void operator()(const Custom& trigger) const {
    message.mutable_custom()->set_condition(trigger.condition);
  }
};

void WriteDefinition(const RuleDefinition& definition, v1::Rule& message) {
  std::visit(TriggerWriter{*message.mutable_trigger()}, definition.trigger);
  message.set_filter(definition.filter);
  for (const auto& action : definition.actions) {
    auto& to = *message.add_actions();
    to.set_tag(action.tag);
    to.set_target(static_cast<v1::TagTarget>(action.target));
    to.set_remove_on_exit(action.remove_on_exit);
  }
}

}  // namespace

RuleDefinition DefinitionOf(const v1::Rule& message) {
  RuleDefinition definition;
  Require(IsPlain(message.name(), kLongestName), "name",
          "must be 1 to 100 bytes of text without control characters and without space at either "
          "end");
  definition.name = message.name();
  Require(core::IsIdentifier(message.profile_id()), "profile_id",
          "must be 1 to 64 characters of [A-Za-z0-9_-]");
  definition.profile = core::ProfileId(message.profile_id());
  Require(message.kind() == events::v1::USER || message.kind() == events::v1::ACCOUNT, "kind",
          "must be user or account");
  definition.kind = static_cast<SubjectKind>(message.kind());
  definition.trigger = TriggerOf(message.trigger());
  std::visit([](const auto& trigger) { Check(trigger); }, definition.trigger);
  Require(message.filter().size() <= conditions::Condition::kLongest, "filter",
          "must have at most 2000 bytes");
  definition.filter = message.filter();
  definition.actions = ActionsOf(message);
  Require(message.state() == v1::RULE_ACTIVE || message.state() == v1::RULE_PAUSED, "state",
          "must be active or paused");
  definition.paused = message.state() == v1::RULE_PAUSED;
  definition.catch_up = message.catch_up();
  return definition;
}

v1::Rule ToMessage(const Rule& rule) {
  const auto& definition = rule.definition;
  v1::Rule message;
  message.set_product_id(rule.product.value());
  message.set_rule_id(rule.id.value());
  message.set_name(definition.name);
  message.set_profile_id(definition.profile.value());
  message.set_kind(static_cast<events::v1::SubjectKind>(definition.kind));
  WriteDefinition(definition, message);
  message.set_state(definition.paused ? v1::RULE_PAUSED : v1::RULE_ACTIVE);
  message.set_catch_up(definition.catch_up);
  events::SetTime(rule.created_at, *message.mutable_created_at());
  events::SetTime(rule.updated_at, *message.mutable_updated_at());
  message.set_fired(rule.fired);
  message.set_inside(rule.inside);
  message.set_broken(rule.broken);
  message.set_settling(rule.settling != SettleScope::kNobody);
  return message;
}

std::string DefinitionBytes(const RuleDefinition& definition) {
  v1::Rule message;
  WriteDefinition(definition, message);
  return message.SerializeAsString();
}

void ReadDefinition(const std::string& bytes, RuleDefinition& definition) {
  v1::Rule message;
  if (!message.ParseFromString(bytes)) {
    throw std::runtime_error("the stored definition of a rule cannot be read");
  }
  definition.trigger = TriggerOf(message.trigger());
  definition.filter = message.filter();
  definition.actions.clear();
  for (const auto& action : message.actions()) {
    definition.actions.push_back(
        {action.tag(), static_cast<TagTarget>(action.target()), action.remove_on_exit()});
  }
}

}  // namespace accoil::tagging
