#include "services/gateway/problems_json.h"

#include <nlohmann/json.hpp>

#include "services/gateway/enum_json.h"
#include "services/gateway/json_values.h"

namespace accoil::gateway {
namespace {

using nlohmann::ordered_json;

ordered_json ToJson(const std::optional<google::protobuf::Timestamp>& time) {
  return time ? TimeOrNull(true, *time) : ordered_json(nullptr);
}

ordered_json ToJson(const Problem& problem) {
  auto examples = ordered_json::array();
  for (const auto& example : problem.examples) {
    examples.push_back({{"kind", EnumToJson(example.kind)},
                        {"subject_id", example.subject_id},
                        {"reason", TextOrNull(example.reason)}});
  }
  return {{"id", problem.id},
          {"kind", problem.kind},
          {"reason", problem.reason},
          {"count", problem.count},
          {"examples", std::move(examples)},
          {"remedy", problem.remedy},
          {"since", ToJson(problem.since)},
          {"retry_at", ToJson(problem.retry_at)},
          {"retryable", problem.retryable}};
}

}  // namespace

ordered_json ToJson(const ProblemPage& page) {
  auto problems = ordered_json::array();
  for (const auto& problem : page.problems) problems.push_back(ToJson(problem));
  return {{"problems", std::move(problems)}, {"next_cursor", TextOrNull(page.next_cursor)}};
}

}  // namespace accoil::gateway
