#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "libs/http/server.h"
#include "tests/intercom-simulator/simulation.h"

namespace accoil::simulator {

/// One call of the API that has passed the gate. Its tenant's mutex is held.
struct Call {
  const http::Request& request;
  /// The body of a POST or PUT, an object; null when there is none.
  const nlohmann::json& body;
  Tenant& tenant;
  const Settings& settings;
  core::TimePoint now;
  /// Ids of what the call changes, for the log.
  std::vector<std::string> ids;

  Workspace& workspace() { return tenant.workspace; }
  const std::string& id_code() const { return tenant.info.id_code; }
  Moment moment() const { return {now, settings.search_lag}; }
};

/// An endpoint of the API. Its handler answers the JSON body of a 200 or throws ApiError.
struct Endpoint {
  const char* method;
  const char* path;
  std::string (*handler)(Call& call);
};

const std::vector<Endpoint>& ContactEndpoints();
const std::vector<Endpoint>& CompanyEndpoints();
const std::vector<Endpoint>& AttributeEndpoints();
const std::vector<Endpoint>& TagEndpoints();

/// Intercom's REST API. Before each endpoint stands the same gate: latency, token, rate limit,
/// headers, faults, body; after it the answer's headers and the log.
class Api {
 public:
  explicit Api(Simulation& simulation) : simulation_(simulation) {}

  void AddRoutes(http::Server& server);

  /// Serves a call of the endpoint.
  http::Response Serve(const Endpoint& endpoint, const http::Request& request);

 private:
  http::Response Handle(const Endpoint& endpoint, const http::Request& request, Tenant& tenant,
                        const std::string& request_id, LoggedCall& log);

  Simulation& simulation_;
};

}  // namespace accoil::simulator
