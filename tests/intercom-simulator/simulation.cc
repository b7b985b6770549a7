#include "tests/intercom-simulator/simulation.h"

#include "tests/intercom-simulator/uuid.h"

namespace accoil::simulator {

Simulation::Simulation(Settings initial, TenantInfo tenant, App app, const core::Clock& clock,
                       core::RandomSource random)
    : initial_settings_(std::move(initial)),
      initial_tenant_(std::move(tenant)),
      clock_(clock),
      random_(std::move(random)),
      installations_(std::move(app)),
      faults_(random_) {
  Reset();
}

void Simulation::Reset() {
  tenants_.Clear();
  tenants_.Put(initial_tenant_);
  calls_.Clear();
  installations_.Reset();
  webhooks_.Clear();
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

std::shared_ptr<Tenant> Simulation::FindByToken(const std::string& token) {
  if (installations_.IsDead(token)) return nullptr;
  const auto id_code = installations_.WorkspaceOf(token);
  return id_code.empty() ? tenants_.FindByToken(token) : tenants_.Find(id_code);
}

void Simulation::Notify(const std::string& id_code, Event event) {
  const auto app = installations_.app();
  if (!app.topics.contains(event.topic) || !installations_.IsInstalled(id_code)) return;
  Send(app, Delivery::Kind::kWebhook, app.webhook_url, id_code, std::move(event));
}

void Simulation::NotifyAnyway(const std::string& id_code, Event event) {
  const auto app = installations_.app();
  Send(app, Delivery::Kind::kWebhook, app.webhook_url, id_code, std::move(event));
}

bool Simulation::Uninstall(const std::string& id_code, bool notified) {
  if (!installations_.Uninstall(id_code)) return false;
  if (!notified) return true;
  const auto app = installations_.app();
  Event event{"app.uninstalled", UninstalledItem(id_code)};
  if (app.topics.contains(event.topic)) NotifyAnyway(id_code, event);
  Send(app, Delivery::Kind::kUninstallNotice, app.uninstall_url, id_code, std::move(event));
  return true;
}

void Simulation::Send(const App& app, Delivery::Kind kind, const std::string& url,
                      const std::string& id_code, Event event) {
  if (url.empty()) return;
  const auto settings = this->settings();
  Delivery delivery;
  delivery.kind = kind;
  delivery.notification = {"notif_" + NewUuid(), id_code, std::move(event),
                           Moment{Now()}.seconds()};
  delivery.url = url;
  delivery.client_secret = app.client_secret;
  for (int i = 0; i <= settings.webhook_duplicates; ++i) {
    const std::chrono::milliseconds wait(static_cast<std::int64_t>(
        Random() * static_cast<double>(settings.webhook_disorder.count())));
    webhooks_.Add(delivery, std::chrono::steady_clock::now() + wait);
  }
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
