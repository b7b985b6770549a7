#pragma once

#include "libs/http/server.h"
#include "tests/intercom-simulator/simulation.h"

namespace accoil::simulator {

/// The face for tests and people under /_simulator/: seeds, settings, faults, and what happened. It
/// asks for no token and counts nowhere. Its paths are described in README.md.
class Control {
 public:
  explicit Control(Simulation& simulation) : simulation_(simulation) {}

  void AddRoutes(http::Server& server);

 private:
  http::Response PutSeed(const http::Request& request);
  http::Response GetState(const http::Request& request);
  http::Response GetSettings();
  http::Response PutSettings(const http::Request& request);
  http::Response GetCalls(const http::Request& request);
  http::Response GetTotals();
  http::Response GetWindows(const http::Request& request);
  http::Response GetFaults();
  http::Response PostFault(const http::Request& request);
  http::Response DeleteFault(const http::Request& request);
  http::Response GetWorkspaces();
  http::Response PostWorkspace(const http::Request& request);
  http::Response PutApp(const http::Request& request);
  http::Response GetWebhooks(const http::Request& request);
  http::Response GetWebhookTotals();
  http::Response PostWebhook(const http::Request& request);

  /// The workspace that ?workspace= names, else the first. Throws core::NotFound.
  std::shared_ptr<Tenant> TenantOf(const http::Request& request);

  /// As it is shown.
  nlohmann::json WorkspaceJson(const TenantInfo& info);

  Simulation& simulation_;
};

}  // namespace accoil::simulator
