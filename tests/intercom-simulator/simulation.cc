#include "tests/intercom-simulator/simulation.h"

namespace accoil::simulator {

Simulation::Simulation(Settings initial, TenantInfo tenant, const core::Clock& clock,
                       core::RandomSource random)
    : initial_settings_(std::move(initial)),
      initial_tenant_(std::move(tenant)),
      clock_(clock),
      random_(std::move(random)),
      faults_(random_) {
  Reset();
}

void Simulation::Reset() {
  tenants_.Clear();
  tenants_.Put(initial_tenant_);
  calls_.Clear();
  const std::lock_guard lock(mutex_);
  settings_ = initial_settings_;
  faults_.Clear();
}

Settings Simulation::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

void Simulation::Change(const nlohmann::json& changes) {
  const std::lock_guard lock(mutex_);
  settings_ = Changed(settings_, changes);
}

void Simulation::Hold(std::chrono::milliseconds duration) {
  if (duration.count() <= 0) return;
  std::unique_lock lock(hold_mutex_);
  released_.wait_for(lock, duration, [this] { return release_; });
}

void Simulation::HoldForFault(std::chrono::milliseconds duration) {
  std::unique_lock lock(hold_mutex_);
  if (held_ >= kMostHeld) return;
  ++held_;
  released_.wait_for(lock, duration, [this] { return release_; });
  --held_;
}

void Simulation::Release() {
  const std::lock_guard lock(hold_mutex_);
  release_ = true;
  released_.notify_all();
}

}  // namespace accoil::simulator
