#include "services/trait-sync/connections_client.h"

#include "accoil/connections/v1/connections.grpc.pb.h"
#include "libs/core/errors.h"
#include "libs/rpc/call.h"

namespace accoil::traitsync {

using connections::v1::Connections;

struct ConnectionsClient::Implementation {
  std::unique_ptr<Connections::Stub> stub;
};

ConnectionsClient::ConnectionsClient(const rpc::Target& connections)
    : implementation_(std::make_unique<Implementation>(
          Implementation{Connections::NewStub(rpc::MakeChannel(connections))})) {}

ConnectionsClient::~ConnectionsClient() = default;

void ConnectionsClient::FinishDisconnect(core::ProductId product, std::int64_t version,
                                         const std::string& left_behind) {
  connections::v1::FinishDisconnectRequest request;
  request.set_product_id(product.value());
  request.set_version(version);
  request.set_left_behind(left_behind);
  try {
    // Giving the token back may take a call to Intercom.
    rpc::Call(*implementation_->stub, &Connections::Stub::FinishDisconnect, request,
              std::chrono::seconds(15), "FinishDisconnect");
  } catch (const core::NotFound&) {
    // There is no such connection, so there is nothing to end.
    return;
  }
}

}  // namespace accoil::traitsync
