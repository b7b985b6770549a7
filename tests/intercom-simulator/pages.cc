#include "tests/intercom-simulator/pages.h"

#include "libs/http/html.h"
#include "libs/http/percent.h"

namespace accoil::simulator {
namespace {

constexpr std::string_view kStyle = R"css(
  :root { color-scheme: light; --ink: #1a1d29; --quiet: #68708a; --line: #e3e6ee; --blue: #2457f5; }
  * { box-sizing: border-box; }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px;
         background: #f4f5f8; color: var(--ink);
         font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
  main { width: 100%; max-width: 480px; background: #fff; border: 1px solid var(--line);
         border-radius: 14px; padding: 32px; box-shadow: 0 10px 30px rgb(20 30 60 / 8%); }
  main.wide { max-width: 760px; }
  h1 { font-size: 21px; line-height: 1.3; margin: 0 0 8px; }
  p { margin: 0 0 16px; }
  .quiet { color: var(--quiet); font-size: 13px; }
  .marks { display: flex; gap: 12px; align-items: center; margin-bottom: 22px; color: var(--quiet); }
  .mark { width: 44px; height: 44px; border-radius: 11px; display: grid; place-items: center;
          font-weight: 700; color: #fff; background: #1f8ded; }
  .mark.app { background: #6d3df0; }
  ul { margin: 0 0 20px; padding-left: 20px; }
  fieldset { border: 0; padding: 0; margin: 0 0 20px; }
  legend { font-weight: 600; padding: 0; margin-bottom: 8px; }
  label { display: flex; gap: 10px; align-items: center; padding: 10px 12px; margin-bottom: 8px;
          border: 1px solid var(--line); border-radius: 9px; cursor: pointer; }
  label:has(:checked) { border-color: var(--blue); }
  .buttons { display: flex; gap: 10px; justify-content: flex-end; }
  button, .button { font: inherit; font-weight: 600; padding: 9px 18px; border-radius: 9px;
                    border: 1px solid var(--line); background: #fff; color: var(--ink);
                    cursor: pointer; text-decoration: none; display: inline-block; }
  button.primary, .button.primary { background: var(--blue); border-color: var(--blue);
                                    color: #fff; }
  button:focus-visible, .button:focus-visible { outline: 3px solid #a9bdfb; outline-offset: 1px; }
  table { width: 100%; border-collapse: collapse; margin-bottom: 20px; }
  th, td { text-align: left; padding: 10px 8px; border-top: 1px solid var(--line); }
  th { border-top: 0; font-size: 13px; color: var(--quiet); font-weight: 600; }
  td:last-child { text-align: right; }
  td form { margin: 0; }
  code { font-size: 13px; background: #f4f5f8; padding: 1px 5px; border-radius: 5px; }
)css";

std::string Document(const std::string& title, const std::string& main_class,
                     const std::string& body) {
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
         http::EscapeHtml(title) + "</title>\n<style>" + std::string(kStyle) +
         "</style>\n</head>\n<body>\n<main class=\"" + main_class + "\">\n" + body +
         "<p class=\"quiet\" style=\"margin: 24px 0 0\">This is a simulated Intercom.</p>\n"
         "</main>\n</body>\n</html>\n";
}

std::string Hidden(const char* name, const std::string& value) {
  return "<input type=\"hidden\" name=\"" + std::string(name) + "\" value=\"" +
         http::EscapeHtml(value) + "\">\n";
}

std::string Initial(const std::string& name) {
  return name.empty() ? "?" : http::EscapeHtml(name.substr(0, 1));
}

std::string WorkspaceChoice(const std::vector<WorkspaceRow>& workspaces) {
  if (workspaces.size() == 1) {
    return "<p>Workspace: <strong>" + http::EscapeHtml(workspaces[0].name) + "</strong> <code>" +
           http::EscapeHtml(workspaces[0].id_code) + "</code></p>\n" +
           Hidden("workspace", workspaces[0].id_code);
  }
  std::string choice = "<fieldset>\n<legend>Workspace</legend>\n";
  bool first = true;
  for (const auto& workspace : workspaces) {
    choice += "<label><input type=\"radio\" name=\"workspace\" value=\"" +
              http::EscapeHtml(workspace.id_code) + "\"" + (first ? " checked" : "") + "> <span>" +
              http::EscapeHtml(workspace.name) + " <code>" + http::EscapeHtml(workspace.id_code) +
              "</code> <span class=\"quiet\">" + http::EscapeHtml(workspace.region) +
              "</span></span></label>\n";
    first = false;
  }
  return choice + "</fieldset>\n";
}

}  // namespace

std::string ConsentPage(const App& app, const AuthorizeRequest& request,
                        const std::vector<WorkspaceRow>& workspaces) {
  const auto name = http::EscapeHtml(app.name);
  return Document(app.name + " wants to connect to Intercom", "",
                  "<div class=\"marks\"><span class=\"mark app\">" + Initial(app.name) +
                      "</span><span>&harr;</span><span class=\"mark\">I</span></div>\n<h1>" + name +
                      " wants to access your Intercom workspace</h1>\n<p>It will be able to:</p>\n"
                      "<ul>\n<li>read your contacts and companies, and write to them</li>\n"
                      "<li>read and manage data attributes and tags</li>\n"
                      "<li>be notified when contacts and companies change</li>\n</ul>\n"
                      "<form method=\"post\" action=\"/oauth\">\n" +
                      Hidden("client_id", request.client_id) +
                      Hidden("redirect_uri", request.redirect_uri) +
                      Hidden("state", request.state) + WorkspaceChoice(workspaces) +
                      "<div class=\"buttons\">\n"
                      "<button name=\"decision\" value=\"deny\">Deny</button>\n"
                      "<button class=\"primary\" name=\"decision\" value=\"allow\">Allow</button>\n"
                      "</div>\n</form>\n");
}

std::string OAuthErrorPage(const std::string& problem) {
  return Document("The app cannot be connected", "",
                  "<h1>The app cannot be connected</h1>\n<p>" + http::EscapeHtml(problem) +
                      "</p>\n<p class=\"quiet\">Its developer has to put this right.</p>\n");
}

std::string OverviewPage(const App& app, const std::vector<WorkspaceRow>& workspaces) {
  std::string rows;
  for (const auto& workspace : workspaces) {
    const auto query = "?workspace=" + http::PercentEncode(workspace.id_code);
    rows += "<tr><td><strong>" + http::EscapeHtml(workspace.name) + "</strong></td><td><code>" +
            http::EscapeHtml(workspace.id_code) + "</code></td><td>" +
            http::EscapeHtml(workspace.region) + "</td><td>" +
            (workspace.installed
                 ? "<form method=\"post\" action=\"/_simulator/uninstall" + query +
                       "\"><button>Uninstall " + http::EscapeHtml(app.name) + "</button></form>"
                 : "<a class=\"button primary\" href=\"/_simulator/install" + query +
                       "\">Install " + http::EscapeHtml(app.name) + "</a>") +
            "</td></tr>\n";
  }
  return Document(
      "Simulated Intercom", "wide",
      "<h1>Workspaces</h1>\n<p>What an admin does in Intercom's App Store and settings. "
      "Installing here begins the way that starts on the App Store.</p>\n<table>\n"
      "<tr><th>Name</th><th>Id</th><th>Region</th><th></th></tr>\n" +
          rows +
          "</table>\n<p><a class=\"button primary\" href=\"/inbox\">Open the Inbox</a></p>\n"
          "<p class=\"quiet\">Also: <a href=\"/_simulator/webhooks\">webhooks "
          "sent</a>, <a href=\"/_simulator/calls/totals\">calls received</a>, "
          "<a href=\"/_simulator/settings\">settings</a>.</p>\n");
}

}  // namespace accoil::simulator
