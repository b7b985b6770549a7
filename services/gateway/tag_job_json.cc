#include "services/gateway/tag_job_json.h"

#include <nlohmann/json.hpp>
#include <string>

#include "libs/core/text.h"
#include "services/gateway/enum_json.h"
#include "services/gateway/json_object.h"
#include "services/gateway/json_values.h"
#include "services/gateway/tagging_names.h"

namespace accoil::gateway {
namespace {

using events::v1::SubjectKind;
using nlohmann::json;
using nlohmann::ordered_json;
using tagging::v1::CreateTagJobRequest;
using tagging::v1::TagTarget;

constexpr std::size_t kMostSubjects = 10'000;
constexpr std::size_t kLongestId = 255;

std::string_view OperationOf(bool remove) { return kOperations.at(remove ? 1 : 0); }

void ReadSubjects(const std::string& field, SubjectKind kind, const std::vector<json>& ids,
                  CreateTagJobRequest& request) {
  if (ids.empty() || ids.size() > kMostSubjects) {
    throw FieldProblem(Fault::kInvalidValue, field, "must have 1 to 10000 ids");
  }
  request.set_kind(kind);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto at = Element(field, i);
    const auto& id = TextAt(ids[i], at);
    if (id.empty() || id.size() > kLongestId || !core::IsPlainText(id)) {
      throw FieldProblem(Fault::kInvalidValue, at,
                         "must be 1 to 255 bytes of UTF-8 without control characters");
    }
    request.add_subject_ids(id);
  }
}

void ReadFilter(const json& value, CreateTagJobRequest& request) {
  JsonObject object(value, "filter");
  request.set_kind(EnumFromJson<SubjectKind>(object.Text("kind"), object.PathOf("kind")));
  auto& filter = *request.mutable_filter();
  filter.set_profile_id(object.Text("profile_id"));
  if (const auto* segment = object.FindText("segment")) filter.set_segment(*segment);
  if (const auto* condition = object.FindText("condition")) filter.set_condition(*condition);
  object.Finish();
  // A slip must not tag everybody.
  if (filter.segment().empty() && filter.condition().empty()) {
    throw FieldProblem(Fault::kMissingField, "filter", "must have a segment, a condition, or both");
  }
}

void ReadChosen(JsonObject& object, CreateTagJobRequest& request) {
  const auto* users = object.FindArray("users");
  const auto* accounts = object.FindArray("accounts");
  const auto* filter = object.Find("filter");
  const int chosen =
      (users != nullptr ? 1 : 0) + (accounts != nullptr ? 1 : 0) + (filter != nullptr ? 1 : 0);
  if (chosen != 1) {
    throw FieldProblem(chosen == 0 ? Fault::kMissingField : Fault::kInvalidValue, "users",
                       "give either users, accounts or filter, and one of them");
  }
  if (users != nullptr) ReadSubjects("users", SubjectKind::USER, *users, request);
  if (accounts != nullptr) ReadSubjects("accounts", SubjectKind::ACCOUNT, *accounts, request);
  if (filter != nullptr) ReadFilter(*filter, request);
}

ordered_json ToJson(bool there, const events::v1::Subject& subject) {
  if (!there) return nullptr;
  return {{"kind", EnumToJson(subject.kind())}, {"subject_id", subject.subject_id()}};
}

}  // namespace

CreateTagJobRequest TagJobFromJson(const json& body) {
  JsonObject object(body);
  CreateTagJobRequest request;
  request.set_tag(object.Text("tag"));
  request.set_target(EnumFromJson<TagTarget>(object.Text("target"), "target", kTargetPrefix));
  if (const auto* operation = object.FindText("operation")) {
    request.set_remove(ChoiceOf(*operation, kOperations, "operation") == 1);
  }
  if (const auto* by = object.FindText("requested_by")) request.set_requested_by(*by);
  ReadChosen(object, request);
  object.Finish();
  return request;
}

ordered_json ToJson(const tagging::v1::TagJob& job) {
  return {{"job_id", job.job_id()},
          {"tag", job.tag()},
          {"target", EnumToJson(job.target(), kTargetPrefix)},
          {"operation", OperationOf(job.remove())},
          {"requested_by", TextOrNull(job.requested_by())},
          {"state", job.state()},
          {"created_at", TimeOrNull(job.has_created_at(), job.created_at())},
          {"finished_at", TimeOrNull(job.has_finished_at(), job.finished_at())},
          {"subjects", job.subjects()},
          {"done", job.done()},
          {"due", job.due()},
          {"waiting", job.waiting()},
          {"failed", job.failed()},
          {"cancelled", job.cancelled()},
          {"error", TextOrNull(job.error())}};
}

ordered_json ToJson(const tagging::v1::ListTagJobItemsResponse& list) {
  auto items = ordered_json::array();
  for (const auto& item : list.items()) {
    items.push_back({{"subject_id", item.subject_id()},
                     {"state", item.state()},
                     {"reason", TextOrNull(item.reason())},
                     {"target_ids", item.target_ids()}});
  }
  return {{"items", std::move(items)}, {"next_cursor", TextOrNull(list.next_cursor())}};
}

ordered_json ToJson(const tagging::v1::Assignment& assignment) {
  const bool by_rule = assignment.rule_id() != 0;
  return {{"assignment_id", assignment.assignment_id()},
          {"kind", EnumToJson(assignment.subject().kind())},
          {"subject_id", assignment.subject().subject_id()},
          {"target", ToJson(assignment.has_target(), assignment.target())},
          {"tag", assignment.tag()},
          {"operation", OperationOf(assignment.remove())},
          {"rule_id", by_rule ? ordered_json(assignment.rule_id()) : ordered_json(nullptr)},
          {"job_id", TextOrNull(assignment.job_id())},
          {"cause", TextOrNull(assignment.cause())},
          {"requested_at", TimeOrNull(assignment.has_requested_at(), assignment.requested_at())},
          {"ended_at", TimeOrNull(assignment.has_ended_at(), assignment.ended_at())},
          {"state", assignment.state()},
          {"reason", TextOrNull(assignment.reason())},
          {"target_id", TextOrNull(assignment.target_id())}};
}

ordered_json ToJson(const tagging::v1::ListAssignmentsResponse& list) {
  auto assignments = ordered_json::array();
  for (const auto& assignment : list.assignments()) assignments.push_back(ToJson(assignment));
  return {{"tag_assignments", std::move(assignments)},
          {"next_cursor", TextOrNull(list.next_cursor())}};
}

}  // namespace accoil::gateway
