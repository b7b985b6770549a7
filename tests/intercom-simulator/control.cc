#include "tests/intercom-simulator/control.h"

#include <nlohmann/json.hpp>

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "tests/intercom-simulator/seed.h"
#include "tests/intercom-simulator/state_dump.h"

namespace accoil::simulator {
namespace {

using nlohmann::json;

constexpr std::size_t kSeedLimit = 512 << 20;

http::Response Json(const json& body, int status = 200) {
  http::Response response;
  response.status = status;
  response.body = body.dump();
  return response;
}

http::Response Lines(std::string lines) {
  http::Response response;
  response.body = std::move(lines);
  response.content_type = "application/x-ndjson";
  return response;
}

http::Response Done() {
  http::Response response;
  response.status = 204;
  return response;
}

json Body(const http::Request& request) {
  auto body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) throw core::InvalidArgument("", "the body must be a JSON object");
  return body;
}

std::string Query(const http::Request& request, const char* name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? "" : found->second;
}

std::uint64_t Number(const std::string& text, const char* field) {
  const auto number = core::ParseInteger<std::uint64_t>(text);
  if (!number) throw core::InvalidArgument(field, "must be a whole number");
  return *number;
}

std::set<std::string> ReadTokens(const json& list, const char* name) {
  if (!list.is_array()) throw core::InvalidArgument(name, "must be a list");
  std::set<std::string> tokens;
  for (const auto& token : list) {
    if (!token.is_string()) throw core::InvalidArgument(name, "must be a list of text");
    tokens.insert(token.get<std::string>());
  }
  return tokens;
}

void ReadTenant(const json& object, TenantInfo& info) {
  const auto text = [&](const char* name, std::string& into) {
    if (!object.contains(name)) return;
    if (!object[name].is_string()) throw core::InvalidArgument(name, "must be text");
    into = object[name].get<std::string>();
  };
  text("name", info.name);
  text("region", info.region);
  if (object.contains("tokens")) info.tokens = ReadTokens(object["tokens"], "tokens");
  if (object.contains("limit")) {
    const auto& limit = object["limit"];
    if (!limit.is_null() && (!limit.is_number_integer() || limit < 1 || limit > 1'000'000)) {
      throw core::InvalidArgument("limit", "must be a whole number from 1, or null");
    }
    info.limit = limit.is_null() ? std::nullopt : std::optional(limit.get<int>());
  }
}

}  // namespace

void Control::AddRoutes(http::Server& server) {
  const auto route = [&](const char* method, const std::string& path, http::Handler handler) {
    server.Route(method, "/_simulator/" + path, std::move(handler));
  };
  using Request = http::Request;
  route("GET", "health", [](const Request&) { return Json({{"alive", true}}); });
  server.Route("POST", "/_simulator/seed", kSeedLimit,
               [this](const Request& request) { return PutSeed(request); });
  route("GET", "state", [this](const Request& request) { return GetState(request); });
  route("GET", "settings", [this](const Request&) { return GetSettings(); });
  route("PUT", "settings", [this](const Request& request) { return PutSettings(request); });
  route("GET", "calls", [this](const Request& request) { return GetCalls(request); });
  route("GET", "calls/totals", [this](const Request&) { return GetTotals(); });
  route("DELETE", "calls", [this](const Request&) {
    simulation_.calls().Clear();
    return Done();
  });
  route("GET", "windows", [this](const Request& request) { return GetWindows(request); });
  route("GET", "faults", [this](const Request&) { return GetFaults(); });
  route("POST", "faults", [this](const Request& request) { return PostFault(request); });
  route("DELETE", "faults", [this](const Request&) {
    simulation_.WithFaults([](Faults& faults) { faults.Clear(); });
    return Done();
  });
  route("DELETE", "faults/{id}", [this](const Request& request) { return DeleteFault(request); });
  route("GET", "workspaces", [this](const Request&) { return GetWorkspaces(); });
  route("POST", "workspaces", [this](const Request& request) { return PostWorkspace(request); });
  route("GET", "app", [this](const Request&) {
    return Json(simulator::ToJson(simulation_.installations().app()));
  });
  route("PUT", "app", [this](const Request& request) { return PutApp(request); });
  route("GET", "webhooks", [this](const Request& request) { return GetWebhooks(request); });
  route("GET", "webhooks/totals", [this](const Request&) { return GetWebhookTotals(); });
  route("POST", "webhooks", [this](const Request& request) { return PostWebhook(request); });
  route("DELETE", "webhooks", [this](const Request&) {
    simulation_.webhooks().Clear();
    return Done();
  });
  route("POST", "reset", [this](const Request&) {
    simulation_.Reset();
    return Done();
  });
}

