#include <iostream>

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

namespace {

int Run() {
  using namespace accoil;  // NOLINT(google-build-using-namespace): main only composes
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
  gateway::ConnectionsHandlers connections(upstreams.connections());
  gateway::SyncHandlers sync(upstreams.trait_sync());
  gateway::MatchingHandlers matching(upstreams.matcher());
  gateway::ApiKeys api_keys(upstreams.connections(), clock, config.api_keys, metrics, logger);
  gateway::Gate gate(config.operator_key, api_keys, logger);

  http::Server server(config.http, "gateway", telemetry);
  for (auto& route : gateway::AllRoutes({ingest, connections, sync, matching})) {
    server.Route(route.method, route.path, gate.Guard(route));
  }
  http::AdminServer admin(config.admin_address, telemetry);
  admin.AddCheck("kafka", [&] { return producer.Problem(); });
  admin.AddCheck("connections", [&] { return upstreams.ConnectionsProblem(); });

  return core::RunUntilSignalled(admin, server);
}

}  // namespace

int main() {
  try {
    return Run();
  } catch (const std::exception& error) {
    std::cerr << "accoil-gateway cannot start: " << error.what() << std::endl;
    return 1;
  }
}
