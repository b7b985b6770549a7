#include "libs/core/errors.h"
#include "libs/core/run.h"
#include "libs/events/consumer.h"
#include "libs/events/outbox.h"
#include "libs/events/topics.h"
#include "libs/http/admin_server.h"
#include "libs/intercom/session.h"
#include "libs/service/program.h"
#include "services/trait-sync/clean_ups.h"
#include "services/trait-sync/config.h"
#include "services/trait-sync/connections_client.h"
#include "services/trait-sync/consumer.h"
#include "services/trait-sync/dispatcher.h"
#include "services/trait-sync/live_intercom.h"
#include "services/trait-sync/matcher_client.h"
#include "services/trait-sync/report_store.h"
#include "services/trait-sync/service.h"
#include "services/trait-sync/sweeper.h"

namespace accoil::traitsync {
namespace {

std::vector<std::vector<postgres::Migration>> AllMigrations() {
  return {events::Migrations(), Migrations()};
}

int Run(const Config& config, telemetry::Telemetry& telemetry) {
  postgres::Database database(config.database, AllMigrations(), telemetry);
  events::EnsureTopics(config.consumer.kafka, telemetry.logger());

  Metrics metrics(telemetry);
  Warnings warnings(telemetry.logger());
  Store store(database, config.delivery.window);
  const core::SystemClock clock;
  const auto random = core::SystemRandom();

  intercom::Transport transport(config.intercom, telemetry);
  intercom::Budget budget(config.connections, telemetry);
  intercom::Directory directory(config.connections);
  LiveIntercom intercom(transport, budget, directory);
  MatcherClient matcher(config.matcher, warnings);
  Definitions definitions(store, config.delivery, clock, metrics, warnings);
  RoundTools tools{store,
                   intercom,
                   definitions,
                   config.delivery,
                   clock,
                   random,
                   metrics,
                   warnings,
                   [&](core::ProductId product, const std::vector<Subject>& subjects) {
                     matcher.RequestMatch(product, subjects);
                   }};
  Dispatcher dispatcher(tools);
  ConnectionsClient connections(config.connections);
  CleanUps clean_ups(
      tools, [&](core::ProductId product, std::int64_t version, const std::string& left_behind) {
        connections.FinishDisconnect(product, version, left_behind);
      });
  Sweeper sweeper(store, config.delivery.sweep_interval, warnings, [&] { dispatcher.Wake(); });

  FactHandler handler(store, metrics, warnings,
                      {[&] { dispatcher.Wake(); },
                       [&](core::ProductId product) {
                         metrics.HeldUp(product, clock.Now());
                         dispatcher.ConnectionChanged(product);
                       }});
  events::OutboxRelay relay(config.consumer.kafka, database, telemetry);
  events::Consumer consumer(config.consumer, FactHandler::Topics(), handler, database, telemetry);

  ReportStore reports(database);
  Service service(
      store, reports, config.delivery, telemetry, [&] { sweeper.Wake(); },
      [&] { dispatcher.Wake(); });
  rpc::Server server(config.rpc, {&service}, telemetry);
  http::AdminServer admin(config.admin, telemetry);
  admin.AddCheck("database", [&] { return database.Problem(); });
  admin.AddCheck("kafka", [&] { return consumer.Problem(); });
  admin.OnScrape([&] {
    try {
      metrics.SetBacklog(store.CountBacklog());
    } catch (const core::Unavailable& error) {
      warnings.Warn("metrics", "what is due cannot be counted", error.what());
    }
  });
  return core::RunUntilSignalled(config.drain, admin, relay, budget, dispatcher, clean_ups, sweeper,
                                 consumer, server);
}

int Serve() {
  const auto config = Config::FromEnvironment();
  telemetry::Telemetry telemetry("trait-sync", config.log_level);
  try {
    return Run(config, telemetry);
  } catch (const std::exception& error) {
    telemetry.logger().Error("cannot start", {{"problem", error.what()}});
    return 1;
  }
}

}  // namespace
}  // namespace accoil::traitsync

int main(int argc, char** argv) {
  using namespace accoil;
  return service::Run({"trait-sync",
                       "Brings traits and segments to Intercom's contacts and companies.",
                       [](core::Environment& environment) { traitsync::Config::Read(environment); },
                       traitsync::Serve,
                       service::Schema{"traitsync", traitsync::AllMigrations()},
                       {}},
                      argc, argv);
}
