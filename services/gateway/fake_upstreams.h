#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libs/core/errors.h"
#include "libs/http/message.h"
#include "services/gateway/upstreams.h"

/// Stand-ins for the rest of the suite, for the tests of routes. Each keeps the last request and
/// answers what the test has put there; `failure`, when set, throws instead.
namespace accoil::gateway {

class FakeConnections final : public ConnectionsApi {
 public:
  connections::v1::Product product;
  connections::v1::ListProductsResponse products;
  connections::v1::Profile profile;
  connections::v1::ListProfilesResponse profiles;
  connections::v1::Connection connection;
  connections::v1::CreateApiKeyResponse created_key;
  std::map<std::string, connections::v1::AuthenticateApiKeyResponse> keys;
  connections::v1::ListApiKeysResponse api_keys;
  connections::v1::StartConnectResponse started_connect;
  connections::v1::FinishConnectResponse finished_connect;
  connections::v1::ListAppSecretsResponse app_secrets;
  std::function<void()> failure;

  connections::v1::CreateProductRequest created_product;
  connections::v1::PutProfileRequest put_profile;
  connections::v1::GetProfileRequest got_profile;
  connections::v1::DeleteProfileRequest deleted_profile;
  connections::v1::PutConnectionRequest put_connection;
  connections::v1::CreateApiKeyRequest create_key;
  connections::v1::RevokeApiKeyRequest revoke_key;
  connections::v1::StartConnectRequest start_connect;
  connections::v1::FinishConnectRequest finish_connect;
  connections::v1::ClaimInstallationRequest claim_installation;
  connections::v1::DisconnectRequest disconnect;
  int authentications = 0;
  int app_secrets_asked = 0;

  /// Makes a key with scopes.
  void AddKey(const std::string& key, std::int64_t product_id,
              std::initializer_list<connections::v1::Scope> scopes) {
    auto& answer = keys[key];
    answer.set_api_key_id(static_cast<std::int64_t>(keys.size()));
    answer.set_product_id(product_id);
    for (const auto scope : scopes) answer.add_scopes(scope);
  }

  connections::v1::Product CreateProduct(
      const connections::v1::CreateProductRequest& request) override {
    return Answer(created_product, request, product);
  }
  connections::v1::Product GetProduct(const connections::v1::GetProductRequest& request) override {
    return Answer(get_product_, request, product);
  }
  connections::v1::ListProductsResponse ListProducts() override {
    if (failure) failure();
    return products;
  }
  connections::v1::Profile PutProfile(const connections::v1::PutProfileRequest& request) override {
    return Answer(put_profile, request, request.profile());
  }
  connections::v1::Profile GetProfile(const connections::v1::GetProfileRequest& request) override {
    return Answer(got_profile, request, profile);
  }
  connections::v1::ListProfilesResponse ListProfiles(
      const connections::v1::ListProfilesRequest& request) override {
    return Answer(list_profiles_, request, profiles);
  }
  void DeleteProfile(const connections::v1::DeleteProfileRequest& request) override {
    Answer(deleted_profile, request, 0);
  }
  connections::v1::Connection PutConnection(
      const connections::v1::PutConnectionRequest& request) override {
    return Answer(put_connection, request, connection);
  }
  connections::v1::Connection GetConnection(
      const connections::v1::GetConnectionRequest& request) override {
    return Answer(get_connection_, request, connection);
  }
  connections::v1::CreateApiKeyResponse CreateApiKey(
      const connections::v1::CreateApiKeyRequest& request) override {
    return Answer(create_key, request, created_key);
  }
  connections::v1::AuthenticateApiKeyResponse AuthenticateApiKey(
      const connections::v1::AuthenticateApiKeyRequest& request) override {
    ++authentications;
    if (failure) failure();
    const auto at = keys.find(request.api_key());
    if (at == keys.end()) throw core::Unauthenticated("no such key");
    return at->second;
  }
  connections::v1::ListApiKeysResponse ListApiKeys(
      const connections::v1::ListApiKeysRequest& request) override {
    return Answer(list_keys_, request, api_keys);
  }
  connections::v1::ApiKey RevokeApiKey(
      const connections::v1::RevokeApiKeyRequest& request) override {
    std::erase_if(keys,
                  [&](const auto& key) { return key.second.api_key_id() == request.api_key_id(); });
    return Answer(revoke_key, request, connections::v1::ApiKey());
  }
  connections::v1::StartConnectResponse StartConnect(
      const connections::v1::StartConnectRequest& request) override {
    return Answer(start_connect, request, started_connect);
  }
  connections::v1::FinishConnectResponse FinishConnect(
      const connections::v1::FinishConnectRequest& request) override {
    return Answer(finish_connect, request, finished_connect);
  }
  connections::v1::Connection ClaimInstallation(
      const connections::v1::ClaimInstallationRequest& request) override {
    return Answer(claim_installation, request, connection);
  }
  connections::v1::Connection Disconnect(
      const connections::v1::DisconnectRequest& request) override {
    return Answer(disconnect, request, connection);
  }
  connections::v1::ListAppSecretsResponse ListAppSecrets() override {
    ++app_secrets_asked;
    if (failure) failure();
    return app_secrets;
  }

