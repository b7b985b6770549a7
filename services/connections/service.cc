#include "services/connections/service.h"

#include "accoil/connections/v1/connections.grpc.pb.h"
#include "libs/core/errors.h"
#include "libs/rpc/answer.h"
#include "services/connections/app_secrets.h"
#include "services/connections/validation.h"

namespace accoil::connections {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

/// Within the faces the name Service is the generated base class's.
using Parts = Service::Parts;

Priority ToPriority(v1::CallPriority priority) {
  switch (priority) {
    case v1::INTERACTIVE:
      return Priority::kInteractive;
    case v1::AUTOMATION:
      return Priority::kAutomation;
    case v1::TRAITS:
      return Priority::kTraits;
    default:
      // Validated: only a report without a wish for calls comes without a priority.
      return Priority::kMatching;
  }
}

CallReport ToReport(const v1::CallReport& message) {
  CallReport report;
  report.window = WindowId(message.window_id());
  report.ended = message.ended();
  report.unused = message.unused();
  report.throttled = message.throttled();
  if (message.has_rate_limit()) {
    const auto& seen = message.rate_limit();
    report.rate_limit =
        CallReport::RateLimit{seen.limit(), seen.remaining(), WindowId(seen.reset())};
  }
  return report;
}

void SetDuration(nanoseconds duration, google::protobuf::Duration& message) {
  const auto whole = duration_cast<seconds>(duration);
  message.set_seconds(whole.count());
  message.set_nanos(static_cast<std::int32_t>((duration - whole).count()));
}

class ConnectionsFace final : public v1::Connections::Service {
 public:
  ConnectionsFace(const Parts& parts, std::string client_secret)
      : parts_(parts), client_secret_(std::move(client_secret)) {}

  grpc::Status CreateProduct(grpc::ServerContext* context, const v1::CreateProductRequest* request,
                             v1::Product* response) override {
    return rpc::Answer(*context, parts_.tools.logger, [&] {
      ValidateProductName(request->name());
      *response = parts_.tools.database.Transact([&](postgres::Transaction& tx) {
        return parts_.tools.store.InsertProduct(tx, request->name());
      });
    });
  }

  grpc::Status GetProduct(grpc::ServerContext* context, const v1::GetProductRequest* request,
                          v1::Product* response) override {
    return rpc::Answer(*context, parts_.tools.logger, [&] {
      ValidateProductId(request->product_id());
      auto product = parts_.tools.database.Transact([&](postgres::Transaction& tx) {
        return parts_.tools.store.FindProduct(tx, core::ProductId(request->product_id()));
      });
      if (!product) {
        throw core::NotFound("product " + std::to_string(request->product_id()) +
                             " does not exist");
      }
      *response = std::move(*product);
    });
  }

  grpc::Status ListProducts(grpc::ServerContext* context, const v1::ListProductsRequest*,
                            v1::ListProductsResponse* response) override {
    return rpc::Answer(*context, parts_.tools.logger, [&] {
      const auto products = parts_.tools.database.Transact(
          [&](postgres::Transaction& tx) { return parts_.tools.store.ListProducts(tx); });
      response->mutable_products()->Assign(products.begin(), products.end());
    });
  }

  grpc::Status PutProfile(grpc::ServerContext* context, const v1::PutProfileRequest* request,
                          v1::Profile* response) override {
    return rpc::Answer(*context, parts_.tools.logger, [&] {
      *response = parts_.profiles.Put(core::ProductId(request->product_id()), request->profile(),
                                      request->validate_only());
    });
  }

  grpc::Status GetProfile(grpc::ServerContext* context, const v1::GetProfileRequest* request,
                          v1::Profile* response) override {
    return rpc::Answer(*context, parts_.tools.logger, [&] {
      *response = parts_.profiles.Get(core::ProductId(request->product_id()),
                                      core::ProfileId(request->profile_id()));
    });
  }

