#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/intercom-simulator/app.h"

/// The pages that a person sees of the simulated Intercom. Pure.
namespace accoil::simulator {

/// What an app's OAuth request said.
struct AuthorizeRequest {
  std::string client_id;
  std::string redirect_uri;
  std::string state;
};

/// A workspace in a list.
struct WorkspaceRow {
  std::string id_code;
  std::string name;
  std::string region;
  bool installed = false;
};

/// Asks whether the app may have access, and to which workspace. Its form is posted to /oauth with
/// `decision` allow or deny.
std::string ConsentPage(const App& app, const AuthorizeRequest& request,
                        const std::vector<WorkspaceRow>& workspaces);
/// Says why an OAuth request cannot be served.
std::string OAuthErrorPage(const std::string& problem);
/// The workspaces, with links and buttons to install the app and to take it out.
std::string OverviewPage(const App& app, const std::vector<WorkspaceRow>& workspaces);

}  // namespace accoil::simulator
