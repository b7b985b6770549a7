#include "services/gateway/grpc_upstreams.h"

#include <algorithm>
#include <array>
#include <atomic>

#include "accoil/connections/v1/connections.grpc.pb.h"
#include "accoil/matcher/v1/matcher.grpc.pb.h"
#include "accoil/tagging/v1/tagging.grpc.pb.h"
#include "accoil/traitsync/v1/traitsync.grpc.pb.h"
#include "accoil/widget/v1/widget.grpc.pb.h"
#include "libs/core/errors.h"
#include "libs/rpc/call.h"
#include "services/gateway/canvas_batches.h"

namespace accoil::gateway {
namespace {

/// A stub, how long its calls may take and what is said when there is no answer: who calls over
/// REST is told which service it is; addresses and causes are for the log.
template <typename Service>
class Caller {
 public:
  using Stub = typename Service::Stub;

  Caller(std::string name, const std::shared_ptr<grpc::Channel>& channel, RpcTimeouts timeouts,
         telemetry::Logger logger)
      : name_(std::move(name)),
        stub_(Service::NewStub(channel)),
        timeouts_(timeouts),
        logger_(std::move(logger)) {}

 protected:
  template <typename Method, typename Request>
  auto Call(Method method, const Request& request, const char* what) {
    return CallWithin(*stub_, timeouts_.ordinary, name_, method, request, what);
  }
  /// A call that would do something twice if it was made again.
  template <typename Method, typename Request>
  auto CallOnce(Method method, const Request& request, const char* what) {
    return CallWithin(*stub_, timeouts_.ordinary, name_, method, request, what, rpc::Lost::kFails);
  }
  /// A call for whose answer somebody waits who is gone after five seconds in all.
  template <typename Method, typename Request>
  auto CallQuick(Method method, const Request& request, const char* what) {
    constexpr std::chrono::milliseconds kQuick{1'500};
    return CallWithin(*stub_, std::min(kQuick, timeouts_.ordinary), name_, method, request, what);
  }
  /// A call whose caller says by which connection, and how long it may take.
  template <typename Method, typename Request>
  auto CallFor(Stub& stub, std::chrono::milliseconds timeout, Method method, const Request& request,
               const char* what) {
    return CallWithin(stub, timeout, name_, method, request, what);
  }
  /// A call that may look at all subjects of a product.
  template <typename Method, typename Request>
  auto CallWhole(Method method, const Request& request, const char* what) {
    return CallWithin(*stub_, timeouts_.whole_product, name_, method, request, what);
  }
  /// A call during which the service asks Intercom; made once, since codes and grants work once.
  template <typename Method, typename Request>
  auto CallSlow(Method method, const Request& request, const char* what) {
    return CallWithin(*stub_, timeouts_.connect, name_ + ", or Intercom behind it,", method,
                      request, what, rpc::Lost::kFails);
  }

 private:
  template <typename Method, typename Request>
  auto CallWithin(Stub& stub, std::chrono::milliseconds timeout, const std::string& who,
                  Method method, const Request& request, const char* what,
                  rpc::Lost lost = rpc::Lost::kAgain) {
    try {
      return rpc::Call(stub, method, request, timeout, what, lost);
    } catch (const core::Unavailable& error) {
      logger_.Warn("a service is unavailable", {{"service", name_}, {"error", error.what()}});
      throw core::Unavailable(who + " does not answer now; try again shortly");
    } catch (const core::DeadlineExceeded& error) {
      logger_.Warn("a service did not answer in time",
                   {{"service", name_}, {"error", error.what()}});
      throw core::DeadlineExceeded(who + " did not answer in time");
    }
  }

  const std::string name_;
  std::unique_ptr<Stub> stub_;
  RpcTimeouts timeouts_;
  telemetry::Logger logger_;
};

class GrpcConnections final : public ConnectionsApi, private Caller<connections::v1::Connections> {
 public:
  using Caller::Caller;