std::shared_ptr<Tenant> Control::TenantOf(const http::Request& request) {
  auto tenant = simulation_.tenants().Find(Query(request, "workspace"));
  if (!tenant) throw core::NotFound("there is no workspace " + Query(request, "workspace"));
  return tenant;
}

http::Response Control::PutSeed(const http::Request& request) {
  const auto tenant = TenantOf(request);
  const auto seed = ReadSeed(request.body);
  const std::lock_guard lock(tenant->mutex);
  Apply(seed, Query(request, "append") == "true", simulation_.Now(), tenant->workspace);
  return Json({{"companies", seed.companies.size()}, {"contacts", seed.contacts.size()}});
}

http::Response Control::GetState(const http::Request& request) {
  const auto tenant = TenantOf(request);
  const StateFilter filter{Query(request, "type"), Query(request, "id"),
                           Query(request, "archived") == "true"};
  const std::lock_guard lock(tenant->mutex);
  return Lines(DumpState(tenant->workspace, filter));
}

http::Response Control::GetSettings() { return Json(ToJson(simulation_.settings())); }

http::Response Control::PutSettings(const http::Request& request) {
  simulation_.Change(Body(request));
  return GetSettings();
}

http::Response Control::GetCalls(const http::Request& request) {
  const auto since = Query(request, "since");
  std::string lines;
  for (const auto& call : simulation_.calls().Since(since.empty() ? 0 : Number(since, "since"))) {
    lines += simulator::ToJson(call).dump();
    lines += '\n';
  }
  return Lines(std::move(lines));
}

http::Response Control::GetTotals() {
  auto totals = json::object();
  for (const auto& [endpoint, statuses] : simulation_.calls().Totals()) {
    for (const auto& [status, count] : statuses) totals[endpoint][std::to_string(status)] = count;
  }
  return Json(totals);
}

http::Response Control::GetWindows(const http::Request& request) {
  const auto now = simulation_.Now();
  const auto settings = simulation_.settings();
  auto windows = json::array();
  for (const auto& tenant : simulation_.tenants().All()) {
    const std::lock_guard lock(tenant->mutex);
    const auto& id_code = tenant->info.id_code;
    if (!Query(request, "workspace").empty() && Query(request, "workspace") != id_code) continue;
    for (const auto& window : tenant->limiter.Windows(now, tenant->Rule(settings))) {
      windows.push_back({{"workspace", id_code},
                         {"start", window.start},
                         {"end", window.end},
                         {"limit", window.limit},
                         {"used", window.used},
                         {"refused", window.refused},
                         {"current", core::ToMicroseconds(now) < window.end * 1'000'000}});
    }
  }
  return Json(windows);
}

http::Response Control::GetFaults() {
  auto list = json::array();
  simulation_.WithFaults([&](const Faults& faults) {
    for (const auto& entry : faults.all()) list.push_back(simulator::ToJson(entry.second));
  });
  return Json(list);
}

http::Response Control::PostFault(const http::Request& request) {
  auto fault = ReadFault(Body(request), simulation_.Now());
  fault.id = simulation_.WithFaults([&](Faults& faults) { return faults.Add(fault); });
  return Json(simulator::ToJson(fault), 201);
}

