#pragma once

#include <vector>

#include "services/gateway/connections_handlers.h"
#include "services/gateway/ingest.h"
#include "services/gateway/matching_handlers.h"
#include "services/gateway/route.h"
#include "services/gateway/sync_handlers.h"

namespace accoil::gateway {

/// What answers the routes.
struct Handlers {
  Ingest& ingest;
  ConnectionsHandlers& connections;
  SyncHandlers& sync;
  MatchingHandlers& matching;
};

/// The table of every route with the scope that it needs. What `handlers` refers to outlives it.
std::vector<Route> AllRoutes(Handlers handlers);

}  // namespace accoil::gateway
