#include "services/gateway/grpc_upstreams.h"

#include "accoil/connections/v1/connections.grpc.pb.h"
#include "accoil/matcher/v1/matcher.grpc.pb.h"
#include "accoil/traitsync/v1/traitsync.grpc.pb.h"
#include "libs/rpc/call.h"

namespace accoil::gateway {
namespace {

/// A stub and how long its calls may take.
template <typename Service>
class Caller {
 public:
  using Stub = typename Service::Stub;

  Caller(const std::shared_ptr<grpc::Channel>& channel, RpcTimeouts timeouts)
      : stub_(Service::NewStub(channel)), timeouts_(timeouts) {}

 protected:
  template <typename Method, typename Request>
  auto Call(Method method, const Request& request, const char* what) {
    return rpc::Call(*stub_, method, request, timeouts_.ordinary, what);
  }
  /// A call during which the service asks Intercom.
  template <typename Method, typename Request>
  auto CallSlow(Method method, const Request& request, const char* what) {
    return rpc::Call(*stub_, method, request, timeouts_.connect, what);
  }

 private:
  std::unique_ptr<Stub> stub_;
  RpcTimeouts timeouts_;
};

class GrpcConnections final : public ConnectionsApi, private Caller<connections::v1::Connections> {
 public:
  using Caller::Caller;

  connections::v1::Product CreateProduct(
      const connections::v1::CreateProductRequest& request) override {
    return Call(&Stub::CreateProduct, request, "CreateProduct");
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
    return Call(&Stub::CreateApiKey, request, "CreateApiKey");
  }
  connections::v1::AuthenticateApiKeyResponse AuthenticateApiKey(
      const connections::v1::AuthenticateApiKeyRequest& request) override {
    return Call(&Stub::AuthenticateApiKey, request, "AuthenticateApiKey");
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
};

}  // namespace

struct GrpcUpstreams::Implementation {
  Implementation(const core::HostPort& connections_at, const core::HostPort& matcher_at,
                 const core::HostPort& trait_sync_at, RpcTimeouts timeouts)
      : connections_channel(rpc::MakeChannel(connections_at)),
        connections(connections_channel, timeouts),
        matcher(rpc::MakeChannel(matcher_at), timeouts),
        trait_sync(rpc::MakeChannel(trait_sync_at), timeouts) {}

  std::shared_ptr<grpc::Channel> connections_channel;
  GrpcConnections connections;
  GrpcMatcher matcher;
  GrpcTraitSync trait_sync;
};

GrpcUpstreams::GrpcUpstreams(const core::HostPort& connections, const core::HostPort& matcher,
                             const core::HostPort& trait_sync, RpcTimeouts timeouts)
    : implementation_(
          std::make_unique<Implementation>(connections, matcher, trait_sync, timeouts)) {}

GrpcUpstreams::~GrpcUpstreams() = default;

ConnectionsApi& GrpcUpstreams::connections() { return implementation_->connections; }
MatcherApi& GrpcUpstreams::matcher() { return implementation_->matcher; }
TraitSyncApi& GrpcUpstreams::trait_sync() { return implementation_->trait_sync; }

std::optional<std::string> GrpcUpstreams::ConnectionsProblem() {
  constexpr std::chrono::milliseconds kPatience{500};
  if (implementation_->connections_channel->WaitForConnected(std::chrono::system_clock::now() +
                                                             kPatience)) {
    return std::nullopt;
  }
  return "connections does not answer";
}

}  // namespace accoil::gateway