 private:
  template <typename Request, typename Response>
  Response Answer(Request& kept, const Request& request, const Response& response) {
    kept = request;
    if (failure) failure();
    return response;
  }

  connections::v1::GetProductRequest get_product_;
  connections::v1::ListProfilesRequest list_profiles_;
  connections::v1::GetConnectionRequest get_connection_;
  connections::v1::ListApiKeysRequest list_keys_;
};

class FakeTraitSync final : public TraitSyncApi {
 public:
  traitsync::v1::Summary summary;
  traitsync::v1::ListSetAsideResponse set_aside;
  traitsync::v1::ListAttributesResponse attributes;
  traitsync::v1::PreviewProfileResponse preview;
  traitsync::v1::ExplainSubjectResponse explanation;
  traitsync::v1::ListProblemsResponse problems;
  traitsync::v1::RetryProblemResponse retried;
  traitsync::v1::ListRunsResponse runs;
  std::function<void()> failure;

  std::vector<std::int64_t> sweeps;
  std::optional<traitsync::v1::PreviewProfileRequest> previewed;
  traitsync::v1::ExplainSubjectRequest explained;
  std::optional<traitsync::v1::RetryProblemRequest> retry;

  traitsync::v1::Summary GetSummary(const traitsync::v1::GetSummaryRequest&) override {
    return Answer(summary);
  }
  void StartSweep(const traitsync::v1::StartSweepRequest& request) override {
    sweeps.push_back(request.product_id());
  }
  traitsync::v1::ListSetAsideResponse ListSetAside(
      const traitsync::v1::ListSetAsideRequest&) override {
    return Answer(set_aside);
  }
  traitsync::v1::ListAttributesResponse ListAttributes(
      const traitsync::v1::ListAttributesRequest&) override {
    return Answer(attributes);
  }
  traitsync::v1::PreviewProfileResponse PreviewProfile(
      const traitsync::v1::PreviewProfileRequest& request) override {
    previewed = request;
    return Answer(preview);
  }
  traitsync::v1::ExplainSubjectResponse ExplainSubject(
      const traitsync::v1::ExplainSubjectRequest& request) override {
    explained = request;
    return Answer(explanation);
  }
  traitsync::v1::ListProblemsResponse ListProblems(
      const traitsync::v1::ListProblemsRequest&) override {
    return Answer(problems);
  }
  traitsync::v1::RetryProblemResponse RetryProblem(
      const traitsync::v1::RetryProblemRequest& request) override {
    retry = request;
    return Answer(retried);
  }
  traitsync::v1::ListRunsResponse ListRuns(const traitsync::v1::ListRunsRequest&) override {
    return Answer(runs);
  }

