#include "services/gateway/matching_handlers.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "libs/core/errors.h"
#include "services/gateway/enum_json.h"
#include "services/gateway/json_message.h"
#include "services/gateway/matching_json.h"

namespace accoil::gateway {
namespace {

std::int64_t RunIdOf(const Call& call) {
  const auto& text = call.request.Parameter("run");
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id <= 0) {
    throw core::NotFound("no such run");
  }
  return id;
}

}  // namespace

http::Response MatchingHandlers::GetSummary(const Call& call) {
  matcher::v1::GetSummaryRequest request;
  request.set_product_id(call.product.value());
  return JsonResponse(200, ToJson(matcher_.GetSummary(request)));
}

http::Response MatchingHandlers::StartRun(const Call& call) {
  matcher::v1::StartRunRequest request;
  request.set_product_id(call.product.value());
  return JsonResponse(202, ToJson(matcher_.StartRun(request)));
}

http::Response MatchingHandlers::ListRuns(const Call& call) {
  matcher::v1::ListRunsRequest request;
  request.set_product_id(call.product.value());
  return JsonResponse(200, ToJson(matcher_.ListRuns(request)));
}

http::Response MatchingHandlers::GetRun(const Call& call) {
  matcher::v1::GetRunRequest request;
  request.set_product_id(call.product.value());
  request.set_run_id(RunIdOf(call));
  return JsonResponse(200, ToJson(matcher_.GetRun(request)));
}

http::Response MatchingHandlers::GetMatch(const Call& call) {
  matcher::v1::GetMatchRequest request;
  auto& subject = *request.mutable_subject();
  subject.set_product_id(call.product.value());
  subject.set_kind(EnumFromJson<events::v1::SubjectKind>(call.request.Parameter("kind"), "kind"));
  subject.set_subject_id(call.request.Parameter("subject_id"));
  return JsonResponse(200, ToJson(matcher_.GetMatch(request)));
}

}  // namespace accoil::gateway