  grpc::Status ListProfiles(grpc::ServerContext* context, const v1::ListProfilesRequest* request,
                            v1::ListProfilesResponse* response) override {
    return rpc::Answer(*context, parts_.tools.logger, [&] {
      const auto profiles = parts_.profiles.List(core::ProductId(request->product_id()));
      response->mutable_profiles()->Assign(profiles.begin(), profiles.end());
    });
  }

  grpc::Status DeleteProfile(grpc::ServerContext* context, const v1::DeleteProfileRequest* request,
                             v1::DeleteProfileResponse*) override {
    return rpc::Answer(*context, parts_.tools.logger, [&] {
      parts_.profiles.Delete(core::ProductId(request->product_id()),
                             core::ProfileId(request->profile_id()));
    });
  }

  grpc::Status PutConnection(grpc::ServerContext* context, const v1::PutConnectionRequest* request,
                             v1::Connection* response) override {
    return rpc::Answer(*context, parts_.tools.logger,
                       [&] { *response = parts_.workspaces.Put(*request); });
  }

  grpc::Status GetConnection(grpc::ServerContext* context, const v1::GetConnectionRequest* request,
                             v1::Connection* response) override {
    return rpc::Answer(*context, parts_.tools.logger, [&] {
      *response = parts_.workspaces.Get(core::ProductId(request->product_id()));
    });
  }

  grpc::Status GetWorkspaceAccess(grpc::ServerContext* context,
                                  const v1::GetWorkspaceAccessRequest* request,
                                  v1::WorkspaceAccess* response) override {
    return rpc::Answer(*context, parts_.tools.logger, [&] {
      *response = parts_.workspaces.Access(core::ProductId(request->product_id()),
                                           request->while_disconnecting());
    });
  }

  grpc::Status ReportUnauthorized(grpc::ServerContext* context,
                                  const v1::ReportUnauthorizedRequest* request,
                                  v1::ReportUnauthorizedResponse*) override {
    return rpc::Answer(*context, parts_.tools.logger, [&] {
      parts_.workspaces.TokenWasRefused(core::WorkspaceId(request->workspace_id()),
                                        request->access_token(), DisconnectCause::kTokenRefused);
    });
  }

  grpc::Status StartConnect(grpc::ServerContext* context, const v1::StartConnectRequest* request,
                            v1::StartConnectResponse* response) override {
    return rpc::Answer(*context, parts_.tools.logger,
                       [&] { *response = parts_.oauth.Start(*request); });
  }

  grpc::Status FinishConnect(grpc::ServerContext* context, const v1::FinishConnectRequest* request,
                             v1::FinishConnectResponse* response) override {
    return rpc::Answer(*context, parts_.tools.logger,
                       [&] { *response = parts_.oauth.Finish(*request); });
  }

  grpc::Status ClaimInstallation(grpc::ServerContext* context,
                                 const v1::ClaimInstallationRequest* request,
                                 v1::Connection* response) override {
    return rpc::Answer(*context, parts_.tools.logger,
                       [&] { *response = parts_.oauth.Claim(*request); });
  }

  grpc::Status Disconnect(grpc::ServerContext* context, const v1::DisconnectRequest* request,
                          v1::Connection* response) override {
    return rpc::Answer(*context, parts_.tools.logger, [&] {
      *response = parts_.disconnects.Begin(core::ProductId(request->product_id()));
    });
  }

  grpc::Status FinishDisconnect(grpc::ServerContext* context,
                                const v1::FinishDisconnectRequest* request,
                                v1::FinishDisconnectResponse*) override {
    return rpc::Answer(*context, parts_.tools.logger, [&] {
      parts_.disconnects.Finish(core::ProductId(request->product_id()), request->version(),
                                request->left_behind());
    });
  }

  grpc::Status ListAppSecrets(grpc::ServerContext* context, const v1::ListAppSecretsRequest*,
                              v1::ListAppSecretsResponse* response) override {
    return rpc::Answer(*context, parts_.tools.logger, [&] {
      *response = connections::ListAppSecrets(parts_.tools, client_secret_);
    });
  }

