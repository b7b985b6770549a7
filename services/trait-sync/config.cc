#include "services/trait-sync/config.h"

#include "libs/core/run.h"

namespace accoil::traitsync {
namespace {

DeliveryConfig ReadDelivery(core::Environment& environment) {
  using std::chrono::hours;
  using std::chrono::minutes;
  using std::chrono::seconds;
  DeliveryConfig config;
  config.window = environment.Duration("ACCOIL_TRAIT_WINDOW", seconds(2), seconds(0), minutes(1));
  config.dispatchers =
      static_cast<int>(environment.Integer("ACCOIL_DELIVERY_DISPATCHERS", 4, 1, 64));
  config.concurrency =
      static_cast<int>(environment.Integer("ACCOIL_DELIVERY_CONCURRENCY", 16, 1, 256));
  config.claim = environment.Duration("ACCOIL_DELIVERY_CLAIM", minutes(1), seconds(3), hours(1));
  config.archive_retry =
      environment.Duration("ACCOIL_ARCHIVE_RETRY", hours(24), seconds(1), hours(24 * 30));
  config.sweep_interval =
      environment.Duration("ACCOIL_SWEEP_INTERVAL", hours(24), seconds(1), hours(24 * 30));
  config.waiting_too_long =
      environment.Duration("ACCOIL_WAITING_TOO_LONG", minutes(10), seconds(1), hours(24));
  config.limits.text =
      static_cast<std::size_t>(environment.Integer("ACCOIL_ATTRIBUTE_TEXT_LIMIT", 255, 16, 65'535));
  config.limits.name =
      static_cast<std::size_t>(environment.Integer("ACCOIL_ATTRIBUTE_NAME_LIMIT", 190, 16, 1'024));
  return config;
}

}  // namespace

Config Config::Read(core::Environment& environment) {
  Config config;
  config.log_level =
      environment.Choice("ACCOIL_LOG_LEVEL", "info", {"debug", "info", "warn", "error"});
  config.admin = environment.Address("ACCOIL_ADMIN_ADDRESS");
  config.drain = core::DrainTimeFromEnvironment(environment);
  config.connections = rpc::Target::FromEnvironment(environment, "ACCOIL_CONNECTIONS_ADDRESS");
  config.matcher = rpc::Target::FromEnvironment(environment, "ACCOIL_MATCHER_ADDRESS");
  config.rpc = rpc::ServerConfig::FromEnvironment(environment);
  config.database = postgres::DatabaseConfig::FromEnvironment(environment, "traitsync");
  config.consumer = events::ConsumerConfig::FromEnvironment(environment, "trait-sync");
  config.intercom = intercom::Transport::Config::FromEnvironment(environment);
  config.delivery = ReadDelivery(environment);
  // A worker must be able to finish a call well before its claim ends.
  if (config.intercom.timeout * 3 > config.delivery.claim) {
    environment.Complain("ACCOIL_INTERCOM_TIMEOUT",
                         "must be at most a third of ACCOIL_DELIVERY_CLAIM");
  }
  return config;
}

Config Config::FromEnvironment() {
  core::Environment environment;
  auto config = Read(environment);
  environment.FinishOrExit();
  return config;
}

}  // namespace accoil::traitsync