  connections::v1::Product CreateProduct(
      const connections::v1::CreateProductRequest& request) override {
    return CallOnce(&Stub::CreateProduct, request, "CreateProduct");
  }
  connections::v1::Product GetProduct(const connections::v1::GetProductRequest& request) override {
    return Call(&Stub::GetProduct, request, "GetProduct");
  }
  connections::v1::ListProductsResponse ListProducts() override {
    return Call(&Stub::ListProducts, connections::v1::ListProductsRequest(), "ListProducts");
  }
  connections::v1::Profile PutProfile(const connections::v1::PutProfileRequest& request) override {
    return Call(&Stub::PutProfile, request, "PutProfile");
  }
  connections::v1::Profile GetProfile(const connections::v1::GetProfileRequest& request) override {
    return Call(&Stub::GetProfile, request, "GetProfile");
  }
  connections::v1::ListProfilesResponse ListProfiles(
      const connections::v1::ListProfilesRequest& request) override {
    return Call(&Stub::ListProfiles, request, "ListProfiles");
  }
  void DeleteProfile(const connections::v1::DeleteProfileRequest& request) override {
    Call(&Stub::DeleteProfile, request, "DeleteProfile");
  }
  connections::v1::Connection PutConnection(
      const connections::v1::PutConnectionRequest& request) override {
    return CallSlow(&Stub::PutConnection, request, "PutConnection");
  }
  connections::v1::Connection GetConnection(
      const connections::v1::GetConnectionRequest& request) override {
    return Call(&Stub::GetConnection, request, "GetConnection");
  }
  connections::v1::CreateApiKeyResponse CreateApiKey(
      const connections::v1::CreateApiKeyRequest& request) override {
    return CallOnce(&Stub::CreateApiKey, request, "CreateApiKey");
  }
  connections::v1::AuthenticateApiKeyResponse AuthenticateApiKey(
      const connections::v1::AuthenticateApiKeyRequest& request) override {
    return Call(&Stub::AuthenticateApiKey, request, "AuthenticateApiKey");
  }
  connections::v1::ListApiKeysResponse ListApiKeys(
      const connections::v1::ListApiKeysRequest& request) override {
    return Call(&Stub::ListApiKeys, request, "ListApiKeys");
  }
  connections::v1::ApiKey RevokeApiKey(
      const connections::v1::RevokeApiKeyRequest& request) override {
    return Call(&Stub::RevokeApiKey, request, "RevokeApiKey");
  }
  connections::v1::StartConnectResponse StartConnect(
      const connections::v1::StartConnectRequest& request) override {
    return Call(&Stub::StartConnect, request, "StartConnect");
  }
  connections::v1::FinishConnectResponse FinishConnect(
      const connections::v1::FinishConnectRequest& request) override {
    return CallSlow(&Stub::FinishConnect, request, "FinishConnect");
  }
  connections::v1::Connection ClaimInstallation(
      const connections::v1::ClaimInstallationRequest& request) override {
    return CallSlow(&Stub::ClaimInstallation, request, "ClaimInstallation");
  }
  connections::v1::Connection Disconnect(
      const connections::v1::DisconnectRequest& request) override {
    return Call(&Stub::Disconnect, request, "Disconnect");
  }
  connections::v1::ListAppSecretsResponse ListAppSecrets() override {
    return CallQuick(&Stub::ListAppSecrets, connections::v1::ListAppSecretsRequest(),
                     "ListAppSecrets");
  }
};

class GrpcMatcher final : public MatcherApi, private Caller<matcher::v1::Matcher> {
 public:
  using Caller::Caller;

  matcher::v1::Summary GetSummary(const matcher::v1::GetSummaryRequest& request) override {
    return Call(&Stub::GetSummary, request, "GetSummary");
  }
  matcher::v1::Run StartRun(const matcher::v1::StartRunRequest& request) override {
    return Call(&Stub::StartRun, request, "StartRun");
  }
  matcher::v1::Run GetRun(const matcher::v1::GetRunRequest& request) override {
    return Call(&Stub::GetRun, request, "GetRun");
  }
  matcher::v1::ListRunsResponse ListRuns(const matcher::v1::ListRunsRequest& request) override {
    return Call(&Stub::ListRuns, request, "ListRuns");
  }
  matcher::v1::Match GetMatch(const matcher::v1::GetMatchRequest& request) override {
    return Call(&Stub::GetMatch, request, "GetMatch");
  }
  matcher::v1::ListProblemsResponse ListProblems(
      const matcher::v1::ListProblemsRequest& request) override {
    return Call(&Stub::ListProblems, request, "ListProblems");
  }
  matcher::v1::RetryProblemResponse RetryProblem(
      const matcher::v1::RetryProblemRequest& request) override {
    return CallWhole(&Stub::RetryProblem, request, "RetryProblem");
  }
};

class GrpcTraitSync final : public TraitSyncApi, private Caller<traitsync::v1::TraitSync> {
 public:
  using Caller::Caller;

