#include "services/matcher/config.h"

#include "libs/core/run.h"
#include "libs/core/text.h"

namespace accoil::matcher {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

std::vector<milliseconds> Durations(core::Environment& environment, const std::string& name,
                                    std::string_view fallback) {
  std::vector<milliseconds> durations;
  const auto text = environment.Text(name, fallback);
  if (text == "never") return durations;
  for (const auto& part : core::Split(text, ',')) {
    const auto duration = core::ParseDuration(core::Trim(part));
    if (!duration || *duration < seconds(1)) {
      environment.Complain(
          name, "must be never, or durations of at least 1s such as 1min,5min,15min; got " + text);
      return durations;
    }
    durations.push_back(*duration);
  }
  return durations;
}

MatchingConfig Matching(core::Environment& environment) {
  MatchingConfig config;
  config.interval =
      environment.Duration("ACCOIL_MATCH_INTERVAL", config.interval, seconds(10), hours(24 * 7));
  config.quiet =
      environment.Duration("ACCOIL_MATCH_QUIET", config.quiet, milliseconds(0), minutes(1));
  config.longest =
      environment.Duration("ACCOIL_MATCH_LONGEST", config.longest, milliseconds(0), minutes(10));
  config.search_batch = static_cast<int>(
      environment.Integer("ACCOIL_MATCH_SEARCH_BATCH", config.search_batch, 1, 1'000));
  config.fresh = environment.Duration("ACCOIL_MATCH_FRESH", config.fresh, seconds(0), hours(6));
  config.company_age =
      environment.Duration("ACCOIL_MATCH_COMPANY_AGE", config.company_age, minutes(1), hours(720));
  config.look_again = Durations(environment, "ACCOIL_MATCH_LOOK_AGAIN", "1min,5min,15min");
  config.confirmations = static_cast<int>(
      environment.Integer("ACCOIL_MATCH_CONFIRMATIONS", config.confirmations, 1, 1'000'000));
  config.workers =
      static_cast<int>(environment.Integer("ACCOIL_MATCH_WORKERS", config.workers, 1, 64));
  config.poll =
      environment.Duration("ACCOIL_MATCH_POLL", config.poll, milliseconds(10), seconds(10));
  // Shorter than a call with its wait for a permit can take, a replica may lose a product that it
  // works for to another, who goes on from its last step.
  config.claim = environment.Duration("ACCOIL_MATCH_CLAIM", config.claim, seconds(10), hours(1));
  config.backoff.longest = environment.Duration("ACCOIL_MATCH_RETRY_LONGEST",
                                                config.backoff.longest, seconds(1), hours(1));
  return config;
}

}  // namespace

Config Config::Read(core::Environment& environment) {
  Config config;
  config.log_level =
      environment.Choice("ACCOIL_LOG_LEVEL", "info", {"debug", "info", "warn", "error"});
  config.database = postgres::DatabaseConfig::FromEnvironment(environment, "matcher");
  config.consumer = events::ConsumerConfig::FromEnvironment(environment, "matcher");
  config.rpc = rpc::ServerConfig::FromEnvironment(environment);
  config.admin_address = environment.Address("ACCOIL_ADMIN_ADDRESS");
  config.drain = core::DrainTimeFromEnvironment(environment);
  config.connections_address =
      rpc::Target::FromEnvironment(environment, "ACCOIL_CONNECTIONS_ADDRESS");
  config.intercom = intercom::Transport::Config::FromEnvironment(environment);
  config.matching = Matching(environment);
  return config;
}

Config Config::FromEnvironment() {
  core::Environment environment;
  auto config = Read(environment);
  environment.FinishOrExit();
  return config;
}

}  // namespace accoil::matcher