http::Response Control::DeleteFault(const http::Request& request) {
  const auto id = Number(request.Parameter("id"), "id");
  if (!simulation_.WithFaults([&](Faults& faults) { return faults.Remove(id); })) {
    throw core::NotFound("there is no fault " + request.Parameter("id"));
  }
  return Done();
}

http::Response Control::GetWorkspaces() {
  auto list = json::array();
  for (const auto& tenant : simulation_.tenants().All()) {
    const std::lock_guard lock(tenant->mutex);
    list.push_back(WorkspaceJson(tenant->info));
  }
  return Json(list);
}

http::Response Control::PostWorkspace(const http::Request& request) {
  const auto body = Body(request);
  if (!body.contains("id_code") || !body["id_code"].is_string() ||
      body["id_code"].get<std::string>().empty()) {
    throw core::InvalidArgument("id_code", "is required");
  }
  TenantInfo info{
      .id_code = body["id_code"].get<std::string>(), .name = {}, .tokens = {}, .limit = {}};
  if (const auto known = simulation_.tenants().Find(info.id_code)) {
    const std::lock_guard lock(known->mutex);
    info = known->info;
  }
  ReadTenant(body, info);
  const auto app_tokens = body.contains("app_tokens") ? ReadTokens(body["app_tokens"], "app_tokens")
                                                      : std::set<std::string>();
  simulation_.tenants().Put(info);
  for (const auto& token : info.tokens) simulation_.installations().Revive(token);
  for (const auto& token : app_tokens) simulation_.installations().Install(info.id_code, token);
  return Json(WorkspaceJson(info));
}

json Control::WorkspaceJson(const TenantInfo& info) {
  json object = {{"id_code", info.id_code},
                 {"name", info.name},
                 {"region", info.region},
                 {"tokens", info.tokens},
                 {"app_tokens", simulation_.installations().TokensOf(info.id_code)},
                 {"installed", simulation_.installations().IsInstalled(info.id_code)}};
  if (info.limit) object["limit"] = *info.limit;
  return object;
}

http::Response Control::PutApp(const http::Request& request) {
  return Json(simulator::ToJson(simulation_.installations().Change(Body(request))));
}

http::Response Control::GetWebhooks(const http::Request& request) {
  const auto since = Query(request, "since");
  auto list = json::array();
  // What is pending comes first: whatever is sent between the two is then in both, not in neither.
  const auto pending = simulation_.webhooks().Pending();
  for (const auto& sent :
       simulation_.webhooks().Since(since.empty() ? 0 : Number(since, "since"))) {
    list.push_back(simulator::ToJson(sent));
  }
  for (const auto& waiting : pending) list.push_back(simulator::ToJson(waiting));
  return Json(list);
}

http::Response Control::GetWebhookTotals() {
  const auto counts = simulation_.webhooks().counts();
  return Json({{"pending", counts.pending},
               {"delivered", counts.delivered},
               {"failed", counts.failed},
               {"dropped", counts.dropped}});
}

http::Response Control::PostWebhook(const http::Request& request) {
  const auto tenant = TenantOf(request);
  const auto body = Body(request);
  if (!body.contains("topic") || !body["topic"].is_string()) {
    throw core::InvalidArgument("topic", "is required");
  }
  if (simulation_.installations().app().webhook_url.empty()) {
    throw core::FailedPrecondition("the app has no webhook_url");
  }
  const auto topic = body["topic"].get<std::string>();
  Event event{topic, topic == "ping" ? PingItem() : "{}"};
  if (body.contains("item")) event.item = body["item"].dump();
  std::string id_code;
  {
    const std::lock_guard lock(tenant->mutex);
    id_code = tenant->info.id_code;
  }
  simulation_.NotifyAnyway(id_code, std::move(event));
  return Json({{"queued", true}}, 202);
}

}  // namespace accoil::simulator
