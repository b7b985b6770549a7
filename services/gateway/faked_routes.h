#pragma once

#include <string>
#include <vector>

#include "libs/core/clock.h"
#include "services/gateway/fake_upstreams.h"
#include "services/gateway/gate.h"
#include "services/gateway/openapi_check.h"
#include "services/gateway/routes.h"

/// The gateway with nothing behind it, for tests.
namespace accoil::gateway {

inline const std::string kOperatorKey = "operator-key-of-the-test";
inline const std::string kJob = "0d9b6f0e-5a0c-4c1e-9f57-3a1d2b4c5e6f";
inline constexpr RateLimiterConfig kNoLimit{1e9, 1e9};

/// Every route behind its gate, over stand-ins. Keys of product 7: ingest, read, admin, all, none;
/// "other" has every scope of product 8.
struct FakedRoutes {
  FakeConnections connections;
  FakeTraitSync trait_sync;
  FakeMatcher matcher;
  FakeSink sink;
  core::SystemClock clock;
  telemetry::Metrics registry;
  Metrics metrics{registry};
  Ingest ingest{sink, clock, {}, metrics, telemetry::Logger::Silent()};
  ApiKeys api_keys{connections, clock, {}, metrics, telemetry::Logger::Silent()};
  Callers callers{kOperatorKey, api_keys, kNoLimit, clock, metrics};
  ConnectionsHandlers connections_handlers{connections, api_keys};
  ProfileHandlers profiles{connections, trait_sync};
  SyncHandlers sync_handlers{trait_sync};
  MatchingHandlers matching_handlers{matcher};
  FakeTagging tagging;
  FakeWidget widget;
  ReportHandlers reports{connections, matcher, trait_sync, tagging, clock};
  RuleHandlers rules{tagging};
  TagHandlers tags{tagging};
  ListHandlers lists{widget};
  OpenApi open_api;
  AppSecrets app_secrets{connections, clock, {}, telemetry::Logger::Silent()};
  WebhookHandlers webhooks{app_secrets, sink, clock, {}, metrics, telemetry::Logger::Silent()};
  CanvasHandlers canvas{app_secrets, widget, {}, metrics, telemetry::Logger::Silent()};
  OauthHandlers oauth{connections, callers, metrics, telemetry::Logger::Silent()};
  Gate gate{callers, telemetry::Logger::Silent()};
  OpenApiCheck description;
  std::vector<Route> routes =
      AllRoutes({ingest, connections_handlers, profiles, sync_handlers, matching_handlers, reports,
                 rules, tags, lists, open_api, webhooks, canvas, oauth});

  FakedRoutes() {
    // What the services always say; the description has no word for nothing.
    connections.connection.set_state(events::v1::CONNECTED);
    connections.profile.set_profile_id("trial");
    connections.profile.set_sync_mode(events::v1::ALL_TRAITS);
    matcher.run.set_state("finished");
    tagging.job.set_state("running");
    tagging.job.set_job_id(kJob);
    tagging.job.set_target(tagging::v1::TAG_USER);
    tagging.rule.set_kind(events::v1::USER);
    tagging.rule.set_state(tagging::v1::RULE_ACTIVE);
    tagging.rule.mutable_trigger()->mutable_new_subject();
    matcher.match.mutable_subject()->set_kind(events::v1::USER);
    connections.AddKey("ingest", 7, {connections::v1::INGEST});
    connections.AddKey("read", 7, {connections::v1::READ});
    connections.AddKey("admin", 7, {connections::v1::ADMIN});
    connections.AddKey("all", 7,
                       {connections::v1::INGEST, connections::v1::READ, connections::v1::ADMIN});
    connections.AddKey("none", 7, {});
    connections.AddKey("other", 8,
                       {connections::v1::INGEST, connections::v1::READ, connections::v1::ADMIN});
  }
};

}  // namespace accoil::gateway
