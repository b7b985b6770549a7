#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "libs/core/environment.h"
#include "libs/core/run.h"
#include "libs/http/message.h"
#include "libs/telemetry/telemetry.h"

namespace accoil::http {

struct ServerConfig {
  core::HostPort address;
  /// A longer body is refused with 413 before it is read.
  std::size_t body_limit = 1 << 20;
  /// How long a client may take to send its body once its headers are there; then the connection is
  /// closed with 408. How long headers take and how long a connection stays idle cannot be bounded
  /// with cpprest: where clients are not our own, a proxy that reads requests whole stands before
  /// the server.
  std::chrono::milliseconds request_timeout{10'000};
  /// Threads that run handlers, which may block. Requests beyond them wait in a queue.
  int threads = 32;
  /// Requests waiting for a thread; more are refused with 503 and Retry-After.
  int queue_limit = 1024;
};

/// Answers a request. Runs on one of the server's threads and may block. What it throws becomes a
/// problem+json answer: core::InvalidArgument 400 (422 is not used), Unauthenticated 401,
/// PermissionDenied 403, NotFound 404, Conflict and FailedPrecondition 409, Unavailable 503,
/// DeadlineExceeded 504; anything else 500, its text in the log alone.
using Handler = std::function<Response(const Request&)>;

/// An HTTP server over cpprestsdk's listener. Routes are added before Start. An unknown path is
/// answered with 404, a known one with another method with 405 and Allow. A request's traceparent
/// is taken over (or a new trace begun) while its handler runs.
///
/// Stop closes the listener and waits for the handlers that are under way.
class Server final : public core::Part {
 public:
  /// Metrics: accoil_http_requests_total{server,route,method,status} and
  /// accoil_http_request_duration_seconds{server,route}; `name` fills the label `server`. Outlived
  /// by `telemetry`.
  Server(ServerConfig config, std::string name, telemetry::Telemetry& telemetry);
  ~Server() override;

  /// `path` has literal segments and {placeholders}: "/v1/products/{product}/batch".
  /// Placeholders match one segment; literal routes win over them.
  void Route(const std::string& method, const std::string& path, Handler handler);
  /// As Route, with a body limit of its own.
  void Route(const std::string& method, const std::string& path, std::size_t body_limit,
             Handler handler);

  void Start() override;
  void Stop() override;

  /// Where it listens; the port that was found when the configuration asked for port 0. Valid after
  /// Start.
  core::HostPort address() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace accoil::http
