#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "libs/core/clock.h"
#include "libs/telemetry/log.h"
#include "services/gateway/upstreams.h"

namespace accoil::gateway {

/// A secret that Intercom signs an app's requests with.
struct AppSecret {
  std::string client_secret;
  /// The workspaces that they may speak of; empty means every one: it is the suite's own app.
  std::set<std::string> workspaces;
};

struct AppSecretCacheConfig {
  /// How long the secrets are believed without asking again.
  std::chrono::milliseconds known_for{30'000};
  /// How long to wait after asking, whatever came of it, before something may make us ask again.
  std::chrono::milliseconds ask_every{1'000};
};

/// The secrets of all apps: asks connections and remembers the answer briefly; while connections
/// does not answer, the last one goes on to count. Any thread.
class AppSecrets {
 public:
  using List = std::shared_ptr<const std::vector<AppSecret>>;

  /// References outlive it.
  AppSecrets(ConnectionsApi& connections, const core::Clock& clock, AppSecretCacheConfig config,
             telemetry::Logger logger);

  /// Throws core::Unavailable when connections does not answer and never did.
  List Get();
  /// The same for who doubts what Get answered: asks again, unless that was done a moment ago.
  List Refresh();

 private:
  /// What is remembered, when it is younger than `lifetime` or connections was asked a moment ago;
  /// else what connections answers.
  List Within(std::chrono::milliseconds lifetime);
  List Ask();

  ConnectionsApi& connections_;
  const core::Clock& clock_;
  const AppSecretCacheConfig config_;
  telemetry::Logger logger_;
  std::mutex mutex_;
  List secrets_;
  /// When secrets_ was answered.
  core::TimePoint learnt_;
  /// When connections was asked last.
  core::TimePoint asked_;
};

}  // namespace accoil::gateway
