#include "services/gateway/app_secrets.h"

#include "libs/core/errors.h"

namespace accoil::gateway {

AppSecrets::AppSecrets(ConnectionsApi& connections, const core::Clock& clock,
                       AppSecretCacheConfig config, telemetry::Logger logger)
    : connections_(connections), clock_(clock), config_(config), logger_(std::move(logger)) {}

AppSecrets::List AppSecrets::Get() { return Within(config_.known_for); }

AppSecrets::List AppSecrets::Refresh() { return Within(config_.ask_every); }

AppSecrets::List AppSecrets::Within(std::chrono::milliseconds lifetime) {
  {
    const std::lock_guard lock(mutex_);
    const auto now = clock_.Now();
    const bool asked_just_now = now < asked_ + config_.ask_every;
    if (secrets_ && (now < learnt_ + lifetime || asked_just_now)) return secrets_;
    asked_ = now;
  }
  // Outside the lock: a slow answer must not hold up those who can go on with what is remembered.
  auto answer = Ask();
  const std::lock_guard lock(mutex_);
  if (answer) {
    secrets_ = std::move(answer);
    learnt_ = clock_.Now();
  }
  if (!secrets_) {
    throw core::Unavailable("signatures cannot be checked now; try again shortly");
  }
  return secrets_;
}

AppSecrets::List AppSecrets::Ask() {
  try {
    const auto answer = connections_.ListAppSecrets();
    auto secrets = std::make_shared<std::vector<AppSecret>>();
    for (const auto& secret : answer.secrets()) {
      secrets->push_back(
          {secret.client_secret(), {secret.workspace_ids().begin(), secret.workspace_ids().end()}});
    }
    return secrets;
  } catch (const core::Error& error) {
    logger_.Warn("the secrets of apps cannot be asked for", {{"error", error.what()}});
    return nullptr;
  }
}

}  // namespace accoil::gateway
