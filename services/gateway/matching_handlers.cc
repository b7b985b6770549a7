#include "services/gateway/matching_handlers.h"

#include <nlohmann/json.hpp>

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "services/gateway/enum_json.h"
#include "services/gateway/json_message.h"
#include "services/gateway/matching_json.h"

namespace accoil::gateway {
namespace {

std::int64_t RunIdOf(const Call& call) {
  const auto id = core::ParseInteger<std::int64_t>(call.request.Parameter("run"));
  if (!id || *id <= 0) throw core::NotFound("no such run");
  return *id;
}

}  // namespace

http::Response MatchingHandlers::GetSummary(const Call& call) {
  return JsonResponse(200,
                      ToJson(matcher_.GetSummary(OfProduct<matcher::v1::GetSummaryRequest>(call))));
}

http::Response MatchingHandlers::StartRun(const Call& call) {
  return JsonResponse(202,
                      ToJson(matcher_.StartRun(OfProduct<matcher::v1::StartRunRequest>(call))));
}

http::Response MatchingHandlers::ListRuns(const Call& call) {
  return JsonResponse(200,
                      ToJson(matcher_.ListRuns(OfProduct<matcher::v1::ListRunsRequest>(call))));
}

http::Response MatchingHandlers::GetRun(const Call& call) {
  auto request = OfProduct<matcher::v1::GetRunRequest>(call);
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
