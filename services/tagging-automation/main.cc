#include "libs/core/run.h"
#include "libs/events/consumer.h"
#include "libs/events/outbox.h"
#include "libs/events/topics.h"
#include "libs/http/admin_server.h"
#include "libs/postgres/migrations.h"
#include "services/tagging-automation/config.h"

namespace accoil::tagging {

std::vector<postgres::Migration> Migrations();

namespace {

int Run(const Config& config, telemetry::Telemetry& telemetry) {
  postgres::Database database(config.database, {events::Migrations(), Migrations()}, telemetry);
  events::EnsureTopics(config.consumer.kafka, telemetry.logger());
  events::OutboxRelay relay(config.consumer.kafka, database, telemetry);
  http::AdminServer admin(config.admin, telemetry);
  admin.AddCheck("database", [&] { return database.Problem(); });
  return core::RunUntilSignalled(admin, relay);
}

}  // namespace
}  // namespace accoil::tagging

int main() {
  using namespace accoil;
  const auto config = tagging::Config::FromEnvironment();
  telemetry::Telemetry telemetry("tagging-automation", config.log_level);
  try {
    return tagging::Run(config, telemetry);
  } catch (const std::exception& error) {
    telemetry.logger().Error("cannot start", {{"problem", error.what()}});
    return 1;
  }
}
