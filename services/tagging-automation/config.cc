#include "services/tagging-automation/config.h"

#include "libs/core/run.h"

namespace accoil::tagging {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

RuleConfig ReadRules(core::Environment& environment) {
  RuleConfig config;
  config.filter_patience =
      environment.Duration("ACCOIL_FILTER_PATIENCE", minutes(1), seconds(0), hours(24));
  config.clock =
      environment.Duration("ACCOIL_RULE_CLOCK", minutes(1), milliseconds(100), hours(24));
  config.preview_time =
      environment.Duration("ACCOIL_PREVIEW_TIME", seconds(8), milliseconds(100), minutes(1));
  return config;
}

DeliveryConfig ReadDelivery(core::Environment& environment) {
  DeliveryConfig config;
  config.window = environment.Duration("ACCOIL_TAG_WINDOW", seconds(1), seconds(0), minutes(1));
  config.batch = static_cast<int>(environment.Integer("ACCOIL_TAG_BATCH", 100, 1, 100));
  config.wait =
      environment.Duration("ACCOIL_TAG_WAIT", hours(24 * 14), seconds(1), hours(24 * 365));
  config.dispatchers = static_cast<int>(environment.Integer("ACCOIL_TAG_DISPATCHERS", 4, 1, 64));
  config.claim = environment.Duration("ACCOIL_TAG_CLAIM", minutes(1), seconds(3), hours(1));
  config.history =
      environment.Duration("ACCOIL_TAG_HISTORY", hours(24 * 365), hours(1), hours(24 * 365 * 10));
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
  config.rpc = rpc::ServerConfig::FromEnvironment(environment);
  config.database = postgres::DatabaseConfig::FromEnvironment(environment, "tagging");
  config.consumer = events::ConsumerConfig::FromEnvironment(environment, "tagging-automation");
  config.intercom = intercom::Transport::Config::FromEnvironment(environment);
  config.rules = ReadRules(environment);
  config.delivery = ReadDelivery(environment);
  // A worker must be able to finish a call well before its claim ends.
  if (config.intercom.timeout * 3 > config.delivery.claim) {
    environment.Complain("ACCOIL_INTERCOM_TIMEOUT", "must be at most a third of ACCOIL_TAG_CLAIM");
  }
  return config;
}

Config Config::FromEnvironment() {
  core::Environment environment;
  auto config = Read(environment);
  environment.FinishOrExit();
  return config;
}

}  // namespace accoil::tagging
