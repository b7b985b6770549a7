#include "services/gateway/report_handlers.h"

#include <nlohmann/json.hpp>

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "services/gateway/enum_json.h"
#include "services/gateway/explanation.h"
#include "services/gateway/explanation_json.h"
#include "services/gateway/json_message.h"
#include "services/gateway/json_object.h"
#include "services/gateway/problems.h"
#include "services/gateway/problems_json.h"
#include "services/gateway/query.h"
#include "services/gateway/run_history.h"
#include "services/gateway/said.h"

namespace accoil::gateway {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestId = 255;
constexpr std::size_t kProblemsOnAPage = 20;
constexpr std::size_t kMostOnAPage = 100;

events::v1::Subject SubjectOf(const Call& call) {
  events::v1::Subject subject;
  subject.set_product_id(call.product.value());
  subject.set_kind(EnumFromJson<events::v1::SubjectKind>(call.request.Parameter("kind"), "kind"));
  const auto& id = call.request.Parameter("subject_id");
  if (id.size() > kLongestId || !core::IsPlainText(id)) {
    throw core::InvalidArgument("subject_id",
                                "must be 1 to 255 bytes of UTF-8 without control characters");
  }
  subject.set_subject_id(id);
  return subject;
}

/// An answer that nobody contributed to would be no answer.
void RequireOne(bool first, bool second, bool third, const std::string& silence) {
  if (!first && !second && !third) throw core::Unavailable(silence);
}

}  // namespace

http::Response ReportHandlers::Explain(const Call& call) {
  Findings findings;
  findings.subject = SubjectOf(call);
  findings.now = clock_.Now();
  findings.connection = Listen([&] {
    return connections_.GetConnection(OfProduct<connections::v1::GetConnectionRequest>(call));
  });
  findings.profiles = Listen([&] {
    return connections_.ListProfiles(OfProduct<connections::v1::ListProfilesRequest>(call));
  });
  findings.match = Listen([&] {
    matcher::v1::GetMatchRequest request;
    *request.mutable_subject() = findings.subject;
    return matcher_.GetMatch(request);
  });
  findings.sync = Listen([&] {
    traitsync::v1::ExplainSubjectRequest request;
    *request.mutable_subject() = findings.subject;
    return trait_sync_.ExplainSubject(request);
  });
  RequireOne(findings.connection.answered(), findings.match.answered(), findings.sync.answered(),
             findings.sync.silence);
  return JsonResponse(200, ToJson(findings, gateway::Explain(findings)));
}

http::Response ReportHandlers::ListProblems(const Call& call) {
  const auto limit = LimitOf(call.request, kProblemsOnAPage, kMostOnAPage);
  const auto cursor = TextOf(call.request, "cursor");
  Complaints complaints;
  complaints.connection = Listen([&] {
    return connections_.GetConnection(OfProduct<connections::v1::GetConnectionRequest>(call));
  });
  complaints.matching = Listen(
      [&] { return matcher_.ListProblems(OfProduct<matcher::v1::ListProblemsRequest>(call)); });
  complaints.sync = Listen([&] {
    return trait_sync_.ListProblems(OfProduct<traitsync::v1::ListProblemsRequest>(call));
  });
  RequireOne(complaints.connection.answered(), complaints.matching.answered(),
             complaints.sync.answered(), complaints.sync.silence);
  return JsonResponse(200, ToJson(PageOf(AllProblems(complaints), cursor, limit)));
}

http::Response ReportHandlers::RetryProblem(const Call& call, const json& body) {
  JsonObject object(body);
  const auto retry = RetryOf(object.Text("problem"));
  object.Finish();
  std::int64_t retried = 0;
  if (const auto* of_match = std::get_if<RetryOfMatch>(&retry)) {
    auto request = OfProduct<matcher::v1::RetryProblemRequest>(call);
    request.set_kind(of_match->kind);
    request.set_decision(of_match->decision);
    retried = matcher_.RetryProblem(request).subjects();
  } else {
    auto request = OfProduct<traitsync::v1::RetryProblemRequest>(call);
    request.set_key(std::get<RetryOfSync>(retry).key);
    retried = trait_sync_.RetryProblem(request).subjects();
  }
  return JsonResponse(202, {{"retried", retried}});
}

http::Response ReportHandlers::ListRuns(const Call& call) {
  const auto limit = LimitOf(call.request, kMostOnAPage, kMostOnAPage);
  return JsonResponse(
      200,
      RunHistory(matcher_.ListRuns(OfProduct<matcher::v1::ListRunsRequest>(call)),
                 trait_sync_.ListRuns(OfProduct<traitsync::v1::ListRunsRequest>(call)), limit));
}

}  // namespace accoil::gateway
