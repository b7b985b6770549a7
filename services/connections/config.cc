#include "services/connections/config.h"

#include "libs/core/errors.h"
#include "services/connections/encoding.h"

namespace accoil::connections {
namespace {

constexpr std::size_t kShortestSecret = 32;

std::vector<EncryptionKey> ReadEncryptionKeys(core::Environment& environment) {
  const std::string name = "ACCOIL_ENCRYPTION_KEYS";
  const auto text = environment.Secret(name);
  if (text.empty()) return {};
  try {
    return ParseEncryptionKeys(text);
  } catch (const core::InvalidArgument& error) {
    environment.Complain(name, error.what());
    return {};
  }
}

std::string ReadApiKeySecret(core::Environment& environment) {
  const std::string name = "ACCOIL_API_KEY_SECRET";
  const auto text = environment.Secret(name);
  if (text.empty()) return {};
  const auto secret = DecodeBase64(text);
  if (!secret || secret->size() < kShortestSecret) {
    environment.Complain(name, "must be the base64 of at least 32 bytes");
    return {};
  }
  return *secret;
}

BudgetSettings ReadBudget(core::Environment& environment) {
  using std::chrono::milliseconds;
  using std::chrono::minutes;
  using std::chrono::seconds;
  BudgetSettings budget;
  const auto window =
      environment.Duration("ACCOIL_BUDGET_WINDOW", budget.window, seconds(2), minutes(10));
  budget.window = std::chrono::duration_cast<seconds>(window);
  if (budget.window != window) {
    environment.Complain("ACCOIL_BUDGET_WINDOW", "must be whole seconds");
  }
  budget.guard =
      environment.Duration("ACCOIL_BUDGET_GUARD", budget.guard, milliseconds(0), seconds(5));
  budget.longest_lease = environment.Duration("ACCOIL_BUDGET_LONGEST_LEASE", budget.longest_lease,
                                              milliseconds(500), minutes(10));
  budget.call_timeout = environment.Duration("ACCOIL_BUDGET_CALL_TIMEOUT", budget.call_timeout,
                                             seconds(1), minutes(10));
  return budget;
}

}  // namespace

Config Config::Read(core::Environment& environment) {
  Config config;
  config.log_level =
      environment.Choice("ACCOIL_LOG_LEVEL", "info", {"debug", "info", "warn", "error"});
  config.admin = environment.Address("ACCOIL_ADMIN_ADDRESS");
  config.rpc = rpc::ServerConfig::FromEnvironment(environment);
  config.database = postgres::DatabaseConfig::FromEnvironment(environment, "connections");
  config.kafka = events::KafkaConfig::FromEnvironment(environment);
  config.intercom = intercom::Transport::Config::FromEnvironment(environment);
  config.intercom_base_url = environment.Text("ACCOIL_INTERCOM_BASE_URL", "");
  config.encryption_keys = ReadEncryptionKeys(environment);
  config.api_key_secret = ReadApiKeySecret(environment);
  config.budget = ReadBudget(environment);
  return config;
}

Config Config::FromEnvironment() {
  core::Environment environment;
  auto config = Read(environment);
  environment.FinishOrExit();
  return config;
}

}  // namespace accoil::connections
