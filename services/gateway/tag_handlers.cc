#include "services/gateway/tag_handlers.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "services/gateway/enum_json.h"
#include "services/gateway/field_names.h"
#include "services/gateway/json_message.h"
#include "services/gateway/json_object.h"
#include "services/gateway/query.h"
#include "services/gateway/tag_job_json.h"

namespace accoil::gateway {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t kLongestName = 255;
// Bytes of a tag of 255 characters.
constexpr std::size_t kLongestTag = 1020;
constexpr std::size_t kLongestCursor = 1024;
constexpr std::size_t kOnAPage = 100;
constexpr std::size_t kMostOnAPage = 1000;
constexpr std::string_view kKeyHeader = "Idempotency-Key";
constexpr std::array<std::string_view, 5> kItemStates{"done", "due", "waiting", "failed",
                                                      "cancelled"};
constexpr std::array<std::string_view, 8> kAssignmentStates{
    "due", "waiting", "done", "failed", "expired", "superseded", "kept", "cancelled"};

bool IsUuid(std::string_view text) {
  constexpr std::size_t kLength = 36;
  if (text.size() != kLength) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = std::string_view("0123456789abcdefABCDEF").find(text[i]) != text.npos;
    if (dash ? text[i] != '-' : !hex) return false;
  }
  return true;
}

/// A request that names the path's job.
template <typename Request>
Request OfJob(const Call& call) {
  const auto& id = call.request.Parameter("job");
  if (!IsUuid(id)) throw core::NotFound("no such tag job");
  auto request = OfProduct<Request>(call);
  request.set_job_id(id);
  return request;
}

std::string KeyOf(const http::Request& request) {
  const auto key = request.Header(kKeyHeader);
  if (key.empty() || key.size() > kLongestName || !core::IsPlainText(key)) {
    throw core::InvalidArgument(std::string(kKeyHeader),
                                "is a required header of 1 to 255 bytes of UTF-8: a text that "
                                "is new for each request that is meant anew");
  }
  return std::string(key);
}

/// The parameter `state`, empty when left out.
std::string StateOf(const http::Request& request, std::span<const std::string_view> states) {
  auto state = TextOf(request, "state");
  if (!state.empty()) ChoiceOf(state, states, "state");
  return state;
}

std::int64_t RuleOf(const http::Request& request) {
  const auto text = TextOf(request, "rule");
  if (text.empty()) return 0;
  const auto id = core::ParseInteger<std::int64_t>(text);
  if (!id || *id <= 0) throw core::InvalidArgument("rule", "must be the id of a rule");
  return *id;
}

std::string JobOf(const http::Request& request) {
  auto id = TextOf(request, "job");
  if (!id.empty() && !IsUuid(id)) {
    throw core::InvalidArgument("job", "must be the id of a tag job");
  }
  return id;
}

/// Sets the subject that the parameters name, if they do.
void ReadSubject(const Call& call, tagging::v1::ListAssignmentsRequest& request) {
  const auto kind = TextOf(call.request, "subject_kind");
  const auto id = PlainTextOf(call.request, "subject_id", kLongestName);
  if (kind.empty() && id.empty()) return;
  if (kind.empty() || id.empty()) {
    throw core::InvalidArgument(kind.empty() ? "subject_kind" : "subject_id",
                                "is required together with the other of subject_kind and "
                                "subject_id");
  }
  auto& subject = *request.mutable_subject();
  subject.set_product_id(call.product.value());
  subject.set_kind(EnumFromJson<events::v1::SubjectKind>(kind, "subject_kind"));
  subject.set_subject_id(id);
}

/// Sets which page the parameters ask for.
template <typename Request>
void ReadPage(const http::Request& query, Request& request) {
  request.set_limit(static_cast<std::int32_t>(LimitOf(query, kOnAPage, kMostOnAPage)));
  request.set_cursor(PlainTextOf(query, "cursor", kLongestCursor));
}

}  // namespace

http::Response TagHandlers::Create(const Call& call, const json& body) {
  const auto key = KeyOf(call.request);
  auto request = TagJobFromJson(body);
  request.set_product_id(call.product.value());
  request.set_idempotency_key(key);
  request.set_api_key_id(call.api_key_id);
  const std::array<FieldName, 1> fields{
      {{"subject_ids", request.kind() == events::v1::ACCOUNT ? "accounts" : "users"}}};
  return JsonResponse(202,
                      ToJson(Renaming(fields, [&] { return tagging_.CreateTagJob(request); })));
}

http::Response TagHandlers::ListJobs(const Call& call) {
  auto jobs = ordered_json::array();
  const auto list = tagging_.ListTagJobs(OfProduct<tagging::v1::ListTagJobsRequest>(call));
  for (const auto& job : list.jobs()) jobs.push_back(ToJson(job));
  return JsonResponse(200, {{"tag_jobs", std::move(jobs)}});
}

http::Response TagHandlers::GetJob(const Call& call) {
  return JsonResponse(200, ToJson(tagging_.GetTagJob(OfJob<tagging::v1::GetTagJobRequest>(call))));
}

http::Response TagHandlers::ListItems(const Call& call) {
  auto request = OfJob<tagging::v1::ListTagJobItemsRequest>(call);
  request.set_state(StateOf(call.request, kItemStates));
  ReadPage(call.request, request);
  return JsonResponse(200, ToJson(tagging_.ListTagJobItems(request)));
}

http::Response TagHandlers::Cancel(const Call& call) {
  return JsonResponse(202,
                      ToJson(tagging_.CancelTagJob(OfJob<tagging::v1::CancelTagJobRequest>(call))));
}

http::Response TagHandlers::ListAssignments(const Call& call) {
  auto request = OfProduct<tagging::v1::ListAssignmentsRequest>(call);
  request.set_rule_id(RuleOf(call.request));
  request.set_job_id(JobOf(call.request));
  ReadSubject(call, request);
  request.set_tag(PlainTextOf(call.request, "tag", kLongestTag));
  request.set_state(StateOf(call.request, kAssignmentStates));
  ReadPage(call.request, request);
  return JsonResponse(200, ToJson(tagging_.ListAssignments(request)));
}

}  // namespace accoil::gateway
