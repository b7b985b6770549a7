#include "tests/intercom-simulator/api.h"

#include <random>

#include "libs/core/text.h"
#include "tests/intercom-simulator/api_error.h"
#include "tests/intercom-simulator/request_bodies.h"

namespace accoil::simulator {
namespace {

using nlohmann::json;

constexpr std::string_view kVersion = "2.14";

std::string NewUuid() {
  thread_local std::mt19937_64 engine{std::random_device{}()};
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string uuid = "xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx";
  for (auto& c : uuid) {
    if (c == 'x') c = kHex[engine() & 15];
  }
  return uuid;
}

std::string BearerToken(const http::Request& request) {
  const auto header = request.Header("Authorization");
  constexpr std::string_view kScheme = "bearer ";
  if (core::ToLower(header.substr(0, kScheme.size())) != kScheme) return {};
  return std::string(core::Trim(header.substr(kScheme.size())));
}

http::Response ErrorResponse(const ApiError& error, const std::string& request_id) {
  http::Response response;
  response.status = error.status();
  response.body = error.Body(request_id);
  return response;
}

http::Response CutOff() {
  http::Response response;
  response.cut_off = true;
  return response;
}

void CheckHeaders(const http::Request& request, const Settings& settings) {
  const auto version = request.Header("Intercom-Version");
  if (version.empty() ? settings.version_required : version != kVersion) {
    throw ApiError(400, "intercom_version_invalid", "The requested version could not be found");
  }
  const auto accept = request.Header("Accept");
  if (!accept.empty() && accept.find("application/json") == std::string_view::npos &&
      accept.find("*/*") == std::string_view::npos) {
    throw ApiError(406, "media_type_not_acceptable",
                   "The Accept header should send a media type of application/json");
  }
  if (!request.body.empty() && !request.Header("Content-Type").starts_with("application/json")) {
    throw ApiError(415, "media_type_not_supported",
                   "The Content-Type header should send a media type of application/json");
  }
}

ApiError Throttled() {
  return {429, "rate_limit_exceeded", "Exceeded rate limit of requests in 10_seconds"};
}

void SetRateLimit(const RateLimiter::Verdict& verdict, http::Response& response) {
  response.headers["X-RateLimit-Limit"] = std::to_string(verdict.limit);
  response.headers["X-RateLimit-Remaining"] = std::to_string(verdict.remaining);
  response.headers["X-RateLimit-Reset"] = std::to_string(verdict.reset);
}

std::string Me(Call& call) {
  const auto& info = call.tenant.info;
  const json body = {{"type", "admin"},
                     {"id", "991267459"},
                     {"email", "admin@" + info.id_code + ".example"},
                     {"name", "Simulated Admin"},
                     {"email_verified", true},
                     {"app",
                      {{"type", "app"},
                       {"id_code", info.id_code},
                       {"name", info.name},
                       {"created_at", 1734537243},
                       {"secure", false},
                       {"identity_verification", false},
                       {"timezone", "Etc/UTC"},
                       {"region", info.region}}},
                     {"avatar", {{"type", "avatar"}, {"image_url", nullptr}}},
                     {"has_inbox_seat", true}};
  return body.dump();
}

}  // namespace

void Api::AddRoutes(http::Server& server) {
  static const std::vector<Endpoint> kMe = {{"GET", "/me", Me}};
  for (const auto* endpoints :
       {&kMe, &ContactEndpoints(), &CompanyEndpoints(), &AttributeEndpoints(), &TagEndpoints()}) {
    for (const auto& endpoint : *endpoints) {
      server.Route(endpoint.method, endpoint.path, [this, &endpoint](const http::Request& request) {
        return Serve(endpoint, request);
      });
    }
  }
}

http::Response Api::Serve(const Endpoint& endpoint, const http::Request& request) {
  const auto began = std::chrono::steady_clock::now();
  const auto request_id = NewUuid();
  LoggedCall log;
  log.time = simulation_.Now();
  log.method = request.method;
  log.path = request.path;
  log.endpoint = endpoint.path;

  http::Response response;
  const auto tenant = simulation_.tenants().FindByToken(BearerToken(request));
  if (tenant) {
    response = Handle(endpoint, request, *tenant, request_id, log);
  } else {
    response = ErrorResponse({401, "unauthorized", "Access Token Invalid"}, request_id);
  }
  response.headers["X-Request-Id"] = request_id;
  response.headers["Intercom-Version"] = std::string(kVersion);
  log.status = response.cut_off ? 0 : response.status;
  log.duration = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - began);
  simulation_.calls().Add(std::move(log),
                          static_cast<std::size_t>(simulation_.settings().call_log_limit));
  return response;
}

http::Response Api::Handle(const Endpoint& endpoint, const http::Request& request, Tenant& tenant,
                           const std::string& request_id, LoggedCall& log) {
  const auto settings = simulation_.settings();
  RateLimiter::Verdict verdict;
  {
    const std::lock_guard lock(tenant.mutex);
    log.workspace = tenant.info.id_code;
    verdict = tenant.limiter.Take(log.time, tenant.Rule(settings));
  }
  simulation_.Hold(settings.latency +
                   std::chrono::milliseconds(static_cast<std::int64_t>(
                       simulation_.Random() * static_cast<double>(settings.jitter.count()))));
  http::Response response;
  try {
    if (!verdict.allowed) throw Throttled();
    CheckHeaders(request, settings);
    const auto body = request.body.empty() ? json() : ParseBody(request.body);

    const auto fault = simulation_.WithFaults([&](Faults& faults) {
      return faults.Meet({request.method, request.path, log.workspace, body}, simulation_.Now());
    });
    if (fault) {
      log.fault = fault->name;
      switch (fault->kind) {
        case Fault::Kind::kStatus:
          throw ApiError(fault->status,
                         fault->status == 503 ? "service_unavailable" : "server_error",
                         "A fault was asked for");
        case Fault::Kind::kThrottle:
          verdict.remaining = 0;
          throw Throttled();
        case Fault::Kind::kRefuseAttribute:
          throw ParameterInvalid("Custom attribute '" + fault->attribute + "' is refused",
                                 settings.refused_attribute_named ? fault->attribute : "");
        case Fault::Kind::kResetBefore:
          return CutOff();
        case Fault::Kind::kTimeout:
          if (fault->done) break;
          simulation_.HoldForFault(fault->delay);
          return CutOff();
        case Fault::Kind::kResetAfter:
        case Fault::Kind::kSlow:
          break;
      }
    }
    {
      const std::lock_guard lock(tenant.mutex);
      Call call{request, body, tenant, settings, simulation_.Now(), {}};
      response.body = endpoint.handler(call);
      log.ids = std::move(call.ids);
    }
    if (fault) {
      simulation_.HoldForFault(fault->delay);
      if (fault->kind != Fault::Kind::kSlow) return CutOff();
    }
  } catch (const ApiError& error) {
    response = ErrorResponse(error, request_id);
  }
  SetRateLimit(verdict, response);
  return response;
}

}  // namespace accoil::simulator
