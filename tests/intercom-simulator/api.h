#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "libs/http/server.h"
#include "tests/intercom-simulator/notifications.h"
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
  /// What the app is to be notified of.
  std::vector<Event> events;

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
/// headers, faults, body; after it the answer's headers, the log and the webhooks. The exchange of
/// an OAuth code passes it without a token and a rate limit.
class Api {
 public:
  explicit Api(Simulation& simulation) : simulation_(simulation) {}

  void AddRoutes(http::Server& server);

 private:
  using Work = std::function<std::string(const nlohmann::json& body)>;
  using WorkInWorkspace = std::function<std::string(Call& call)>;

  /// Answers with what `serve` answers, and logs it.
  http::Response Logged(const char* path, const http::Request& request,
                        const std::function<http::Response(LoggedCall& log)>& serve);
  /// The whole gate.
  http::Response InWorkspace(const http::Request& request, LoggedCall& log,
                             const WorkInWorkspace& work);
  /// Its last part: does the work unless a fault keeps it from being done. `verdict` is null for
  /// what has no rate limit. Throws ApiError.
  http::Response PassFaults(const http::Request& request, const nlohmann::json& body,
                            const Settings& settings, RateLimiter::Verdict* verdict,
                            LoggedCall& log, const Work& work);
  void HoldForLatency(const Settings& settings);

  http::Response ExchangeCode(const http::Request& request);
  http::Response UninstallApp(const http::Request& request);

  Simulation& simulation_;
};

}  // namespace accoil::simulator
