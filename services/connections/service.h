#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libs/postgres/database.h"
#include "libs/telemetry/log.h"
#include "services/connections/budget_store.h"
#include "services/connections/metrics.h"
#include "services/connections/profiles.h"
#include "services/connections/store.h"
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
    postgres::Database& database;
    const Store& store;
    Profiles& profiles;
    Workspaces& workspaces;
    BudgetStore& budgets;
    Metrics& metrics;
    const telemetry::Logger& logger;
  };
  Service(const Parts& parts, std::string api_key_secret);
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
