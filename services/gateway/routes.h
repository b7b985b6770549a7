#pragma once

#include <vector>

#include "services/gateway/canvas_handlers.h"
#include "services/gateway/connections_handlers.h"
#include "services/gateway/ingest.h"
#include "services/gateway/list_handlers.h"
#include "services/gateway/matching_handlers.h"
#include "services/gateway/oauth_handlers.h"
#include "services/gateway/openapi.h"
#include "services/gateway/profile_handlers.h"
#include "services/gateway/report_handlers.h"
#include "services/gateway/route.h"
#include "services/gateway/rule_handlers.h"
#include "services/gateway/sync_handlers.h"
#include "services/gateway/tag_handlers.h"
#include "services/gateway/webhook_handlers.h"

namespace accoil::gateway {

/// What answers the routes.
struct Handlers {
  Ingest& ingest;
  ConnectionsHandlers& connections;
  ProfileHandlers& profiles;
  SyncHandlers& sync;
  MatchingHandlers& matching;
  ReportHandlers& reports;
  RuleHandlers& rules;
  TagHandlers& tags;
  ListHandlers& lists;
  OpenApi& open_api;
  WebhookHandlers& webhooks;
  CanvasHandlers& canvas;
  OauthHandlers& oauth;
};

/// The table of every route with the scope that it needs. What `handlers` refers to outlives it.
std::vector<Route> AllRoutes(Handlers handlers);

}  // namespace accoil::gateway
