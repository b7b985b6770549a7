#include "services/gateway/report_handlers.h"

#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "services/gateway/enum_json.h"
#include "services/gateway/explanation.h"
#include "services/gateway/explanation_json.h"
#include "services/gateway/json_message.h"
#include "services/gateway/json_object.h"
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

/// A request that names a subject and nothing else.
template <typename Request>
Request OfSubject(const events::v1::Subject& subject) {
  Request request;
  *request.mutable_subject() = subject;
  return request;
}

/// An answer that nobody contributed to would be no answer.
template <typename... Messages>
void RequireOne(const Said<Messages>&... said) {
  if ((said.answered() || ...)) return;
  std::string all;
  ((all += (all.empty() ? "" : "; ") + said.silence), ...);
  throw core::Unavailable(all);
}

}  // namespace

http::Response ReportHandlers::Explain(const Call& call) {
  Findings findings;
  findings.subject = SubjectOf(call);
  findings.now = clock_.Now();
  const auto& subject = findings.subject;
  auto connection = ListenMeanwhile([&] {
    return connections_.GetConnection(OfProduct<connections::v1::GetConnectionRequest>(call));
  });
  auto profiles = ListenMeanwhile([&] {
    return connections_.ListProfiles(OfProduct<connections::v1::ListProfilesRequest>(call));
  });
  auto match = ListenMeanwhile(
      [&] { return matcher_.GetMatch(OfSubject<matcher::v1::GetMatchRequest>(subject)); });
  auto tagging = ListenMeanwhile([&] {
    return tagging_.ExplainSubject(OfSubject<tagging::v1::ExplainSubjectRequest>(subject));
  });
  findings.sync = Listen([&] {
    return trait_sync_.ExplainSubject(OfSubject<traitsync::v1::ExplainSubjectRequest>(subject));
  });
  findings.connection = connection.get();
  findings.profiles = profiles.get();
  findings.match = match.get();
  findings.tagging = tagging.get();
  RequireOne(findings.connection, findings.match, findings.sync, findings.tagging);
  return JsonResponse(200, ToJson(findings, gateway::Explain(findings)));
}

http::Response ReportHandlers::ListProblems(const Call& call) {
  const auto limit = LimitOf(call.request, kProblemsOnAPage, kMostOnAPage);
  const auto cursor = TextOf(call.request, "cursor");
  auto connection = ListenMeanwhile([&] {
    return connections_.GetConnection(OfProduct<connections::v1::GetConnectionRequest>(call));
  });
  auto matching = ListenMeanwhile(
      [&] { return matcher_.ListProblems(OfProduct<matcher::v1::ListProblemsRequest>(call)); });
  auto tagging = ListenMeanwhile(
      [&] { return tagging_.ListProblems(OfProduct<tagging::v1::ListProblemsRequest>(call)); });
  Complaints complaints;
  complaints.sync = Listen([&] {
    return trait_sync_.ListProblems(OfProduct<traitsync::v1::ListProblemsRequest>(call));
  });
  complaints.connection = connection.get();
  complaints.matching = matching.get();
  complaints.tagging = tagging.get();
  RequireOne(complaints.connection, complaints.matching, complaints.sync, complaints.tagging);
  return JsonResponse(200, ToJson(PageOf(AllProblems(complaints), cursor, limit)));
}

http::Response ReportHandlers::RetryProblem(const Call& call, const json& body) {
  JsonObject object(body);
  const auto retry = RetryOf(object.Text("problem"));
  object.Finish();
  return JsonResponse(
      202, {{"retried", std::visit([&](const auto& of) { return Retry(call, of); }, retry)}});
}

std::int64_t ReportHandlers::Retry(const Call& call, const RetryOfMatch& problem) {
  auto request = OfProduct<matcher::v1::RetryProblemRequest>(call);
  request.set_kind(problem.kind);
  request.set_decision(problem.decision);
  return matcher_.RetryProblem(request).subjects();
}

std::int64_t ReportHandlers::Retry(const Call& call, const RetryOfSync& problem) {
  auto request = OfProduct<traitsync::v1::RetryProblemRequest>(call);
  request.set_key(problem.key);
  return trait_sync_.RetryProblem(request).subjects();
}

std::int64_t ReportHandlers::Retry(const Call& call, const RetryOfTagging& problem) {
  auto request = OfProduct<tagging::v1::RetryProblemRequest>(call);
  request.set_key(problem.key);
  return tagging_.RetryProblem(request).assignments();
}

http::Response ReportHandlers::ListRuns(const Call& call) {
  const auto limit = LimitOf(call.request, kMostOnAPage, kMostOnAPage);
  return JsonResponse(
      200,
      RunHistory(matcher_.ListRuns(OfProduct<matcher::v1::ListRunsRequest>(call)),
                 trait_sync_.ListRuns(OfProduct<traitsync::v1::ListRunsRequest>(call)), limit));
}

}  // namespace accoil::gateway
