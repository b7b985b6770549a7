#include "services/connections/config.h"

#include "libs/core/errors.h"
#include "libs/core/run.h"
#include "services/connections/encoding.h"

namespace accoil::connections {
namespace {

constexpr std::size_t kShortestSecret = 32;

bool IsUrl(std::string_view text) {
  return text.starts_with("https://") || text.starts_with("http://");
}

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

OAuth::Settings ReadOAuth(core::Environment& environment, const std::string& base_url) {
  OAuth::Settings oauth;
  oauth.app.client_id = environment.Text("ACCOIL_INTERCOM_CLIENT_ID", "");
  oauth.app.client_secret = environment.Secret("ACCOIL_INTERCOM_CLIENT_SECRET", "");
  oauth.authorize_url =
      environment.Text("ACCOIL_INTERCOM_AUTHORIZE_URL", "https://app.intercom.com/oauth");
  oauth.public_url = environment.Text("ACCOIL_PUBLIC_URL", "");
  oauth.token_base_url = base_url.empty() ? intercom::BaseUrl("US") : base_url;
  const bool has_id = !oauth.app.client_id.empty();
  if (has_id && oauth.app.client_secret.empty()) {
    environment.Complain("ACCOIL_INTERCOM_CLIENT_SECRET",
                         "must be set together with ACCOIL_INTERCOM_CLIENT_ID");
  }
  if (!has_id && !oauth.app.client_secret.empty()) {
    environment.Complain("ACCOIL_INTERCOM_CLIENT_ID",
                         "must be set together with ACCOIL_INTERCOM_CLIENT_SECRET");
  }
  while (oauth.public_url.ends_with('/')) oauth.public_url.pop_back();
  if (has_id && !IsUrl(oauth.public_url)) {
    environment.Complain("ACCOIL_PUBLIC_URL",
                         "must be the http:// or https:// URL of the gateway as browsers reach it, "
                         "because ACCOIL_INTERCOM_CLIENT_ID is set");
  }
  if (!IsUrl(oauth.authorize_url)) {
    environment.Complain("ACCOIL_INTERCOM_AUTHORIZE_URL", "must be an http:// or https:// URL");
  }
  return oauth;
}

}  // namespace

Config Config::Read(core::Environment& environment) {
  Config config;
  config.log_level =
      environment.Choice("ACCOIL_LOG_LEVEL", "info", {"debug", "info", "warn", "error"});
  config.admin = environment.Address("ACCOIL_ADMIN_ADDRESS");
  config.drain = core::DrainTimeFromEnvironment(environment);
  config.rpc = rpc::ServerConfig::FromEnvironment(environment);
  config.database = postgres::DatabaseConfig::FromEnvironment(environment, "connections");
  config.consumer = events::ConsumerConfig::FromEnvironment(environment, "connections");
  config.intercom = intercom::Transport::Config::FromEnvironment(environment);
  config.intercom_base_url = environment.Text("ACCOIL_INTERCOM_BASE_URL", "");
  config.oauth = ReadOAuth(environment, config.intercom_base_url);
  config.disconnects.patience =
      environment.Duration("ACCOIL_DISCONNECT_PATIENCE", config.disconnects.patience,
                           std::chrono::seconds(1), std::chrono::hours(7 * 24));
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
