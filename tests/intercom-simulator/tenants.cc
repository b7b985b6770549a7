#include "tests/intercom-simulator/tenants.h"

#include <algorithm>

namespace accoil::simulator {

void Tenants::Put(const TenantInfo& info) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(tenants_.begin(), tenants_.end(), [&](const auto& tenant) {
    const std::lock_guard tenant_lock(tenant->mutex);
    return tenant->info.id_code == info.id_code;
  });
  std::shared_ptr<Tenant> tenant;
  if (found == tenants_.end()) {
    tenant = tenants_.emplace_back(std::make_shared<Tenant>(info));
  } else {
    tenant = *found;
    const std::lock_guard tenant_lock(tenant->mutex);
    tenant->info = info;
  }
  std::erase_if(by_token_, [&](const auto& entry) { return entry.second == tenant; });
  for (const auto& token : info.tokens) by_token_[token] = tenant;
}

std::shared_ptr<Tenant> Tenants::FindByToken(const std::string& token) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_token_.find(token);
  return found == by_token_.end() ? nullptr : found->second;
}

std::shared_ptr<Tenant> Tenants::Find(const std::string& id_code) const {
  for (const auto& tenant : All()) {
    const std::lock_guard lock(tenant->mutex);
    if (id_code.empty() || tenant->info.id_code == id_code) return tenant;
  }
  return nullptr;
}

std::vector<std::shared_ptr<Tenant>> Tenants::All() const {
  const std::lock_guard lock(mutex_);
  return tenants_;
}

void Tenants::Clear() {
  const std::lock_guard lock(mutex_);
  tenants_.clear();
  by_token_.clear();
}

}  // namespace accoil::simulator
