#include "services/gateway/matching_json.h"

#include <nlohmann/json.hpp>

#include "services/gateway/enum_json.h"
#include "services/gateway/json_values.h"

namespace accoil::gateway {
using nlohmann::ordered_json;

ordered_json ToJson(const matcher::v1::Summary& summary) {
  auto counts = ordered_json::array();
  for (const auto& count : summary.counts()) {
    counts.push_back({{"kind", EnumToJson(count.kind())},
                      {"decision", EnumToJson(count.decision())},
                      {"subjects", count.subjects()}});
  }
  return {{"due", summary.due()}, {"counts", std::move(counts)}};
}

ordered_json ToJson(const matcher::v1::Run& run) {
  return {{"run_id", run.run_id()},
          {"trigger", run.trigger()},
          {"state", run.state()},
          {"started_at", TimeOrNull(run.has_started_at(), run.started_at())},
          {"finished_at", TimeOrNull(run.has_finished_at(), run.finished_at())},
          {"users", run.users()},
          {"matched", run.matched()},
          {"calls", run.calls()},
          {"method", TextOrNull(run.method())},
          {"error", TextOrNull(run.error())}};
}

ordered_json ToJson(const matcher::v1::ListRunsResponse& list) {
  auto runs = ordered_json::array();
  for (const auto& run : list.runs()) runs.push_back(ToJson(run));
  return {{"runs", std::move(runs)}};
}

ordered_json ToJson(const matcher::v1::Match& match) {
  return {{"kind", EnumToJson(match.subject().kind())},
          {"subject_id", match.subject().subject_id()},
          {"workspace_id", TextOrNull(match.workspace_id())},
          {"target_id", TextOrNull(match.target_id())},
          {"decision", EnumToJson(match.decision())},
          {"reason", match.reason()},
          {"decided_at", TimeOrNull(match.has_decided_at(), match.decided_at())},
          {"due_at", TimeOrNull(match.has_due_at(), match.due_at())},
          {"email", TextOrNull(match.email())},
          {"name", TextOrNull(match.name())},
          {"account_ids", match.account_ids()},
          {"users", match.users()},
          {"matched_users", match.matched_users()}};
}

}  // namespace accoil::gateway
