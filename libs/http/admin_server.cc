#include "libs/http/admin_server.h"

#include <atomic>
#include <nlohmann/json.hpp>

#include "libs/http/server.h"

namespace accoil::http {
namespace {

/// Why a dependency cannot be used; a check that fails is a problem, too.
std::optional<std::string> ProblemOf(const AdminServer::Check& check) {
  try {
    return check();
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

struct AdminServer::Implementation {
  Implementation(core::HostPort address, telemetry::Telemetry& service_telemetry)
      : telemetry(service_telemetry),
        server({.address = std::move(address),
                .body_limit = 0,
                .threads = 4,
                .queue_limit = 64,
                .connections = 256,
                .io_threads = 1,
                .sampled_a_second = 0},
               "admin", service_telemetry) {}

  Response Metrics() const {
    for (const auto& refresh : refreshes) refresh();
    for (const auto& [dependency, check] : checks) {
      telemetry.metrics()
          .MakeGauge("accoil_dependency_up",
                     "Whether what the service depends on can be used now: 1, or 0 and /readyz has "
                     "the reason.",
                     {{"dependency", dependency}})
          .Set(ProblemOf(check) ? 0 : 1);
    }
    Response response;
    response.body = telemetry.Expose();
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return response;
  }

  Response Ready() const {
    auto problems = nlohmann::json::object();
    if (leaving) problems["service"] = "it is stopping";
    for (const auto& [dependency, check] : checks) {
      if (const auto problem = ProblemOf(check)) problems[dependency] = *problem;
    }
    Response response;
    response.status = problems.empty() ? 200 : 503;
    response.body = nlohmann::json{{"ready", problems.empty()}, {"problems", problems}}.dump(
        -1, ' ', false, nlohmann::json::error_handler_t::replace);
    return response;
  }

  telemetry::Telemetry& telemetry;
  std::atomic<bool> leaving = false;
  std::vector<std::pair<std::string, Check>> checks;
  std::vector<std::function<void()>> refreshes;
  Server server;
};

AdminServer::AdminServer(core::HostPort address, telemetry::Telemetry& telemetry)
    : implementation_(std::make_unique<Implementation>(std::move(address), telemetry)) {
  auto& implementation = *implementation_;
  implementation.server.Route("GET", "/metrics",
                              [&](const Request&) { return implementation.Metrics(); });
  implementation.server.Route("GET", "/readyz",
                              [&](const Request&) { return implementation.Ready(); });
  implementation.server.Route("GET", "/healthz", [](const Request&) {
    Response response;
    response.body = R"({"alive":true})";
    return response;
  });
}

AdminServer::~AdminServer() = default;

void AdminServer::AddCheck(const std::string& dependency, Check check) {
  implementation_->checks.emplace_back(dependency, std::move(check));
}

void AdminServer::OnScrape(std::function<void()> refresh) {
  implementation_->refreshes.push_back(std::move(refresh));
}

void AdminServer::Start() { implementation_->server.Start(); }
void AdminServer::Leave() { implementation_->leaving = true; }
void AdminServer::Stop() { implementation_->server.Stop(); }
core::HostPort AdminServer::address() const { return implementation_->server.address(); }

}  // namespace accoil::http