  traitsync::v1::Summary GetSummary(const traitsync::v1::GetSummaryRequest& request) override {
    return Call(&Stub::GetSummary, request, "GetSummary");
  }
  void StartSweep(const traitsync::v1::StartSweepRequest& request) override {
    Call(&Stub::StartSweep, request, "StartSweep");
  }
  traitsync::v1::ListSetAsideResponse ListSetAside(
      const traitsync::v1::ListSetAsideRequest& request) override {
    return Call(&Stub::ListSetAside, request, "ListSetAside");
  }
  traitsync::v1::ListAttributesResponse ListAttributes(
      const traitsync::v1::ListAttributesRequest& request) override {
    return Call(&Stub::ListAttributes, request, "ListAttributes");
  }
  traitsync::v1::PreviewProfileResponse PreviewProfile(
      const traitsync::v1::PreviewProfileRequest& request) override {
    return CallWhole(&Stub::PreviewProfile, request, "PreviewProfile");
  }
  traitsync::v1::ExplainSubjectResponse ExplainSubject(
      const traitsync::v1::ExplainSubjectRequest& request) override {
    return Call(&Stub::ExplainSubject, request, "ExplainSubject");
  }
  traitsync::v1::ListProblemsResponse ListProblems(
      const traitsync::v1::ListProblemsRequest& request) override {
    return Call(&Stub::ListProblems, request, "ListProblems");
  }
  traitsync::v1::RetryProblemResponse RetryProblem(
      const traitsync::v1::RetryProblemRequest& request) override {
    return CallWhole(&Stub::RetryProblem, request, "RetryProblem");
  }
  traitsync::v1::ListRunsResponse ListRuns(const traitsync::v1::ListRunsRequest& request) override {
    return Call(&Stub::ListRuns, request, "ListRuns");
  }
};

class GrpcWidget final : public WidgetApi, private Caller<widget::v1::Widget> {
 public:
  GrpcWidget(const rpc::Target& widget, RpcTimeouts timeouts, const telemetry::Logger& logger)
      : Caller("widget", rpc::MakeChannel(widget), timeouts, logger) {
    for (auto& lane : lanes_) {
      lane.stub = widget::v1::Widget::NewStub(rpc::MakeChannel(widget, rpc::Connection::kOwn));
    }
  }

  widget::v1::RenderedBatch Render(const widget::v1::RenderBatch& batch,
                                   std::chrono::milliseconds timeout) override {
    const Turn turn(lanes_);
    return CallFor(turn.stub(), timeout, &Stub::Render, batch, "Render");
  }
  widget::v1::ListSubjectsResponse ListSubjects(
      const widget::v1::ListSubjectsRequest& request) override {
    return CallWhole(&Stub::ListSubjects, request, "ListSubjects");
  }

 private:
  /// A connection, and how many calls are on it.
  struct Lane {
    std::unique_ptr<Stub> stub;
    std::atomic<int> calls = 0;
  };
  /// As many as canvases have calls under way.
  using Lanes = std::array<Lane, CanvasBatches::Config().calls>;

  /// A call's place on the lane with the fewest.
  class Turn {
   public:
    explicit Turn(Lanes& lanes)
        : lane_(*std::min_element(lanes.begin(), lanes.end(), [](const Lane& a, const Lane& b) {
            return a.calls.load() < b.calls.load();
          })) {
      ++lane_.calls;
    }
    ~Turn() { --lane_.calls; }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    Stub& stub() const { return *lane_.stub; }

   private:
    Lane& lane_;
  };

  Lanes lanes_;
};

class GrpcTagging final : public TaggingApi, private Caller<tagging::v1::Tagging> {
 public:
  using Caller::Caller;

