#pragma once

#include <algorithm>
#include <string>

#include "libs/core/clock.h"
#include "libs/events/producer.h"
#include "libs/http/server.h"
#include "services/gateway/fake_upstreams.h"
#include "services/gateway/gate.h"
#include "services/gateway/routes.h"

namespace accoil::gateway {

/// The gateway as main.cc composes it, listening on a free port, with a real producer; only the
/// other services are stand-ins. The key "key" may ingest into product 7; Intercom signs with
/// "app-secret".
class RunningGateway {
 public:
  RunningGateway(const events::KafkaConfig& kafka, telemetry::Telemetry& telemetry,
                 IngestConfig ingest = {}, WebhookConfig webhooks = {})
      : producer_(kafka, telemetry),
        metrics_(telemetry.metrics()),
        ingest_(sink_, clock_, ingest, metrics_, telemetry.logger()),
        webhooks_(app_secrets_, sink_, clock_, webhooks, metrics_, telemetry.logger()),
        server_({.address = {"127.0.0.1", 0}, .body_limit = kBodyLimit}, "gateway", telemetry) {
    connections_.AddKey("key", 7, {connections::v1::INGEST});
    connections_.app_secrets.add_secrets()->set_client_secret("app-secret");
    for (auto& route :
         AllRoutes({ingest_, connections_handlers_, profiles_, sync_handlers_, matching_handlers_,
                    reports_, rules_, tags_, lists_, open_api_, webhooks_, canvas_, oauth_})) {
      server_.Route(route.method, route.path, std::max(kBodyLimit, route.body_limit),
                    gate_.Guard(route));
    }
    server_.Start();
  }
  ~RunningGateway() { server_.Stop(); }
  RunningGateway(const RunningGateway&) = delete;
  RunningGateway& operator=(const RunningGateway&) = delete;

  std::string url() const { return "http://" + server_.address().ToString(); }

 private:
  static constexpr RateLimiterConfig kNoLimit{1e9, 1e9};
  static constexpr std::size_t kBodyLimit = 1 << 20;

  FakeConnections connections_;
  FakeTraitSync trait_sync_;
  FakeMatcher matcher_;
  FakeWidget widget_;
  FakeTagging tagging_;
  events::Producer producer_;
  KafkaSink sink_{producer_};
  core::SystemClock clock_;
  Metrics metrics_;
  Ingest ingest_;
  ApiKeys api_keys_{connections_, clock_, {}, metrics_, telemetry::Logger::Silent()};
  Callers callers_{"operator-key-of-the-test", api_keys_, kNoLimit, clock_, metrics_};
  ConnectionsHandlers connections_handlers_{connections_, api_keys_};
  ProfileHandlers profiles_{connections_, trait_sync_};
  SyncHandlers sync_handlers_{trait_sync_};
  MatchingHandlers matching_handlers_{matcher_};
  ReportHandlers reports_{connections_, matcher_, trait_sync_, tagging_, clock_};
  RuleHandlers rules_{tagging_};
  TagHandlers tags_{tagging_};
  ListHandlers lists_{widget_};
  OpenApi open_api_;
  AppSecrets app_secrets_{connections_, clock_, {}, telemetry::Logger::Silent()};
  WebhookHandlers webhooks_;
  CanvasHandlers canvas_{app_secrets_, widget_, {}, metrics_, telemetry::Logger::Silent()};
  OauthHandlers oauth_{connections_, callers_, metrics_, telemetry::Logger::Silent()};
  Gate gate_{callers_, telemetry::Logger::Silent()};
  http::Server server_;
};

}  // namespace accoil::gateway
