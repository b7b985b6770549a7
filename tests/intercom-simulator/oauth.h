#pragma once

#include "libs/http/server.h"
#include "tests/intercom-simulator/pages.h"
#include "tests/intercom-simulator/simulation.h"

namespace accoil::simulator {

/// What a person does with an app in the browser: the consent page at /oauth, the App Store's
/// install, the uninstall in the settings, and the overview at /.
class OAuth {
 public:
  explicit OAuth(Simulation& simulation) : simulation_(simulation) {}

  void AddRoutes(http::Server& server);

 private:
  http::Response ShowConsent(const http::Request& request);
  http::Response Decide(const http::Request& request);
  http::Response Install(const http::Request& request);
  http::Response Uninstall(const http::Request& request);
  http::Response Overview();

  std::vector<WorkspaceRow> Workspaces();
  /// The id_code that ?workspace= names, else the first. Throws core::NotFound.
  std::string WorkspaceOf(const http::Request& request);

  Simulation& simulation_;
};

}  // namespace accoil::simulator
