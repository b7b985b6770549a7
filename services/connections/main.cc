#include <iostream>

#include "libs/core/clock.h"
#include "libs/core/run.h"
#include "libs/events/consumer.h"
#include "libs/events/outbox.h"
#include "libs/events/topics.h"
#include "libs/http/admin_server.h"
#include "libs/intercom/client.h"
#include "libs/rpc/server.h"
#include "libs/telemetry/telemetry.h"
#include "services/connections/config.h"
#include "services/connections/service.h"

namespace {

int Run() {
  using namespace accoil;  // NOLINT(google-build-using-namespace): main only composes
  const auto config = connections::Config::FromEnvironment();
  telemetry::Telemetry telemetry{"connections", config.log_level};
  postgres::Database database{
      config.database, {events::Migrations(), connections::Migrations()}, telemetry};
  events::EnsureTopics(config.kafka, telemetry.logger());
  const core::SystemClock clock;
  const connections::Store store;
  const connections::TokenCipher cipher{config.encryption_keys};
  connections::Metrics metrics{telemetry};
  connections::BudgetStore budgets{database, config.budget, metrics};
  events::OutboxRelay relay{config.kafka, database, telemetry};
  const auto wake = [&relay] { relay.Wake(); };
  intercom::Transport transport{config.intercom, telemetry};
  const auto ask = [&transport](const std::string& base_url, const std::string& token) {
    return intercom::Client(transport, base_url, token).Me();
  };
  connections::Profiles profiles{database, store, clock, metrics, wake};
  connections::Workspaces workspaces{
      {database, store, budgets, cipher, clock, metrics, telemetry.logger()},
      ask,
      config.intercom_base_url,
      wake};
  connections::Service service{
      {database, store, profiles, workspaces, budgets, metrics, telemetry.logger()},
      config.api_key_secret};
  rpc::Server server{config.rpc, service.faces(), telemetry};
  http::AdminServer admin{config.admin, telemetry};
  admin.AddCheck("database", [&database] { return database.Problem(); });
  return core::RunUntilSignalled(relay, server, admin);
}

}  // namespace

int main() {
  try {
    return Run();
  } catch (const std::exception& error) {
    std::cerr << "accoil-connections cannot start: " << error.what() << std::endl;
    return 1;
  }
}
