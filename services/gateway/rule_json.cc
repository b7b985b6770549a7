#include "services/gateway/rule_json.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "services/gateway/enum_json.h"
#include "services/gateway/json_object.h"
#include "services/gateway/json_values.h"
#include "services/gateway/tagging_names.h"

namespace accoil::gateway {
namespace {

using events::v1::SubjectKind;
using nlohmann::json;
using nlohmann::ordered_json;
using tagging::v1::Action;
using tagging::v1::Rule;
using tagging::v1::RuleState;
using tagging::v1::TagTarget;
using tagging::v1::Trigger;

constexpr std::string_view kStatePrefix = "rule_";
constexpr std::array<std::string_view, 1> kActions{"add-tag"};
constexpr std::array<std::string_view, 2> kDirections{"rises", "falls"};
constexpr std::array kTriggers{Trigger::kEntersSegment, Trigger::kActivationMilestone,
                               Trigger::kScoreChange, Trigger::kNewSubject, Trigger::kCustom};
// In the order of kTriggers.
constexpr std::array<std::string_view, kTriggers.size()> kTriggerNames{
    "enters-segment", "activation-milestone", "score-change", "new", "custom"};

void ReadScoreChange(JsonObject& object, Trigger::ScoreChange& change) {
  constexpr std::int64_t kMostDays = 30;
  change.set_rises(ChoiceOf(object.Text("direction"), kDirections, object.PathOf("direction")) ==
                   0);
  change.set_by(object.Number("by"));
  const auto days = object.Integer("within_days");
  if (days < 1 || days > kMostDays) {
    throw FieldProblem(Fault::kInvalidValue, object.PathOf("within_days"), "must be 1 to 30");
  }
  change.set_within_days(static_cast<std::int32_t>(days));
}

Trigger TriggerFromJson(const json& value, const std::string& path) {
  JsonObject object(value, path);
  Trigger trigger;
  switch (kTriggers.at(ChoiceOf(object.Text("type"), kTriggerNames, object.PathOf("type")))) {
    case Trigger::kEntersSegment:
      trigger.mutable_enters_segment()->set_segment(object.Text("segment"));
      break;
    case Trigger::kActivationMilestone:
      trigger.mutable_activation_milestone()->set_rate(object.Number("rate"));
      break;
    case Trigger::kScoreChange:
      ReadScoreChange(object, *trigger.mutable_score_change());
      break;
    case Trigger::kNewSubject:
      trigger.mutable_new_subject();
      break;
    case Trigger::kCustom:
      trigger.mutable_custom()->set_condition(object.Text("condition"));
      break;
    case Trigger::WHEN_NOT_SET:
      break;
  }
  object.Finish();
  return trigger;
}

ordered_json ToJson(const Trigger& trigger) {
  switch (trigger.when_case()) {
    case Trigger::kEntersSegment:
      return {{"type", "enters-segment"}, {"segment", trigger.enters_segment().segment()}};
    case Trigger::kActivationMilestone:
      return {{"type", "activation-milestone"},
              {"rate", NumberToJson(trigger.activation_milestone().rate())}};
    case Trigger::kScoreChange: {
      const auto& change = trigger.score_change();
      return {{"type", "score-change"},
              {"direction", kDirections.at(change.rises() ? 0 : 1)},
              {"by", NumberToJson(change.by())},
              {"within_days", change.within_days()}};
    }
    case Trigger::kNewSubject:
      return {{"type", "new"}};
    case Trigger::kCustom:
      return {{"type", "custom"}, {"condition", trigger.custom().condition()}};
    case Trigger::WHEN_NOT_SET:
      break;
  }
  // Of a service that is newer than this build.
  return {{"type", "unknown"}};
}

Action ActionFromJson(const json& value, const std::string& path) {
  JsonObject object(value, path);
  Action action;
  if (const auto* type = object.FindText("type")) ChoiceOf(*type, kActions, object.PathOf("type"));
  action.set_tag(object.Text("tag"));
  action.set_target(
      EnumFromJson<TagTarget>(object.Text("target"), object.PathOf("target"), kTargetPrefix));
  action.set_remove_on_exit(object.Boolean("remove_on_exit", false));
  object.Finish();
  return action;
}

ordered_json ToJson(const Action& action) {
  return {{"type", kActions.front()},
          {"tag", action.tag()},
          {"target", EnumToJson(action.target(), kTargetPrefix)},
          {"remove_on_exit", action.remove_on_exit()}};
}

}  // namespace

RuleChange RuleFromJson(const json& body) {
  JsonObject object(body);
  RuleChange change;
  auto& rule = change.rule;
  rule.set_name(object.Text("name"));
  rule.set_profile_id(object.Text("profile_id"));
  rule.set_kind(EnumFromJson<SubjectKind>(object.Text("kind"), "kind"));
  const auto* trigger = object.Find("trigger");
  if (trigger == nullptr) throw FieldProblem(Fault::kMissingField, "trigger", "is required");
  *rule.mutable_trigger() = TriggerFromJson(*trigger, "trigger");
  if (const auto* filter = object.FindText("filter")) rule.set_filter(*filter);
  const auto& actions = object.Array("actions");
  for (std::size_t i = 0; i < actions.size(); ++i) {
    *rule.add_actions() = ActionFromJson(actions[i], Element("actions", i));
  }
  const auto* state = object.FindText("state");
  rule.set_state(state == nullptr ? RuleState::RULE_ACTIVE
                                  : EnumFromJson<RuleState>(*state, "state", kStatePrefix));
  rule.set_catch_up(object.Boolean("catch_up", false));
  change.apply_to_existing = object.Boolean("apply_to_existing", false);
  object.Finish();
  return change;
}

ordered_json ToJson(const Rule& rule) {
  auto actions = ordered_json::array();
  for (const auto& action : rule.actions()) actions.push_back(ToJson(action));
  return {{"rule_id", rule.rule_id()},
          {"name", rule.name()},
          {"profile_id", rule.profile_id()},
          {"kind", EnumToJson(rule.kind())},
          {"trigger", ToJson(rule.trigger())},
          {"filter", rule.filter()},
          {"actions", std::move(actions)},
          {"state", EnumToJson(rule.state(), kStatePrefix)},
          {"catch_up", rule.catch_up()},
          {"created_at", TimeOrNull(rule.has_created_at(), rule.created_at())},
          {"updated_at", TimeOrNull(rule.has_updated_at(), rule.updated_at())},
          {"fired", rule.fired()},
          {"inside", rule.inside()},
          {"broken", TextOrNull(rule.broken())},
          {"settling", rule.settling()}};
}

ordered_json ToJson(const tagging::v1::PreviewRuleResponse& preview) {
  auto examples = ordered_json::array();
  for (const auto& example : preview.examples()) {
    examples.push_back({{"subject_id", example.subject_id()},
                        {"name", TextOrNull(example.name())},
                        {"fired", example.fired()},
                        {"matched", example.matched()}});
  }
  return {{"subjects", preview.subjects()},
          {"matched", preview.matched()},
          {"examples", std::move(examples)},
          {"complete", preview.complete()}};
}

}  // namespace accoil::gateway
