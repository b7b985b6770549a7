#include <CLI/CLI.hpp>
#include <iostream>
#include <thread>

#include "libs/core/run.h"
#include "libs/events/consumer.h"
#include "libs/events/outbox.h"
#include "libs/events/topics.h"
#include "libs/http/admin_server.h"
#include "libs/rpc/server.h"
#include "services/widget/config.h"
#include "services/widget/consumer.h"
#include "services/widget/rebuild.h"
#include "services/widget/rebuild_watch.h"
#include "services/widget/service.h"

namespace {

using namespace accoil;  // NOLINT(google-build-using-namespace): main only composes

int Serve() {
  const auto config = widget::Config::FromEnvironment();
  telemetry::Telemetry telemetry("widget", config.log_level);
  postgres::Database database(config.database, {events::Migrations(), widget::Migrations()},
                              telemetry);
  events::EnsureTopics(config.consumer.kafka, telemetry.logger());

  const core::SystemClock clock;
  widget::Metrics metrics(telemetry);
  const widget::ReadModel model;
  const widget::InboxStore store;
  widget::ModelHandler handler(model);
  events::Consumer consumer(config.consumer, widget::ModelHandler::Topics(), handler, database,
                            telemetry);
  // Dead letters go out through it.
  events::OutboxRelay relay(config.consumer.kafka, database, telemetry);
  widget::Rebuild rebuild(database);
  widget::RebuildWatch watch(rebuild, telemetry.logger(), [&] { consumer.Reread(); });

  widget::Service service({database, store, config.links, clock, metrics, telemetry.logger()});
  rpc::Server server(config.rpc, {&service}, telemetry);
  http::AdminServer admin(config.admin, telemetry);
  admin.AddCheck("database", [&] { return database.Problem(); });
  admin.AddCheck("kafka", [&] { return consumer.Problem(); });
  return core::RunUntilSignalled(admin, relay, watch, consumer, server);
}

/// Begins a rebuild, which the running service does, and tells how far it is.
int RebuildModel() {
  core::Environment environment;
  const auto config = postgres::DatabaseConfig::FromEnvironment(environment, "widget");
  environment.FinishOrExit();
  telemetry::Telemetry telemetry("widget", "warn");
  postgres::Database database(config, {events::Migrations(), widget::Migrations()}, telemetry);
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
  CLI::App app("Serves the Inbox widget from its read model.", "accoil-widget");
  const auto* rebuild = app.add_subcommand(
      "rebuild", "Rebuilds the read model from Kafka while a running service serves the old one");
  CLI11_PARSE(app, argc, argv);
  try {
    return rebuild->parsed() ? RebuildModel() : Serve();
  } catch (const std::exception& error) {
    std::cerr << "accoil-widget cannot go on: " << error.what() << std::endl;
    return 1;
  }
}
