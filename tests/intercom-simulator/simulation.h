#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>

#include "libs/core/backoff.h"
#include "libs/core/clock.h"
#include "tests/intercom-simulator/call_log.h"
#include "tests/intercom-simulator/faults.h"
#include "tests/intercom-simulator/installations.h"
#include "tests/intercom-simulator/settings.h"
#include "tests/intercom-simulator/tenants.h"
#include "tests/intercom-simulator/webhook_queue.h"

namespace accoil::simulator {

/// All that the API and the control face share. Any thread.
class Simulation {
 public:
  /// `initial`, `tenant` and `app` are what Reset returns to.
  Simulation(Settings initial, TenantInfo tenant, App app, const core::Clock& clock,
             core::RandomSource random);

  /// As it was at the beginning, without contacts.
  void Reset();

  Settings settings() const;
  void Change(const nlohmann::json& changes);

  Tenants& tenants() { return tenants_; }
  CallLog& calls() { return calls_; }
  Installations& installations() { return installations_; }
  WebhookQueue& webhooks() { return webhooks_; }
  core::TimePoint Now() const { return clock_.Now(); }
  double Random() { return random_(); }

  /// Whom a token lets in. Null when it is nobody's, also when it was once somebody's.
  std::shared_ptr<Tenant> FindByToken(const std::string& token);

  /// Has the app notified of what happened in a workspace, if it is installed there and wants to
  /// know.
  void Notify(const std::string& id_code, Event event);
  /// The same whether it is installed and wants to know or not. Nothing without a webhook URL.
  void NotifyAnyway(const std::string& id_code, Event event);
  /// Takes the app out of the workspace: its tokens are dead when this returns. With `notified` it
  /// is told of it. Answers whether it was installed.
  bool Uninstall(const std::string& id_code, bool notified);

  /// Works on the faults, alone.
  template <typename Work>
  auto WithFaults(Work work) {
    const std::lock_guard lock(mutex_);
    return work(faults_);
  }

  /// Keeps the caller for that long, or until the simulator stops.
  void Hold(std::chrono::milliseconds duration);
  /// As Hold, for faults. Only so many callers are held at once that others are still served; one
  /// too many is let go at once.
  void HoldForFault(std::chrono::milliseconds duration);
  /// Lets go of all that are held, now and from now on.
  void Release();

  /// How many calls can be held by faults at once.
  static constexpr int kMostHeld = 192;

 private:
  void Send(const App& app, Delivery::Kind kind, const std::string& url, const std::string& id_code,
            Event event);

  const Settings initial_settings_;
  const TenantInfo initial_tenant_;
  const core::Clock& clock_;
  const core::RandomSource random_;
  Tenants tenants_;
  CallLog calls_;
  Installations installations_;
  WebhookQueue webhooks_;
  mutable std::mutex mutex_;
  Settings settings_;
  Faults faults_;
  std::mutex hold_mutex_;
  std::condition_variable released_;
  bool release_ = false;
  int held_ = 0;
};

}  // namespace accoil::simulator
