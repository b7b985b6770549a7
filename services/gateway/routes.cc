#include "services/gateway/routes.h"

#include <nlohmann/json.hpp>

#include "services/gateway/json_message.h"
#include "services/gateway/tag_job_json.h"

namespace accoil::gateway {
namespace {

using nlohmann::json;

http::Response About() {
  return JsonResponse(200, {{"name", "accoil-intercom"},
                            {"version", ACCOIL_VERSION},
                            {"documentation", "README.md and docs/ of the source tree"},
                            {"openapi", "/openapi.json"}});
}

}  // namespace

std::vector<Route> AllRoutes(Handlers handlers) {
  auto& ingest = handlers.ingest;
  auto& connections = handlers.connections;
  auto& profiles = handlers.profiles;
  auto& sync = handlers.sync;
  auto& matching = handlers.matching;
  auto& reports = handlers.reports;
  auto& rules = handlers.rules;
  auto& tags = handlers.tags;
  auto& lists = handlers.lists;
  auto& open_api = handlers.open_api;
  auto& webhooks = handlers.webhooks;
  auto& canvas = handlers.canvas;
  auto& oauth = handlers.oauth;
  const std::string product = "/v1/products/{product}";
  const std::string profile = product + "/profiles/{profile}";
  const std::string intercom = product + "/connections/intercom";
  const std::string rule = product + "/rules/{rule}";
  const std::string job = product + "/tag-jobs/{job}";

  return {
      {"GET", "/", Scope::kPublic, [](const Call&) { return About(); }},
      {"GET", "/openapi.json", Scope::kPublic, [&](const Call&) { return open_api.Get(); }},

      {"POST", "/intercom/webhooks", Scope::kIntercomSignature,
       [&](const Call& call) { return webhooks.Receive(call); }},
      {"HEAD", "/intercom/webhooks", Scope::kPublic,
       [&](const Call&) { return webhooks.Exists(); }},
      {"POST", "/intercom/canvas/initialize", Scope::kIntercomSignature,
       [&](const Call& call) { return canvas.Render(call, CanvasKind::kInitialize); }},
      {"POST", "/intercom/canvas/submit", Scope::kIntercomSignature,
       [&](const Call& call) { return canvas.Render(call, CanvasKind::kSubmit); }},
      {"GET", "/intercom/oauth/callback", Scope::kPublic,
       [&](const Call& call) { return oauth.Callback(call); }},
      {"POST", "/intercom/oauth/installations", Scope::kKeyInForm,
       [&](const Call& call) { return oauth.Claim(call); }},

      {"POST", product + "/batch", Scope::kIngest,
       [&](const Call& call) { return ingest.Accept(call); }},

      {"POST", "/v1/products", Scope::kOperator,
       TakesJson([&](const Call&, const json& body) { return connections.CreateProduct(body); })},
      {"GET", "/v1/products", Scope::kOperator,
       [&](const Call&) { return connections.ListProducts(); }},
      {"GET", product, Scope::kRead,
       [&](const Call& call) { return connections.GetProduct(call); }},
      {"POST", product + "/api-keys", Scope::kOperatorOrAdmin,
       TakesJson([&](const Call& call, const json& body) {
         return connections.CreateApiKey(call, body);
       })},
      {"GET", product + "/api-keys", Scope::kOperatorOrAdmin,
       [&](const Call& call) { return connections.ListApiKeys(call); }},
      {"DELETE", product + "/api-keys/{key}", Scope::kOperatorOrAdmin,
       [&](const Call& call) { return connections.RevokeApiKey(call); }},

      {"GET", product + "/profiles", Scope::kRead,
       [&](const Call& call) { return profiles.List(call); }},
      {"GET", profile, Scope::kRead, [&](const Call& call) { return profiles.Get(call); }},
      {"PUT", profile, Scope::kAdmin,
       TakesJson([&](const Call& call, const json& body) { return profiles.Put(call, body); })},
      {"DELETE", profile, Scope::kAdmin, [&](const Call& call) { return profiles.Delete(call); }},

      {"GET", intercom, Scope::kRead,
       [&](const Call& call) { return connections.GetConnection(call); }},
      {"PUT", intercom, Scope::kAdmin, TakesJson([&](const Call& call, const json& body) {
         return connections.PutConnection(call, body);
       })},
      {"POST", intercom, Scope::kAdmin, TakesJson([&](const Call& call, const json& body) {
         return connections.Connect(call, body);
       })},
      {"DELETE", intercom, Scope::kAdmin,
       [&](const Call& call) { return connections.Disconnect(call); }},

      {"GET", product + "/sync", Scope::kRead,
       [&](const Call& call) { return sync.GetSummary(call); }},
      {"GET", product + "/sync/set-aside", Scope::kRead,
       [&](const Call& call) { return sync.ListSetAside(call); }},
      {"POST", product + "/sync/sweeps", Scope::kAdmin,
       [&](const Call& call) { return sync.StartSweep(call); }},
      {"GET", product + "/sync/attributes", Scope::kRead,
       [&](const Call& call) { return sync.ListAttributes(call); }},

      {"GET", product + "/matching", Scope::kRead,
       [&](const Call& call) { return matching.GetSummary(call); }},
      {"GET", product + "/matching/runs", Scope::kRead,
       [&](const Call& call) { return matching.ListRuns(call); }},
      {"POST", product + "/matching/runs", Scope::kAdmin,
       [&](const Call& call) { return matching.StartRun(call); }},
      {"GET", product + "/matching/runs/{run}", Scope::kRead,
       [&](const Call& call) { return matching.GetRun(call); }},
      {"GET", product + "/matching/{kind}/{subject_id}", Scope::kRead,
       [&](const Call& call) { return matching.GetMatch(call); }},

      {"POST", product + "/rules", Scope::kAdmin,
       TakesJson([&](const Call& call, const json& body) { return rules.Create(call, body); })},
      {"GET", product + "/rules", Scope::kRead, [&](const Call& call) { return rules.List(call); }},
      {"GET", rule, Scope::kRead, [&](const Call& call) { return rules.Get(call); }},
      {"PUT", rule, Scope::kAdmin,
       TakesJson([&](const Call& call, const json& body) { return rules.Put(call, body); })},
      {"DELETE", rule, Scope::kAdmin, [&](const Call& call) { return rules.Delete(call); }},
      {"POST", rule + "/preview", Scope::kRead,
       [&](const Call& call) { return rules.Preview(call); }},

      {"POST", product + "/tags", Scope::kAdmin,
       TakesJson([&](const Call& call, const json& body) { return tags.Create(call, body); }),
       kTagsBodyLimit},
      {"GET", product + "/tag-jobs", Scope::kRead,
       [&](const Call& call) { return tags.ListJobs(call); }},
      {"GET", job, Scope::kRead, [&](const Call& call) { return tags.GetJob(call); }},
      {"GET", job + "/items", Scope::kRead, [&](const Call& call) { return tags.ListItems(call); }},
      {"POST", job + "/cancel", Scope::kAdmin, [&](const Call& call) { return tags.Cancel(call); }},
      {"GET", product + "/tag-assignments", Scope::kRead,
       [&](const Call& call) { return tags.ListAssignments(call); }},

      {"GET", product + "/users", Scope::kRead,
       [&](const Call& call) { return lists.Users(call); }},
      {"GET", product + "/accounts", Scope::kRead,
       [&](const Call& call) { return lists.Accounts(call); }},

      {"GET", product + "/subjects/{kind}/{subject_id}/explain", Scope::kRead,
       [&](const Call& call) { return reports.Explain(call); }},
      {"GET", product + "/problems", Scope::kRead,
       [&](const Call& call) { return reports.ListProblems(call); }},
      {"POST", product + "/problems/retry", Scope::kAdmin,
       TakesJson(
           [&](const Call& call, const json& body) { return reports.RetryProblem(call, body); })},
      {"GET", product + "/runs", Scope::kRead,
       [&](const Call& call) { return reports.ListRuns(call); }},
  };
}

}  // namespace accoil::gateway
