#pragma once

#include <nlohmann/json_fwd.hpp>

#include "accoil/tagging/v1/tagging.pb.h"

/// Rules that tag, as the REST API reads and writes them.
namespace accoil::gateway {

/// A rule's definition, and what becomes of those who are inside it already.
struct RuleChange {
  tagging::v1::Rule rule;
  bool apply_to_existing = false;
};

/// {"name","profile_id","kind","trigger","filter","actions":[{"tag","target","remove_on_exit"}],
///  "state","catch_up","apply_to_existing"}. May be left out: filter (everybody), remove_on_exit,
/// catch_up and apply_to_existing (false), state (active), an action's type (add-tag). A trigger is
/// {"type":"enters-segment","segment"}, {"type":"activation-milestone","rate"},
/// {"type":"score-change","direction","by","within_days"}, {"type":"new"} or
/// {"type":"custom","condition"}. Throws FieldProblem; what the values must be beyond their types
/// is checked by tagging-automation.
RuleChange RuleFromJson(const nlohmann::json& body);

/// {"rule_id", the definition as above but for apply_to_existing,
/// "created_at","updated_at","fired",
///  "inside","broken","settling"}; broken is null while the rule can be evaluated.
nlohmann::ordered_json ToJson(const tagging::v1::Rule& rule);

/// {"subjects","matched","examples":[{"subject_id","name","fired","matched"}],"complete"}
nlohmann::ordered_json ToJson(const tagging::v1::PreviewRuleResponse& preview);

}  // namespace accoil::gateway
