#include "services/gateway/explanation_json.h"

#include <nlohmann/json.hpp>

#include "services/gateway/connections_json.h"
#include "services/gateway/enum_json.h"
#include "services/gateway/json_values.h"
#include "services/gateway/matching_json.h"
#include "services/gateway/tag_job_json.h"

namespace accoil::gateway {
namespace {

using nlohmann::ordered_json;
using traitsync::v1::ExplainSubjectResponse;

ordered_json ToJson(InIntercom in_intercom) {
  switch (in_intercom) {
    case InIntercom::kNo:
      return false;
    case InIntercom::kPartly:
      return "partly";
    case InIntercom::kYes:
      return true;
    case InIntercom::kUnknown:
      break;
  }
  return nullptr;
}

ordered_json ToJson(const std::vector<Reason>& reasons) {
  auto out = ordered_json::array();
  for (const auto& reason : reasons) {
    out.push_back({{"code", reason.code}, {"text", reason.text}, {"remedy", reason.remedy}});
  }
  return out;
}

ordered_json ToJson(const std::vector<ProfileOfSubject>& profiles) {
  auto out = ordered_json::array();
  for (const auto& profile : profiles) {
    out.push_back({{"profile_id", profile.profile_id},
                   {"name", profile.name},
                   {"sync_mode", EnumToJson(profile.sync_mode)},
                   {"summary", profile.summary},
                   {"traits", profile.traits},
                   {"segments", profile.segments}});
  }
  return out;
}

ordered_json AttributesOf(const ExplainSubjectResponse& sync) {
  auto out = ordered_json::array();
  for (const auto& attribute : sync.attributes()) {
    out.push_back(
        {{"name", attribute.name()},
         {"profile_id", attribute.profile_id()},
         {"trait", attribute.trait()},
         {"wanted", ValueOrNull(attribute.has_wanted(), attribute.wanted())},
         {"delivered", ValueOrNull(attribute.has_delivered(), attribute.delivered())},
         {"state", attribute.state()},
         {"reason", TextOrNull(attribute.reason())},
         {"occurred_at", TimeOrNull(attribute.has_occurred_at(), attribute.occurred_at())}});
  }
  return out;
}

ordered_json DeliveryOf(const ExplainSubjectResponse& sync) {
  return {{"workspace_id", TextOrNull(sync.workspace_id())},
          {"target_id", TextOrNull(sync.target_id())},
          {"called_at", TimeOrNull(sync.has_called_at(), sync.called_at())},
          {"due_at", TimeOrNull(sync.has_due_at(), sync.due_at())},
          {"attempts", sync.attempts()},
          {"last_error", TextOrNull(sync.last_error())},
          {"set_aside", TextOrNull(sync.set_aside())}};
}

ordered_json RulesOf(const tagging::v1::ExplainSubjectResponse& tagging) {
  auto out = ordered_json::array();
  for (const auto& rule : tagging.rules()) {
    out.push_back({{"rule_id", rule.rule_id()},
                   {"name", rule.name()},
                   {"state", rule.state()},
                   {"entered_at", TimeOrNull(rule.has_entered_at(), rule.entered_at())}});
  }
  return out;
}

ordered_json TagsOf(const tagging::v1::ExplainSubjectResponse& tagging) {
  auto out = ordered_json::array();
  for (const auto& assignment : tagging.assignments()) out.push_back(gateway::ToJson(assignment));
  return out;
}

}  // namespace

ordered_json ToJson(const Findings& findings, const Explanation& explanation) {
  const auto& sync = findings.sync.message;
  const auto tagging = findings.tagging.message.value_or(tagging::v1::ExplainSubjectResponse());
  const bool told = findings.tagging.answered();
  return {
      {"kind", EnumToJson(findings.subject.kind())},
      {"subject_id", findings.subject.subject_id()},
      {"in_intercom", ToJson(explanation.in_intercom)},
      {"answer", explanation.answer},
      {"reasons", ToJson(explanation.reasons)},
      {"connection",
       findings.connection.message ? ToJson(*findings.connection.message) : ordered_json(nullptr)},
      {"match", findings.match.message ? ToJson(*findings.match.message) : ordered_json(nullptr)},
      {"profiles", ToJson(ProfilesOf(findings))},
      {"attributes", sync ? AttributesOf(*sync) : ordered_json(nullptr)},
      {"delivery", sync ? DeliveryOf(*sync) : ordered_json(nullptr)},
      {"rules", told ? RulesOf(tagging) : ordered_json(nullptr)},
      {"tags", told ? TagsOf(tagging) : ordered_json(nullptr)}};
}

}  // namespace accoil::gateway