 private:
  template <typename Response>
  const Response& Answer(const Response& response) {
    if (failure) failure();
    return response;
  }
};

class FakeMatcher final : public MatcherApi {
 public:
  matcher::v1::Summary summary;
  matcher::v1::Run run;
  matcher::v1::ListRunsResponse runs;
  matcher::v1::Match match;
  matcher::v1::ListProblemsResponse problems;
  matcher::v1::RetryProblemResponse retried;
  std::function<void()> failure;

  matcher::v1::StartRunRequest started;
  matcher::v1::GetRunRequest got_run;
  matcher::v1::GetMatchRequest got_match;
  std::optional<matcher::v1::RetryProblemRequest> retry;

  matcher::v1::Summary GetSummary(const matcher::v1::GetSummaryRequest&) override {
    return Answer(summary);
  }
  matcher::v1::Run StartRun(const matcher::v1::StartRunRequest& request) override {
    started = request;
    return Answer(run);
  }
  matcher::v1::Run GetRun(const matcher::v1::GetRunRequest& request) override {
    got_run = request;
    return Answer(run);
  }
  matcher::v1::ListRunsResponse ListRuns(const matcher::v1::ListRunsRequest&) override {
    return Answer(runs);
  }
  matcher::v1::Match GetMatch(const matcher::v1::GetMatchRequest& request) override {
    got_match = request;
    return Answer(match);
  }
  matcher::v1::ListProblemsResponse ListProblems(const matcher::v1::ListProblemsRequest&) override {
    return Answer(problems);
  }
  matcher::v1::RetryProblemResponse RetryProblem(
      const matcher::v1::RetryProblemRequest& request) override {
    retry = request;
    return Answer(retried);
  }

 private:
  template <typename Response>
  const Response& Answer(const Response& response) {
    if (failure) failure();
    return response;
  }
};

/// Answers with `canvas`, or fails.
class FakeWidget final : public WidgetApi {
 public:
  widget::v1::RenderRequest asked;
  std::string canvas =
      R"({"canvas":{"content":{"components":[{"type":"text","text":"Hello"}]},"stored_data":{}}})";
  /// Called first; throws to fail.
  std::function<void()> failure;

  widget::v1::RenderedBatch Render(const widget::v1::RenderBatch& batch,
                                   std::chrono::milliseconds) override {
    widget::v1::RenderedBatch answer;
    for (const auto& request : batch.requests()) {
      asked = request;
      if (failure) failure();
      answer.add_rendered()->set_body(canvas);
    }
    return answer;
  }

  widget::v1::ListSubjectsResponse subjects;
  std::optional<widget::v1::ListSubjectsRequest> listed;

  widget::v1::ListSubjectsResponse ListSubjects(
      const widget::v1::ListSubjectsRequest& request) override {
    listed = request;
    if (failure) failure();
    return subjects;
  }
};

/// Answers with what the test has put there; keeps the last request of each method.
class FakeTagging final : public TaggingApi {
 public:
  tagging::v1::Rule rule;
  tagging::v1::ListRulesResponse rules;
  tagging::v1::PreviewRuleResponse preview;
  tagging::v1::TagJob job;
  tagging::v1::ListTagJobsResponse jobs;
  tagging::v1::ListTagJobItemsResponse items;
  tagging::v1::ListAssignmentsResponse assignments;
  tagging::v1::ExplainSubjectResponse explanation;
  tagging::v1::ListProblemsResponse problems;
  tagging::v1::RetryProblemResponse retried;
  std::function<void()> failure;

  std::optional<tagging::v1::CreateRuleRequest> created_rule;
  std::optional<tagging::v1::GetRuleRequest> got_rule;
  std::optional<tagging::v1::ListRulesRequest> listed_rules;
  std::optional<tagging::v1::UpdateRuleRequest> updated_rule;
  std::optional<tagging::v1::PreviewRuleRequest> previewed_rule;
  std::optional<tagging::v1::CreateTagJobRequest> created_job;
  std::optional<tagging::v1::GetTagJobRequest> got_job;
  std::optional<tagging::v1::ListTagJobsRequest> listed_jobs;
  std::optional<tagging::v1::ListTagJobItemsRequest> listed_items;
  std::optional<tagging::v1::CancelTagJobRequest> cancelled_job;
  std::optional<tagging::v1::ListAssignmentsRequest> listed_assignments;
  std::optional<tagging::v1::ExplainSubjectRequest> explained;
  std::optional<tagging::v1::ListProblemsRequest> listed_problems;
  std::optional<tagging::v1::RetryProblemRequest> retry;
  std::optional<tagging::v1::DeleteRuleRequest> deleted_rule;

