#include "tests/intercom-simulator/api.h"

#include "libs/core/text.h"
#include "libs/http/percent.h"
#include "tests/intercom-simulator/api_error.h"
#include "tests/intercom-simulator/request_bodies.h"
#include "tests/intercom-simulator/uuid.h"

namespace accoil::simulator {
namespace {

using nlohmann::json;

constexpr std::string_view kVersion = "2.14";

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

/// The members of a body that is JSON or a form; none of a body that is neither.
json ReadForm(const http::Request& request) {
  if (request.Header("Content-Type").starts_with("application/json")) {
    return ParseBody(request.body);
  }
  const auto form = http::ParseQuery(request.body);
  return form ? json(*form) : json::object();
}

/// Whether the request stands for somebody who works in Intercom's own pages.
bool IsPerson(const http::Request& request) {
  return request.Header("X-Simulator-Acting-As") == "person";
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
        return Logged(endpoint.path, request,
                      [&](LoggedCall& log) { return InWorkspace(request, log, endpoint.handler); });
      });
    }
  }
  server.Route("POST", "/auth/eagle/token",
               [this](const http::Request& request) { return ExchangeCode(request); });
  server.Route("POST", "/auth/uninstall",
               [this](const http::Request& request) { return UninstallApp(request); });
}

http::Response Api::Logged(const char* path, const http::Request& request,
                           const std::function<http::Response(LoggedCall& log)>& serve) {
  const auto began = std::chrono::steady_clock::now();
  LoggedCall log;
  log.request_id = NewUuid();
  log.time = simulation_.Now();
  log.method = request.method;
  log.path = request.path;
  log.endpoint = path;

  http::Response response;
  try {
    response = serve(log);
  } catch (const ApiError& error) {
    response = ErrorResponse(error, log.request_id);
  }
  response.headers["X-Request-Id"] = log.request_id;
  response.headers["Intercom-Version"] = std::string(kVersion);
  log.status = response.cut_off ? 0 : response.status;
  log.duration = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - began);
  simulation_.calls().Add(std::move(log),
                          static_cast<std::size_t>(simulation_.settings().call_log_limit));
  return response;
}

http::Response Api::InWorkspace(const http::Request& request, LoggedCall& log,
                                const WorkInWorkspace& work) {
  const auto token = BearerToken(request);
  const auto found = simulation_.FindByToken(token);
  if (!found) {
    if (simulation_.installations().IsDead(token)) {
      throw ApiError(401, "token_unauthorized", "Unauthorized");
    }
    throw ApiError(401, "unauthorized", "Access Token Invalid");
  }
  auto& tenant = *found;
  const auto settings = simulation_.settings();
  RateLimiter::Verdict verdict;
  {
    const std::lock_guard lock(tenant.mutex);
    log.workspace = tenant.info.id_code;
    const auto rule = tenant.Rule(settings);
    verdict = IsPerson(request) ? tenant.limiter.Look(log.time, rule)
                                : tenant.limiter.Take(log.time, rule);
  }
  HoldForLatency(settings);
  const auto serve = [&] {
    if (!verdict.allowed) throw Throttled();
    CheckHeaders(request, settings);
    const auto body = request.body.empty() ? json() : ParseBody(request.body);
    return PassFaults(request, body, settings, &verdict, log, [&](const json& checked) {
      std::vector<Event> events;
      std::string answer;
      {
        const std::lock_guard lock(tenant.mutex);
        Call call{request, checked, tenant, settings, simulation_.Now(), {}, {}};
        answer = work(call);
        log.ids = std::move(call.ids);
        events = std::move(call.events);
      }
      for (auto& event : events) simulation_.Notify(log.workspace, std::move(event));
      return answer;
    });
  };
  http::Response response;
  try {
    response = serve();
  } catch (const ApiError& error) {
    response = ErrorResponse(error, log.request_id);
  }
  SetRateLimit(verdict, response);
  return response;
}

http::Response Api::PassFaults(const http::Request& request, const json& body,
                               const Settings& settings, RateLimiter::Verdict* verdict,
                               LoggedCall& log, const Work& work) {
  http::Response response;
  const auto fault = simulation_.WithFaults([&](Faults& faults) {
    return faults.Meet({request.method, request.path, log.workspace, body}, simulation_.Now());
  });
  if (!fault) {
    response.body = work(body);
    return response;
  }
  log.fault = fault->name;
  switch (fault->kind) {
    case Fault::Kind::kStatus:
      throw ApiError(fault->status, fault->status == 503 ? "service_unavailable" : "server_error",
                     "A fault was asked for");
    case Fault::Kind::kThrottle:
      if (verdict != nullptr) verdict->remaining = 0;
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
    case Fault::Kind::kHalfAnswer:
    case Fault::Kind::kSlow:
      break;
  }
  response.body = work(body);
  if (fault->kind == Fault::Kind::kHalfAnswer) {
    response.body.resize(response.body.size() / 2);
    return response;
  }
  simulation_.HoldForFault(fault->delay);
  return fault->kind == Fault::Kind::kSlow ? response : CutOff();
}

void Api::HoldForLatency(const Settings& settings) {
  simulation_.Hold(settings.latency +
                   std::chrono::milliseconds(static_cast<std::int64_t>(
                       simulation_.Random() * static_cast<double>(settings.jitter.count()))));
}

http::Response Api::ExchangeCode(const http::Request& request) {
  return Logged("/auth/eagle/token", request, [&](LoggedCall& log) {
    const auto settings = simulation_.settings();
    HoldForLatency(settings);
    const auto form = ReadForm(request);
    return PassFaults(request, form, settings, nullptr, log, [&](const json& body) {
      const auto token = simulation_.installations().Exchange(
          RequiredText(body, "code"), RequiredText(body, "client_id"),
          RequiredText(body, "client_secret"), settings.refused_code_status, simulation_.Now());
      log.workspace = simulation_.installations().WorkspaceOf(token);
      return json{{"token_type", "Bearer"}, {"token", token}, {"access_token", token}}.dump();
    });
  });
}

http::Response Api::UninstallApp(const http::Request& request) {
  return Logged("/auth/uninstall", request, [&](LoggedCall& log) {
    return InWorkspace(request, log, [&](Call& call) {
      const auto token = BearerToken(request);
      if (simulation_.installations().WorkspaceOf(token).empty()) {
        // Of an app that the simulator does not know: only its token can die.
        simulation_.installations().Kill(token);
      } else {
        simulation_.Uninstall(call.id_code(), call.settings.own_uninstall_notified);
      }
      return std::string("{}");
    });
  });
}

}  // namespace accoil::simulator
