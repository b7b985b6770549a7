#include "services/widget/config.h"

#include "libs/core/run.h"

namespace accoil::widget {
namespace {

std::string Link(core::Environment& environment, const std::string& name) {
  auto link = environment.Text(name, "");
  if (const auto problem = TemplateProblem(link); !problem.empty()) {
    environment.Complain(name, problem);
  }
  return link;
}

}  // namespace

Config Config::Read(core::Environment& environment) {
  Config config;
  config.log_level =
      environment.Choice("ACCOIL_LOG_LEVEL", "info", {"debug", "info", "warn", "error"});
  config.admin = environment.Address("ACCOIL_ADMIN_ADDRESS");
  config.drain = core::DrainTimeFromEnvironment(environment);
  config.rpc = rpc::ServerConfig::FromEnvironment(environment);
  config.database = postgres::DatabaseConfig::FromEnvironment(environment, "widget");
  config.consumer = events::ConsumerConfig::FromEnvironment(environment, "widget");
  config.links = {Link(environment, "ACCOIL_USER_LINK"), Link(environment, "ACCOIL_ACCOUNT_LINK")};
  config.cache_bytes = static_cast<std::size_t>(environment.Integer(
      "ACCOIL_CACHE_BYTES", std::int64_t{128} << 20, 0, std::int64_t{64} << 30));
  return config;
}

Config Config::FromEnvironment() {
  core::Environment environment;
  auto config = Read(environment);
  environment.FinishOrExit();
  return config;
}

}  // namespace accoil::widget
