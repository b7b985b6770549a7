#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "accoil/connections/v1/connections.pb.h"
#include "accoil/matcher/v1/matcher.pb.h"
#include "accoil/tagging/v1/tagging.pb.h"
#include "accoil/traitsync/v1/traitsync.pb.h"
#include "accoil/widget/v1/widget.pb.h"
#include "libs/events/producer.h"

/// What the gateway needs of the rest of the suite, as narrow interfaces, so that its routes are
/// tested without servers. The real ones are in grpc_upstreams.h and events::Producer. Methods
/// block, may be called from any thread and throw core::Error: Unavailable or DeadlineExceeded when
/// the other side does not answer, else what it answered.
namespace accoil::gateway {

class ConnectionsApi {
 public:
  virtual ~ConnectionsApi() = default;
  virtual connections::v1::Product CreateProduct(
      const connections::v1::CreateProductRequest& request) = 0;
  virtual connections::v1::Product GetProduct(
      const connections::v1::GetProductRequest& request) = 0;
  virtual connections::v1::ListProductsResponse ListProducts() = 0;
  virtual connections::v1::Profile PutProfile(
      const connections::v1::PutProfileRequest& request) = 0;
  virtual connections::v1::Profile GetProfile(
      const connections::v1::GetProfileRequest& request) = 0;
  virtual connections::v1::ListProfilesResponse ListProfiles(
      const connections::v1::ListProfilesRequest& request) = 0;
  virtual void DeleteProfile(const connections::v1::DeleteProfileRequest& request) = 0;
  virtual connections::v1::Connection PutConnection(
      const connections::v1::PutConnectionRequest& request) = 0;
  virtual connections::v1::Connection GetConnection(
      const connections::v1::GetConnectionRequest& request) = 0;
  virtual connections::v1::CreateApiKeyResponse CreateApiKey(
      const connections::v1::CreateApiKeyRequest& request) = 0;
  virtual connections::v1::AuthenticateApiKeyResponse AuthenticateApiKey(
      const connections::v1::AuthenticateApiKeyRequest& request) = 0;
  virtual connections::v1::ListApiKeysResponse ListApiKeys(
      const connections::v1::ListApiKeysRequest& request) = 0;
  virtual connections::v1::ApiKey RevokeApiKey(
      const connections::v1::RevokeApiKeyRequest& request) = 0;
  virtual connections::v1::StartConnectResponse StartConnect(
      const connections::v1::StartConnectRequest& request) = 0;
  virtual connections::v1::FinishConnectResponse FinishConnect(
      const connections::v1::FinishConnectRequest& request) = 0;
  virtual connections::v1::Connection ClaimInstallation(
      const connections::v1::ClaimInstallationRequest& request) = 0;
  virtual connections::v1::Connection Disconnect(
      const connections::v1::DisconnectRequest& request) = 0;
  virtual connections::v1::ListAppSecretsResponse ListAppSecrets() = 0;
};

class TraitSyncApi {
 public:
  virtual ~TraitSyncApi() = default;
  virtual traitsync::v1::Summary GetSummary(const traitsync::v1::GetSummaryRequest& request) = 0;
  virtual void StartSweep(const traitsync::v1::StartSweepRequest& request) = 0;
  virtual traitsync::v1::ListSetAsideResponse ListSetAside(
      const traitsync::v1::ListSetAsideRequest& request) = 0;
  virtual traitsync::v1::ListAttributesResponse ListAttributes(
      const traitsync::v1::ListAttributesRequest& request) = 0;
  virtual traitsync::v1::PreviewProfileResponse PreviewProfile(
      const traitsync::v1::PreviewProfileRequest& request) = 0;
  virtual traitsync::v1::ExplainSubjectResponse ExplainSubject(
      const traitsync::v1::ExplainSubjectRequest& request) = 0;
  virtual traitsync::v1::ListProblemsResponse ListProblems(
      const traitsync::v1::ListProblemsRequest& request) = 0;
  virtual traitsync::v1::RetryProblemResponse RetryProblem(
      const traitsync::v1::RetryProblemRequest& request) = 0;
  virtual traitsync::v1::ListRunsResponse ListRuns(
      const traitsync::v1::ListRunsRequest& request) = 0;
};

class MatcherApi {
 public:
  virtual ~MatcherApi() = default;
  virtual matcher::v1::Summary GetSummary(const matcher::v1::GetSummaryRequest& request) = 0;
  virtual matcher::v1::Run StartRun(const matcher::v1::StartRunRequest& request) = 0;
  virtual matcher::v1::Run GetRun(const matcher::v1::GetRunRequest& request) = 0;
  virtual matcher::v1::ListRunsResponse ListRuns(const matcher::v1::ListRunsRequest& request) = 0;
  virtual matcher::v1::Match GetMatch(const matcher::v1::GetMatchRequest& request) = 0;
  virtual matcher::v1::ListProblemsResponse ListProblems(
      const matcher::v1::ListProblemsRequest& request) = 0;
  virtual matcher::v1::RetryProblemResponse RetryProblem(
      const matcher::v1::RetryProblemRequest& request) = 0;
};

class WidgetApi {
 public:
  virtual ~WidgetApi() = default;
  /// For `timeout` at most.
  virtual widget::v1::RenderedBatch Render(const widget::v1::RenderBatch& batch,
                                           std::chrono::milliseconds timeout) = 0;
  virtual widget::v1::ListSubjectsResponse ListSubjects(
      const widget::v1::ListSubjectsRequest& request) = 0;
};

class TaggingApi {
 public:
  virtual ~TaggingApi() = default;
  virtual tagging::v1::Rule CreateRule(const tagging::v1::CreateRuleRequest& request) = 0;
  virtual tagging::v1::Rule GetRule(const tagging::v1::GetRuleRequest& request) = 0;
  virtual tagging::v1::ListRulesResponse ListRules(
      const tagging::v1::ListRulesRequest& request) = 0;
  virtual tagging::v1::Rule UpdateRule(const tagging::v1::UpdateRuleRequest& request) = 0;
  virtual void DeleteRule(const tagging::v1::DeleteRuleRequest& request) = 0;
  virtual tagging::v1::PreviewRuleResponse PreviewRule(
      const tagging::v1::PreviewRuleRequest& request) = 0;
  virtual tagging::v1::TagJob CreateTagJob(const tagging::v1::CreateTagJobRequest& request) = 0;
  virtual tagging::v1::TagJob GetTagJob(const tagging::v1::GetTagJobRequest& request) = 0;
  virtual tagging::v1::ListTagJobsResponse ListTagJobs(
      const tagging::v1::ListTagJobsRequest& request) = 0;
  virtual tagging::v1::ListTagJobItemsResponse ListTagJobItems(
      const tagging::v1::ListTagJobItemsRequest& request) = 0;
  virtual tagging::v1::TagJob CancelTagJob(const tagging::v1::CancelTagJobRequest& request) = 0;
  virtual tagging::v1::ListAssignmentsResponse ListAssignments(
      const tagging::v1::ListAssignmentsRequest& request) = 0;
  virtual tagging::v1::ExplainSubjectResponse ExplainSubject(
      const tagging::v1::ExplainSubjectRequest& request) = 0;
  virtual tagging::v1::ListProblemsResponse ListProblems(
      const tagging::v1::ListProblemsRequest& request) = 0;
  virtual tagging::v1::RetryProblemResponse RetryProblem(
      const tagging::v1::RetryProblemRequest& request) = 0;
};

/// Where accepted items go.
class EventSink {
 public:
  virtual ~EventSink() = default;
  /// As events::Producer::Publish.
  virtual std::vector<events::Producer::Failure> Publish(
      std::span<const events::OutgoingRecord> records, std::chrono::milliseconds timeout) = 0;
  /// As events::Producer::Problem.
  virtual std::optional<std::string> Problem() const = 0;
};

/// Kafka. `producer` outlives it.
class KafkaSink final : public EventSink {
 public:
  explicit KafkaSink(events::Producer& producer) : producer_(producer) {}
  std::vector<events::Producer::Failure> Publish(std::span<const events::OutgoingRecord> records,
                                                 std::chrono::milliseconds timeout) override {
    return producer_.Publish(records, timeout);
  }
  std::optional<std::string> Problem() const override { return producer_.Problem(); }

 private:
  events::Producer& producer_;
};

}  // namespace accoil::gateway
