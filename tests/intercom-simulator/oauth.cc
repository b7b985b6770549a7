#include "tests/intercom-simulator/oauth.h"

#include <algorithm>

#include "libs/core/errors.h"
#include "libs/http/percent.h"

namespace accoil::simulator {
namespace {

using Values = std::map<std::string, std::string>;

std::string Value(const Values& values, const char* name) {
  const auto found = values.find(name);
  return found == values.end() ? "" : found->second;
}

http::Response Html(std::string page, int status = 200) {
  http::Response response;
  response.status = status;
  response.body = std::move(page);
  response.content_type = "text/html; charset=utf-8";
  return response;
}

http::Response Redirect(int status, const std::string& location) {
  http::Response response;
  response.status = status;
  response.content_type = "text/plain";
  response.headers["Location"] = location;
  return response;
}

/// The redirect URI with parameters; those without a value are left out.
std::string WithQuery(const std::string& uri,
                      const std::vector<std::pair<std::string, std::string>>& parameters) {
  auto result = uri;
  for (const auto& [name, value] : parameters) {
    if (value.empty()) continue;
    result += result.find('?') == std::string::npos ? '?' : '&';
    result += name + "=" + http::PercentEncode(value);
  }
  return result;
}

/// Reads a request for consent; `problem` says why it cannot be served.
AuthorizeRequest ReadRequest(const Values& values, const App& app, std::string& problem) {
  AuthorizeRequest request{Value(values, "client_id"), Value(values, "redirect_uri"),
                           Value(values, "state")};
  if (request.client_id != app.client_id) {
    problem = "There is no app with this client_id.";
  } else if (app.redirect_uris.empty()) {
    problem = "The app has no redirect URL.";
  } else if (request.redirect_uri.empty()) {
    request.redirect_uri = app.redirect_uris.front();
  } else if (!app.MayRedirectTo(request.redirect_uri)) {
    problem = "The redirect_uri is not one of the app's redirect URLs.";
  }
  return request;
}

}  // namespace

void OAuth::AddRoutes(http::Server& server) {
  using Request = http::Request;
  server.Route("GET", "/", [this](const Request&) { return Overview(); });
  server.Route("GET", "/oauth", [this](const Request& request) { return ShowConsent(request); });
  server.Route("POST", "/oauth", [this](const Request& request) { return Decide(request); });
  server.Route("GET", "/_simulator/install",
               [this](const Request& request) { return Install(request); });
  server.Route("POST", "/_simulator/uninstall",
               [this](const Request& request) { return Uninstall(request); });
}

http::Response OAuth::ShowConsent(const http::Request& request) {
  const auto app = simulation_.installations().app();
  std::string problem;
  const auto authorize = ReadRequest(request.query, app, problem);
  if (!problem.empty()) return Html(OAuthErrorPage(problem), 400);
  return Html(ConsentPage(app, authorize, Workspaces()));
}

http::Response OAuth::Decide(const http::Request& request) {
  const auto form = http::ParseQuery(request.body).value_or(Values());
  const auto app = simulation_.installations().app();
  std::string problem;
  const auto authorize = ReadRequest(form, app, problem);
  if (!problem.empty()) return Html(OAuthErrorPage(problem), 400);

  const auto decision = Value(form, "decision");
  if (decision == "deny") {
    return Redirect(302, WithQuery(authorize.redirect_uri,
                                   {{"error", "access_denied"}, {"state", authorize.state}}));
  }
  const auto workspaces = Workspaces();
  const auto id_code = Value(form, "workspace");
  const bool known = std::any_of(workspaces.begin(), workspaces.end(), [&](const auto& workspace) {
    return workspace.id_code == id_code;
  });
  if (decision != "allow" || !known) {
    return Html(OAuthErrorPage("Choose a workspace, and whether to allow the access."), 400);
  }
  const auto code = simulation_.installations().IssueCode(id_code, simulation_.Now());
  return Redirect(302,
                  WithQuery(authorize.redirect_uri, {{"code", code}, {"state", authorize.state}}));
}

http::Response OAuth::Install(const http::Request& request) {
  const auto id_code = WorkspaceOf(request);
  const auto app = simulation_.installations().app();
  if (app.redirect_uris.empty()) {
    return Html(OAuthErrorPage("The app has no redirect URL."), 400);
  }
  const auto code = simulation_.installations().IssueCode(id_code, simulation_.Now());
  return Redirect(302, WithQuery(app.redirect_uris.front(), {{"code", code}}));
}

http::Response OAuth::Uninstall(const http::Request& request) {
  const bool uninstalled = simulation_.Uninstall(WorkspaceOf(request), true);
  // The button of the overview is a form of a browser, which wants to see a page.
  if (request.Header("Content-Type").starts_with("application/x-www-form-urlencoded") &&
      request.Header("Accept").find("text/html") != std::string_view::npos) {
    return Redirect(303, "/");
  }
  http::Response response;
  response.body = uninstalled ? R"({"uninstalled":true})" : R"({"uninstalled":false})";
  return response;
}

http::Response OAuth::Overview() {
  return Html(OverviewPage(simulation_.installations().app(), Workspaces()));
}

std::vector<WorkspaceRow> OAuth::Workspaces() {
  std::vector<WorkspaceRow> rows;
  for (const auto& tenant : simulation_.tenants().All()) {
    const std::lock_guard lock(tenant->mutex);
    const auto& info = tenant->info;
    rows.push_back({info.id_code, info.name.empty() ? info.id_code : info.name, info.region,
                    simulation_.installations().IsInstalled(info.id_code)});
  }
  return rows;
}

std::string OAuth::WorkspaceOf(const http::Request& request) {
  const auto named = Value(request.query, "workspace");
  const auto tenant = simulation_.tenants().Find(named);
  if (!tenant) throw core::NotFound("there is no workspace " + named);
  const std::lock_guard lock(tenant->mutex);
  return tenant->info.id_code;
}

}  // namespace accoil::simulator