  grpc::Status CreateApiKey(grpc::ServerContext* context, const v1::CreateApiKeyRequest* request,
                            v1::CreateApiKeyResponse* response) override {
    return rpc::Answer(*context, parts_.tools.logger,
                       [&] { *response = parts_.api_keys.Create(*request); });
  }

  grpc::Status AuthenticateApiKey(grpc::ServerContext* context,
                                  const v1::AuthenticateApiKeyRequest* request,
                                  v1::AuthenticateApiKeyResponse* response) override {
    return rpc::Answer(*context, parts_.tools.logger,
                       [&] { *response = parts_.api_keys.Authenticate(request->api_key()); });
  }

  grpc::Status ListApiKeys(grpc::ServerContext* context, const v1::ListApiKeysRequest* request,
                           v1::ListApiKeysResponse* response) override {
    return rpc::Answer(*context, parts_.tools.logger, [&] {
      const auto keys = parts_.api_keys.List(core::ProductId(request->product_id()));
      response->mutable_api_keys()->Assign(keys.begin(), keys.end());
    });
  }

  grpc::Status RevokeApiKey(grpc::ServerContext* context, const v1::RevokeApiKeyRequest* request,
                            v1::ApiKey* response) override {
    return rpc::Answer(*context, parts_.tools.logger, [&] {
      *response =
          parts_.api_keys.Revoke(core::ProductId(request->product_id()), request->api_key_id());
    });
  }

 private:
  const Parts parts_;
  const std::string client_secret_;
};

class CallBudgetFace final : public v1::CallBudget::Service {
 public:
  explicit CallBudgetFace(const Parts& parts) : parts_(parts) {}

  grpc::Status LeaseCalls(grpc::ServerContext* context, const v1::LeaseCallsRequest* request,
                          v1::LeaseCallsResponse* response) override {
    return rpc::Answer(*context, parts_.tools.logger, [&] {
      ValidateLeaseRequest(*request);
      std::vector<CallReport> reports;
      for (const auto& report : request->reports()) reports.push_back(ToReport(report));
      const auto lease = parts_.tools.budgets.LeaseCalls(core::WorkspaceId(request->workspace_id()),
                                                         ToPriority(request->priority()),
                                                         request->wanted(), reports);
      response->set_granted(lease.granted);
      response->set_window_id(lease.window.value());
      SetDuration(lease.valid_for, *response->mutable_valid_for());
      // Rounded up: who reckons in milliseconds must not come back just before the time.
      SetDuration(std::chrono::ceil<milliseconds>(lease.retry_after),
                  *response->mutable_retry_after());
    });
  }

  grpc::Status GetBudget(grpc::ServerContext* context, const v1::GetBudgetRequest* request,
                         v1::Budget* response) override {
    return rpc::Answer(*context, parts_.tools.logger, [&] {
      ValidateWorkspaceId(request->workspace_id());
      const auto budget = parts_.tools.budgets.Look(core::WorkspaceId(request->workspace_id()));
      response->set_limit(budget.state.limit);
      response->set_granted(budget.state.granted);
      response->set_outstanding(budget.outstanding);
      response->set_remaining(budget.state.remaining);
      SetDuration(budget.ends_in, *response->mutable_window_ends_in());
    });
  }

 private:
  const Parts parts_;
};

}  // namespace

struct Service::Implementation {
  Implementation(const Parts& parts, std::string client_secret)
      : connections(parts, std::move(client_secret)), budget(parts) {}

  ConnectionsFace connections;
  CallBudgetFace budget;
};

Service::Service(const Parts& parts, std::string client_secret)
    : implementation_(std::make_unique<Implementation>(parts, std::move(client_secret))) {}

Service::~Service() = default;

std::vector<grpc::Service*> Service::faces() {
  return {&implementation_->connections, &implementation_->budget};
}

}  // namespace accoil::connections
