#include "tests/intercom-simulator/inbox.h"

#include <algorithm>

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "tests/intercom-simulator/canvas_request.h"
#include "tests/intercom-simulator/conversations.h"

namespace accoil::simulator {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMostFound = 40;

http::Response Json(const ordered_json& body) {
  http::Response response;
  // An app may answer with what is no text at all; it is shown as far as it is.
  response.body = body.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  return response;
}

/// Nothing but what the simulator serves runs on the page, whatever an app answers; images may come
/// from where the app says.
http::Response FileResponse(const InboxFile& file) {
  http::Response response;
  response.body = file.content;
  response.content_type = file.name.ends_with(".html")  ? "text/html; charset=utf-8"
                          : file.name.ends_with(".css") ? "text/css; charset=utf-8"
                                                        : "text/javascript; charset=utf-8";
  response.headers["Cache-Control"] = "no-cache";
  response.headers["X-Content-Type-Options"] = "nosniff";
  response.headers["Content-Security-Policy"] =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
      "img-src 'self' data: http: https:; base-uri 'none'; form-action 'none'";
  return response;
}

std::string Text(const ordered_json& object, const char* name) {
  if (!object.contains(name)) return {};
  if (!object[name].is_string()) throw core::InvalidArgument(name, "must be text");
  return object[name].get<std::string>();
}

ordered_json Object(const ordered_json& object, const char* name) {
  if (!object.contains(name)) return ordered_json::object();
  if (!object[name].is_object()) throw core::InvalidArgument(name, "must be an object");
  return object[name];
}

const Teammate& FindTeammate(const std::string& id) {
  const auto& all = Teammates();
  if (id.empty()) return all.front();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& t) { return t.id == id; });
  if (found == all.end()) throw core::NotFound("there is no teammate " + id);
  return *found;
}

/// The contact's company of this id; null without one.
const Company* FindCompany(const Workspace& workspace, const Contact& contact,
                           const std::string& id) {
  if (id.empty()) return nullptr;
  if (std::find(contact.companies.begin(), contact.companies.end(), id) ==
      contact.companies.end()) {
    throw core::NotFound("the contact has no company " + id);
  }
  return &workspace.companies().at(id);
}

ordered_json ExchangeJson(const CanvasExchange& exchange) {
  return {{"request",
           {{"method", "POST"},
            {"url", exchange.url},
            {"headers", exchange.headers},
            {"body", exchange.body}}},
          {"status", exchange.status},
          {"answer", exchange.answer},
          {"problems", exchange.problems},
          {"duration_ms", exchange.duration.count()}};
}

}  // namespace

void Inbox::AddRoutes(http::Server& server) {
  using Request = http::Request;
  for (const auto& file : InboxFiles()) {
    const auto path =
        file.name == "page.html" ? std::string("/inbox") : "/inbox/" + std::string(file.name);
    server.Route("GET", path, [&file](const Request&) { return FileResponse(file); });
  }
  server.Route("GET", "/_simulator/inbox", [this](const Request&) { return GetOverview(); });
  server.Route("GET", "/_simulator/inbox/conversations",
               [this](const Request& request) { return GetConversations(request); });
  server.Route("POST", "/_simulator/inbox/initialize",
               [this](const Request& request) { return Initialize(request); });
  server.Route("POST", "/_simulator/inbox/submit",
               [this](const Request& request) { return Submit(request); });
}

http::Response Inbox::GetOverview() {
  auto workspaces = ordered_json::array();
  for (const auto& tenant : simulation_.tenants().All()) {
    const std::lock_guard lock(tenant->mutex);
    const auto& info = tenant->info;
    workspaces.push_back({{"id_code", info.id_code},
                          {"name", info.name.empty() ? info.id_code : info.name},
                          {"region", info.region}});
  }
  auto teammates = ordered_json::array();
  for (const auto& teammate : Teammates()) {
    teammates.push_back({{"id", teammate.id}, {"name", teammate.name}, {"email", teammate.email}});
  }
  const auto app = simulation_.installations().app();
  return Json({{"workspaces", std::move(workspaces)},
               {"teammates", std::move(teammates)},
               {"app", {{"name", app.name}, {"canvas_url", app.canvas_url}}}});
}

http::Response Inbox::GetConversations(const http::Request& request) {
  const auto value = [&](const char* name) {
    const auto found = request.query.find(name);
    return found == request.query.end() ? std::string() : found->second;
  };
  const auto tenant = simulation_.tenants().Find(value("workspace"));
  if (!tenant) throw core::NotFound("there is no workspace " + value("workspace"));
  const auto words = value("words");
  const std::lock_guard lock(tenant->mutex);
  const auto& workspace = tenant->workspace;
  auto list = ordered_json::array();
  for (const auto& contact : core::Trim(words).empty()
                                 ? ChooseForInbox(workspace)
                                 : FindForInbox(workspace, words, kMostFound)) {
    list.push_back(ConversationJson(*contact, workspace));
  }
  return Json({{"conversations", std::move(list)}, {"contacts", workspace.contacts().size()}});
}

http::Response Inbox::Initialize(const http::Request& request) {
  return Ask(ordered_json::parse(request.body, nullptr, false), false);
}

http::Response Inbox::Submit(const http::Request& request) {
  return Ask(ordered_json::parse(request.body, nullptr, false), true);
}

http::Response Inbox::Ask(const ordered_json& body, bool clicked) {
  if (!body.is_object()) throw core::InvalidArgument("", "the body must be a JSON object");
  const auto app = simulation_.installations().app();
  if (app.canvas_url.empty()) throw core::FailedPrecondition("the app has no canvas_url");
  CanvasClick click;
  if (clicked) {
    click = {Text(body, "component_id"), Object(body, "input_values"),
             Object(body, "current_canvas")};
    if (click.component_id.empty()) throw core::InvalidArgument("component_id", "is required");
  }
  const auto tenant = simulation_.tenants().Find(Text(body, "workspace"));
  if (!tenant) throw core::NotFound("there is no workspace " + Text(body, "workspace"));
  std::string question;
  {
    const std::lock_guard lock(tenant->mutex);
    const auto& workspace = tenant->workspace;
    const auto found = workspace.contacts().find(Text(body, "contact"));
    if (found == workspace.contacts().end()) throw core::NotFound("there is no such contact");
    const auto& contact = *found->second;
    question = CanvasRequestBody(
        {tenant->info, workspace, contact, FindCompany(workspace, contact, Text(body, "company")),
         FindTeammate(Text(body, "teammate")), simulation_.Now()},
        clicked ? &click : nullptr);
  }
  return Json(ExchangeJson(AskApp(app, clicked ? "/submit" : "/initialize", std::move(question),
                                  simulation_.settings().canvas_timeout)));
}

}  // namespace accoil::simulator
