#include "services/gateway/routes.h"

#include <nlohmann/json.hpp>

#include "services/gateway/json_message.h"

namespace accoil::gateway {
namespace {

using nlohmann::json;

http::Response About() {
  return JsonResponse(200, {{"name", "accoil-intercom"},
                            {"version", ACCOIL_VERSION},
                            {"documentation", "README.md and docs/ of the source tree"}});
}

}  // namespace

std::vector<Route> AllRoutes(Handlers handlers) {
  auto& ingest = handlers.ingest;
  auto& connections = handlers.connections;
  auto& sync = handlers.sync;
  auto& matching = handlers.matching;
  const std::string product = "/v1/products/{product}";
  const std::string profile = product + "/profiles/{profile}";
  const std::string intercom = product + "/connections/intercom";

  return {
      {"GET", "/", Scope::kPublic, [](const Call&) { return About(); }},

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

      {"GET", product + "/profiles", Scope::kRead,
       [&](const Call& call) { return connections.ListProfiles(call); }},
      {"GET", profile, Scope::kRead,
       [&](const Call& call) { return connections.GetProfile(call); }},
      {"PUT", profile, Scope::kAdmin, TakesJson([&](const Call& call, const json& body) {
         return connections.PutProfile(call, body);
       })},
      {"DELETE", profile, Scope::kAdmin,
       [&](const Call& call) { return connections.DeleteProfile(call); }},

      {"GET", intercom, Scope::kRead,
       [&](const Call& call) { return connections.GetConnection(call); }},
      {"PUT", intercom, Scope::kAdmin, TakesJson([&](const Call& call, const json& body) {
         return connections.PutConnection(call, body);
       })},

      {"GET", product + "/sync", Scope::kRead,
       [&](const Call& call) { return sync.GetSummary(call); }},
      {"GET", product + "/sync/set-aside", Scope::kRead,
       [&](const Call& call) { return sync.ListSetAside(call); }},
      {"POST", product + "/sync/sweeps", Scope::kAdmin,
       [&](const Call& call) { return sync.StartSweep(call); }},

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
  };
}

}  // namespace accoil::gateway
