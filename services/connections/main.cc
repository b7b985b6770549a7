#include "libs/core/backoff.h"
#include "libs/core/clock.h"
#include "libs/core/run.h"
#include "libs/events/consumer.h"
#include "libs/events/outbox.h"
#include "libs/events/topics.h"
#include "libs/http/admin_server.h"
#include "libs/rpc/server.h"
#include "libs/service/program.h"
#include "libs/telemetry/telemetry.h"
#include "services/connections/config.h"
#include "services/connections/consumer.h"
#include "services/connections/service.h"
#include "services/connections/token_doubts.h"
#include "services/connections/uninstalls.h"

namespace {

using namespace accoil;  // NOLINT(google-build-using-namespace): main only composes

std::vector<std::vector<postgres::Migration>> AllMigrations() {
  return {events::Migrations(), connections::Migrations()};
}

/// What a loop does about a step that threw: says so, rests, and goes on.
core::Loop::Failed LogAndRest(const telemetry::Logger& logger, const char* what) {
  return [&logger, what](const std::exception& error) {
    logger.Warn("a step failed and is tried again", {{"step", what}, {"error", error.what()}});
    return std::chrono::milliseconds(2'000);
  };
}

int Serve() {
  const auto config = connections::Config::FromEnvironment();
  telemetry::Telemetry telemetry{"connections", config.log_level};
  const auto& logger = telemetry.logger();
  postgres::Database database{config.database, AllMigrations(), telemetry};
  events::EnsureTopics(config.consumer.kafka, logger);
  const core::SystemClock clock;
  const auto random = core::SystemRandom();
  const connections::Store store;
  const connections::SecretCipher cipher{config.encryption_keys};
  connections::Metrics metrics{telemetry};
  metrics.WindowLength(config.budget.window);
  connections::BudgetStore budgets{database, config.budget, metrics};
  events::OutboxRelay relay{config.consumer.kafka, database, telemetry};
  const connections::Tools tools{database, store,   budgets, cipher,
                                 clock,    metrics, logger,  [&relay] { relay.Wake(); }};
  intercom::Transport transport{config.intercom, telemetry};
  const auto calls = connections::MakeIntercomCalls(transport, config.oauth.app);

  connections::Profiles profiles{database, store, clock, metrics, tools.published};
  connections::Workspaces workspaces{tools, calls.ask, config.intercom_base_url};
  connections::OAuth oauth{tools, workspaces, calls, config.oauth};
  core::Loop forgetting{[&] { return oauth.ForgetOld(); },
                        LogAndRest(logger, "forget old OAuth states")};
  connections::Uninstalls uninstalls{tools, calls, {}, random};
  core::Loop uninstalling{[&] { return uninstalls.Step(); },
                          LogAndRest(logger, "uninstall the app")};
  connections::Disconnects disconnects{tools, config.disconnects, [&] { uninstalling.Wake(); }};
  core::Loop finishing{[&] { return disconnects.FinishOverdue(); },
                       LogAndRest(logger, "finish overdue disconnects")};
  connections::TokenDoubts doubts{tools, workspaces, calls, {}, random};
  core::Loop doubting{[&] { return doubts.Step(); }, LogAndRest(logger, "verify tokens")};
  connections::WebhookConsumer handler{store, clock, metrics, [&] { doubting.Wake(); }};
  events::Consumer consumer{config.consumer, connections::Topics(), handler, database, telemetry};
  connections::ApiKeys api_keys{database, store, clock, metrics, config.api_key_secret};

  connections::Service service{{tools, profiles, workspaces, oauth, disconnects, api_keys},
                               config.oauth.app.client_secret};
  rpc::Server server{config.rpc, service.faces(), telemetry};
  http::AdminServer admin{config.admin, telemetry};
  admin.AddCheck("database", [&database] { return database.Problem(); });
  admin.AddCheck("kafka", [&consumer] { return consumer.Problem(); });
  admin.OnScrape([&] {
    try {
      metrics.SetConnections(
          database.Transact([&](postgres::Transaction& tx) { return store.CountConnections(tx); }));
    } catch (const core::Unavailable& error) {
      logger.Warn("connections cannot be counted", {{"error", error.what()}});
    }
  });
  return core::RunUntilSignalled(config.drain, relay, uninstalling, doubting, finishing, forgetting,
                                 consumer, server, admin);
}

}  // namespace

int main(int argc, char** argv) {
  return service::Run(
      {"connections",
       "Keeps the connections to Intercom, the profiles, the API keys and the call budget.",
       [](core::Environment& environment) { connections::Config::Read(environment); },
       Serve,
       service::Schema{"connections", AllMigrations()},
       {}},
      argc, argv);
}
