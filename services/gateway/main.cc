#include <algorithm>

#include "libs/core/clock.h"
#include "libs/core/run.h"
#include "libs/events/producer.h"
#include "libs/events/topics.h"
#include "libs/http/admin_server.h"
#include "libs/http/server.h"
#include "libs/service/program.h"
#include "libs/telemetry/telemetry.h"
#include "services/gateway/api_keys.h"
#include "services/gateway/app_secrets.h"
#include "services/gateway/callers.h"
#include "services/gateway/config.h"
#include "services/gateway/gate.h"
#include "services/gateway/grpc_upstreams.h"
#include "services/gateway/ingest.h"
#include "services/gateway/metrics.h"
#include "services/gateway/routes.h"

namespace {

using namespace accoil;  // NOLINT(google-build-using-namespace): main only composes

int Serve() {
  const auto config = gateway::Config::FromEnvironment();
  telemetry::Telemetry telemetry("gateway", config.log_level);
  const auto& logger = telemetry.logger();
  gateway::Metrics metrics(telemetry.metrics());
  const core::SystemClock clock;

  events::EnsureTopics(config.kafka, logger);
  events::Producer producer(config.kafka, telemetry);
  gateway::KafkaSink sink(producer);
  gateway::GrpcUpstreams upstreams(config.upstreams, config.rpc, logger);

  gateway::Ingest ingest(sink, clock, config.ingest, metrics, logger);
  gateway::ApiKeys api_keys(upstreams.connections(), clock, config.api_keys, metrics, logger);
  gateway::Callers callers(config.operator_key, api_keys, config.rate, clock, metrics);
  gateway::ConnectionsHandlers connections(upstreams.connections(), api_keys);
  gateway::ProfileHandlers profiles(upstreams.connections(), upstreams.trait_sync());
  gateway::SyncHandlers sync(upstreams.trait_sync());
  gateway::MatchingHandlers matching(upstreams.matcher());
  gateway::ReportHandlers reports(upstreams.connections(), upstreams.matcher(),
                                  upstreams.trait_sync(), upstreams.tagging(), clock);
  gateway::RuleHandlers rules(upstreams.tagging());
  gateway::TagHandlers tags(upstreams.tagging());
  gateway::ListHandlers lists(upstreams.widget());
  gateway::OpenApi open_api;
  gateway::AppSecrets app_secrets(upstreams.connections(), clock, {}, logger);
  gateway::WebhookHandlers webhooks(app_secrets, sink, clock, {}, metrics, logger);
  gateway::CanvasHandlers canvas(app_secrets, upstreams.widget(), config.canvas, metrics, logger);
  gateway::OauthHandlers oauth(upstreams.connections(), callers, metrics, logger);
  gateway::Gate gate(callers, logger);

  http::Server server(config.http, "gateway", telemetry);
  for (auto& route : gateway::AllRoutes({ingest, connections, profiles, sync, matching, reports,
                                         rules, tags, lists, open_api, webhooks, canvas, oauth})) {
    server.Route(route.method, route.path, std::max(config.http.body_limit, route.body_limit),
                 gate.Guard(route));
  }
  http::AdminServer admin(config.admin_address, telemetry);
  admin.AddCheck("kafka", [&] { return producer.Problem(); });
  admin.AddCheck("connections", [&] { return upstreams.ConnectionsProblem(); });

  return core::RunUntilSignalled(config.drain, admin, server);
}

}  // namespace

int main(int argc, char** argv) {
  return service::Run({"gateway",
                       "Serves the REST API, and takes what Intercom sends.",
                       [](core::Environment& environment) { gateway::Config::From(environment); },
                       Serve,
                       std::nullopt,
                       {}},
                      argc, argv);
}
