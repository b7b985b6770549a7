#include "libs/core/clock.h"
#include "libs/core/run.h"
#include "libs/events/producer.h"
#include "libs/events/topics.h"
#include "libs/http/admin_server.h"
#include "libs/http/server.h"
#include "libs/telemetry/telemetry.h"
#include "services/gateway/api_keys.h"
#include "services/gateway/config.h"
#include "services/gateway/gate.h"
#include "services/gateway/grpc_upstreams.h"
#include "services/gateway/ingest.h"
#include "services/gateway/metrics.h"
#include "services/gateway/routes.h"

int main() {
  using namespace accoil;
  const auto config = gateway::Config::FromEnvironment();
  telemetry::Telemetry telemetry("gateway", config.log_level);
  gateway::Metrics metrics(telemetry.metrics());
  const core::SystemClock clock;

  events::EnsureTopics(config.kafka, telemetry.logger());
  events::Producer producer(config.kafka, telemetry);
  gateway::KafkaSink sink(producer);
  gateway::GrpcUpstreams upstreams(config.connections_address, config.matcher_address,
                                   config.trait_sync_address, config.rpc);

  gateway::Ingest ingest(sink, clock, config.ingest, metrics);
  gateway::ConnectionsHandlers connections(upstreams.connections());
  gateway::SyncHandlers sync(upstreams.trait_sync());
  gateway::MatchingHandlers matching(upstreams.matcher());
  gateway::ApiKeys api_keys(upstreams.connections(), clock, config.api_keys, metrics);
  gateway::Gate gate(config.operator_key, api_keys, telemetry.logger());

  http::Server server(config.http, "gateway", telemetry);
  for (auto& route : gateway::AllRoutes({ingest, connections, sync, matching})) {
    server.Route(route.method, route.path, gate.Guard(route));
  }
  http::AdminServer admin(config.admin_address, telemetry);
  admin.AddCheck("kafka", [&] { return producer.Problem(); });
  admin.AddCheck("connections", [&] { return upstreams.ConnectionsProblem(); });

  return core::RunUntilSignalled(admin, server);
}