  tagging::v1::Rule CreateRule(const tagging::v1::CreateRuleRequest& request) override {
    return CallOnce(&Stub::CreateRule, request, "CreateRule");
  }
  tagging::v1::Rule GetRule(const tagging::v1::GetRuleRequest& request) override {
    return Call(&Stub::GetRule, request, "GetRule");
  }
  tagging::v1::ListRulesResponse ListRules(const tagging::v1::ListRulesRequest& request) override {
    return Call(&Stub::ListRules, request, "ListRules");
  }
  tagging::v1::Rule UpdateRule(const tagging::v1::UpdateRuleRequest& request) override {
    return Call(&Stub::UpdateRule, request, "UpdateRule");
  }
  void DeleteRule(const tagging::v1::DeleteRuleRequest& request) override {
    CallWhole(&Stub::DeleteRule, request, "DeleteRule");
  }
  tagging::v1::PreviewRuleResponse PreviewRule(
      const tagging::v1::PreviewRuleRequest& request) override {
    return CallWhole(&Stub::PreviewRule, request, "PreviewRule");
  }
  tagging::v1::TagJob CreateTagJob(const tagging::v1::CreateTagJobRequest& request) override {
    return CallWhole(&Stub::CreateTagJob, request, "CreateTagJob");
  }
  tagging::v1::TagJob GetTagJob(const tagging::v1::GetTagJobRequest& request) override {
    return Call(&Stub::GetTagJob, request, "GetTagJob");
  }
  tagging::v1::ListTagJobsResponse ListTagJobs(
      const tagging::v1::ListTagJobsRequest& request) override {
    return Call(&Stub::ListTagJobs, request, "ListTagJobs");
  }
  tagging::v1::ListTagJobItemsResponse ListTagJobItems(
      const tagging::v1::ListTagJobItemsRequest& request) override {
    return Call(&Stub::ListTagJobItems, request, "ListTagJobItems");
  }
  tagging::v1::TagJob CancelTagJob(const tagging::v1::CancelTagJobRequest& request) override {
    return CallWhole(&Stub::CancelTagJob, request, "CancelTagJob");
  }
  tagging::v1::ListAssignmentsResponse ListAssignments(
      const tagging::v1::ListAssignmentsRequest& request) override {
    return Call(&Stub::ListAssignments, request, "ListAssignments");
  }
  tagging::v1::ExplainSubjectResponse ExplainSubject(
      const tagging::v1::ExplainSubjectRequest& request) override {
    return Call(&Stub::ExplainSubject, request, "ExplainSubject");
  }
  tagging::v1::ListProblemsResponse ListProblems(
      const tagging::v1::ListProblemsRequest& request) override {
    return Call(&Stub::ListProblems, request, "ListProblems");
  }
  tagging::v1::RetryProblemResponse RetryProblem(
      const tagging::v1::RetryProblemRequest& request) override {
    return CallWhole(&Stub::RetryProblem, request, "RetryProblem");
  }
};

}  // namespace

struct GrpcUpstreams::Implementation {
  Implementation(const UpstreamAddresses& addresses, RpcTimeouts timeouts,
                 const telemetry::Logger& logger)
      : connections_channel(rpc::MakeChannel(addresses.connections)),
        connections("connections", connections_channel, timeouts, logger),
        matcher("matcher", rpc::MakeChannel(addresses.matcher), timeouts, logger),
        trait_sync("trait-sync", rpc::MakeChannel(addresses.trait_sync), timeouts, logger),
        widget(addresses.widget, timeouts, logger),
        tagging("tagging-automation", rpc::MakeChannel(addresses.tagging), timeouts, logger) {}

  std::shared_ptr<grpc::Channel> connections_channel;
  GrpcConnections connections;
  GrpcMatcher matcher;
  GrpcTraitSync trait_sync;
  GrpcWidget widget;
  GrpcTagging tagging;
};

GrpcUpstreams::GrpcUpstreams(const UpstreamAddresses& addresses, RpcTimeouts timeouts,
                             const telemetry::Logger& logger)
    : implementation_(std::make_unique<Implementation>(addresses, timeouts, logger)) {}

GrpcUpstreams::~GrpcUpstreams() = default;

ConnectionsApi& GrpcUpstreams::connections() { return implementation_->connections; }
MatcherApi& GrpcUpstreams::matcher() { return implementation_->matcher; }
TraitSyncApi& GrpcUpstreams::trait_sync() { return implementation_->trait_sync; }
WidgetApi& GrpcUpstreams::widget() { return implementation_->widget; }
TaggingApi& GrpcUpstreams::tagging() { return implementation_->tagging; }

std::optional<std::string> GrpcUpstreams::ConnectionsProblem() {
  constexpr std::chrono::milliseconds kPatience{500};
  if (implementation_->connections_channel->WaitForConnected(std::chrono::system_clock::now() +
                                                             kPatience)) {
    return std::nullopt;
  }
  return "connections does not answer";
}

}  // namespace accoil::gateway
