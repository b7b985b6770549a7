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
#include "tests/intercom-simulator/settings.h"
#include "tests/intercom-simulator/tenants.h"

namespace accoil::simulator {

/// All that the API and the control face share. Any thread.
class Simulation {
 public:
  /// `initial` and `tenant` are what Reset returns to.
  Simulation(Settings initial, TenantInfo tenant, const core::Clock& clock,
             core::RandomSource random);

  /// As it was at the beginning, without contacts.
  void Reset();

  Settings settings() const;
  void Change(const nlohmann::json& changes);

  Tenants& tenants() { return tenants_; }
  CallLog& calls() { return calls_; }
  core::TimePoint Now() const { return clock_.Now(); }
  double Random() { return random_(); }

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
  const Settings initial_settings_;
  const TenantInfo initial_tenant_;
  const core::Clock& clock_;
  const core::RandomSource random_;
  Tenants tenants_;
  CallLog calls_;
  mutable std::mutex mutex_;
  Settings settings_;
  Faults faults_;
  std::mutex hold_mutex_;
  std::condition_variable released_;
  bool release_ = false;
  int held_ = 0;
};

}  // namespace accoil::simulator