  tagging::v1::Rule CreateRule(const tagging::v1::CreateRuleRequest& request) override {
    return Answer(created_rule, request, rule);
  }
  tagging::v1::Rule GetRule(const tagging::v1::GetRuleRequest& request) override {
    return Answer(got_rule, request, rule);
  }
  tagging::v1::ListRulesResponse ListRules(const tagging::v1::ListRulesRequest& request) override {
    return Answer(listed_rules, request, rules);
  }
  tagging::v1::Rule UpdateRule(const tagging::v1::UpdateRuleRequest& request) override {
    return Answer(updated_rule, request, rule);
  }
  tagging::v1::PreviewRuleResponse PreviewRule(
      const tagging::v1::PreviewRuleRequest& request) override {
    return Answer(previewed_rule, request, preview);
  }
  tagging::v1::TagJob CreateTagJob(const tagging::v1::CreateTagJobRequest& request) override {
    return Answer(created_job, request, job);
  }
  tagging::v1::TagJob GetTagJob(const tagging::v1::GetTagJobRequest& request) override {
    return Answer(got_job, request, job);
  }
  tagging::v1::ListTagJobsResponse ListTagJobs(
      const tagging::v1::ListTagJobsRequest& request) override {
    return Answer(listed_jobs, request, jobs);
  }
  tagging::v1::ListTagJobItemsResponse ListTagJobItems(
      const tagging::v1::ListTagJobItemsRequest& request) override {
    return Answer(listed_items, request, items);
  }
  tagging::v1::TagJob CancelTagJob(const tagging::v1::CancelTagJobRequest& request) override {
    return Answer(cancelled_job, request, job);
  }
  tagging::v1::ListAssignmentsResponse ListAssignments(
      const tagging::v1::ListAssignmentsRequest& request) override {
    return Answer(listed_assignments, request, assignments);
  }
  tagging::v1::ExplainSubjectResponse ExplainSubject(
      const tagging::v1::ExplainSubjectRequest& request) override {
    return Answer(explained, request, explanation);
  }
  tagging::v1::ListProblemsResponse ListProblems(
      const tagging::v1::ListProblemsRequest& request) override {
    return Answer(listed_problems, request, problems);
  }
  tagging::v1::RetryProblemResponse RetryProblem(
      const tagging::v1::RetryProblemRequest& request) override {
    return Answer(retry, request, retried);
  }
  void DeleteRule(const tagging::v1::DeleteRuleRequest& request) override {
    Answer(deleted_rule, request, 0);
  }

 private:
  template <typename Request, typename Response>
  Response Answer(std::optional<Request>& kept, const Request& request, const Response& response) {
    kept = request;
    if (failure) failure();
    return response;
  }
};

/// Keeps what was published; acknowledges all but the records at `lost`.
class FakeSink final : public EventSink {
 public:
  std::vector<events::OutgoingRecord> published;
  std::vector<std::size_t> lost;
  std::optional<std::string> problem;
  /// Called within Publish, when set.
  std::function<void()> publishing;

  std::vector<events::Producer::Failure> Publish(std::span<const events::OutgoingRecord> records,
                                                 std::chrono::milliseconds) override {
    if (publishing) publishing();
    published.insert(published.end(), records.begin(), records.end());
    std::vector<events::Producer::Failure> failures;
    for (const auto index : lost) failures.push_back({index, "timed out"});
    return failures;
  }
  std::optional<std::string> Problem() const override { return problem; }
};

}  // namespace accoil::gateway
