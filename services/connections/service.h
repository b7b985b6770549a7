#pragma once

#include <memory>
#include <string>
#include <vector>

#include "services/connections/api_keys.h"
#include "services/connections/disconnects.h"
#include "services/connections/oauth.h"
#include "services/connections/profiles.h"
#include "services/connections/tools.h"
#include "services/connections/workspaces.h"

namespace grpc {
class Service;
}

namespace accoil::connections {

/// The gRPC face of the service: accoil.connections.v1.Connections and CallBudget. Any thread.
class Service {
 public:
  /// What it answers from, by reference: outlives it.
  struct Parts {
    const Tools& tools;
    Profiles& profiles;
    Workspaces& workspaces;
    OAuth& oauth;
    Disconnects& disconnects;
    ApiKeys& api_keys;
  };
  /// `client_secret` is that of the suite's own Intercom app; empty when it has none.
  Service(const Parts& parts, std::string client_secret);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// To be given to rpc::Server.
  std::vector<grpc::Service*> faces();

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace accoil::connections
