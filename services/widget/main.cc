#include <iostream>
#include <thread>

#include "libs/core/run.h"
#include "libs/events/consumer.h"
#include "libs/events/outbox.h"
#include "libs/events/topics.h"
#include "libs/http/admin_server.h"
#include "libs/rpc/server.h"
#include "libs/service/program.h"
#include "services/widget/cache_keeper.h"
#include "services/widget/config.h"
#include "services/widget/consumer.h"
#include "services/widget/list_keeper.h"
#include "services/widget/rebuild.h"
#include "services/widget/rebuild_watch.h"
#include "services/widget/service.h"

namespace {

using namespace accoil;  // NOLINT(google-build-using-namespace): main only composes

std::vector<std::vector<postgres::Migration>> AllMigrations() {
  return {events::Migrations(), widget::Migrations()};
}

int Serve() {
  const auto config = widget::Config::FromEnvironment();
  telemetry::Telemetry telemetry("widget", config.log_level);
  postgres::Database database(config.database, AllMigrations(), telemetry);
  events::EnsureTopics(config.consumer.kafka, telemetry.logger());

  const core::SystemClock clock;
  widget::Metrics metrics(telemetry);
  const widget::ReadModel model;
  widget::FactCache cache(config.cache_bytes);
  widget::CacheKeeper cache_keeper(config.database, cache, metrics, telemetry.logger());
  widget::ChoiceKeeper choices(database, telemetry.logger());
  const widget::InboxReader inbox(database, cache, choices, metrics);
  const widget::ListStore lists(database);
  widget::ModelHandler handler(model);
  events::Consumer consumer(config.consumer, widget::ModelHandler::Topics(), handler, database,
                            telemetry);
  // Dead letters go out through it.
  events::OutboxRelay relay(config.consumer.kafka, database, telemetry);
  widget::Rebuild rebuild(database);
  widget::ListKeeper keeper(database, metrics, telemetry.logger());
  widget::RebuildWatch watch(rebuild, telemetry.logger(), [&] { consumer.Reread(); });

  widget::Service service(
      {inbox, choices, lists, config.links, clock, metrics, telemetry.logger()});
  rpc::Server server(config.rpc, {&service}, telemetry);
  http::AdminServer admin(config.admin, telemetry);
  admin.AddCheck("database", [&] { return database.Problem(); });
  admin.AddCheck("kafka", [&] { return consumer.Problem(); });
  return core::RunUntilSignalled(config.drain, admin, relay, watch, keeper, consumer, cache_keeper,
                                 choices, server);
}

/// Begins a rebuild, which the running service does, and tells how far it is.
int RebuildModel() {
  core::Environment environment;
  const auto config = postgres::DatabaseConfig::FromEnvironment(environment, "widget");
  environment.FinishOrExit();
  telemetry::Telemetry telemetry("widget", "warn");
  postgres::Database database(config, AllMigrations(), telemetry);
  widget::Rebuild rebuild(database);
  rebuild.Begin();
  for (auto progress = rebuild.Look(); progress.under_way; progress = rebuild.Look()) {
    std::cout << progress.records - progress.left << " of " << progress.records
              << " records applied again\n"
              << std::flush;
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  std::cout << "the read model is rebuilt\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return service::Run(
      {"widget",
       "Serves the Inbox widget from its read model.",
       [](core::Environment& environment) { widget::Config::Read(environment); },
       Serve,
       service::Schema{"widget", AllMigrations()},
       {{"rebuild", "Rebuilds the read model from Kafka while a running service serves the old one",
         RebuildModel}}},
      argc, argv);
}
