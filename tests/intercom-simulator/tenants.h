#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/intercom-simulator/rate_limiter.h"
#include "tests/intercom-simulator/scroll.h"
#include "tests/intercom-simulator/settings.h"
#include "tests/intercom-simulator/workspace.h"

namespace accoil::simulator {

/// Who a workspace is.
struct TenantInfo {
  std::string id_code;
  std::string name;
  /// US, EU or AU.
  std::string region = "US";
  /// Access tokens that do not come from an app's installation.
  std::set<std::string> tokens;
  /// Calls in a window, where it differs from the settings'.
  std::optional<int> limit;
};

/// One workspace with its rate limit. `mutex` guards everything but the id.
struct Tenant {
  explicit Tenant(TenantInfo tenant_info) : info(std::move(tenant_info)), workspace(info.id_code) {}

  RateLimiter::Rule Rule(const Settings& settings) const {
    return {info.limit.value_or(settings.limit), settings.window, settings.window_phase};
  }

  std::mutex mutex;
  TenantInfo info;
  Workspace workspace;
  RateLimiter limiter;
  Scroll scroll;
};

/// All workspaces. Any thread; a Tenant that was given out stays valid.
class Tenants {
 public:
  /// Adds a workspace or changes who it is; its state stays.
  void Put(const TenantInfo& info);
  /// By one of TenantInfo::tokens. Null when nobody has it.
  std::shared_ptr<Tenant> FindByToken(const std::string& token) const;
  /// By id_code; the first that was added for an empty one. Null when there is none.
  std::shared_ptr<Tenant> Find(const std::string& id_code) const;
  /// In the order of adding.
  std::vector<std::shared_ptr<Tenant>> All() const;
  void Clear();

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Tenant>> tenants_;
  std::map<std::string, std::shared_ptr<Tenant>> by_token_;
};

}  // namespace accoil::simulator
