#include "services/gateway/matching_json.h"

#include <google/protobuf/util/time_util.h>

#include <nlohmann/json.hpp>
#include <string>

#include "services/gateway/enum_json.h"

namespace accoil::gateway {
namespace {

using nlohmann::ordered_json;

ordered_json TextOrNull(const std::string& text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

ordered_json TimeOrNull(bool there, const google::protobuf::Timestamp& time) {
  if (!there) return nullptr;
  return google::protobuf::util::TimeUtil::ToString(time);
}

}  // namespace

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
          {"decided_at", TimeOrNull(match.has_decided_at(), match.decided_at())}};
}

}  // namespace accoil::gateway
