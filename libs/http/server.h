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
  /// closed with 408.
  std::chrono::milliseconds request_timeout{10'000};
  /// Threads that run handlers, which may block. Requests beyond them wait in a queue.
  int threads = 32;
  /// Requests waiting for a thread; more are refused with 503 and Retry-After.
  int queue_limit = 1024;
  /// How long a client may take to send a request's headers, from its connecting or their first
  /// byte; then the connection is closed with 408.
  std::chrono::milliseconds header_timeout{10'000};
  /// Bytes of a request's first line and headers; more are refused with 431.
  std::size_t header_limit = 16 << 10;
  /// How long a connection is kept open between two requests. Longer than any proxy before the
  /// server keeps it, or a request may meet a connection that is being closed.
  std::chrono::milliseconds idle_timeout{60'000};
  /// How long a client may take to read its answer; then the connection is closed.
  std::chrono::milliseconds answer_timeout{60'000};
  /// Connections open at once, as far as the process may open so many files. For one more, the
  /// connection goes that has been waiting for its client the longest; when all are being worked
  /// for, the new one is refused with 503.
  std::size_t connections = 10'000;
  /// Bytes of bodies and answers that all connections hold together. For more, those go that have
  /// been sending or reading the longest; when that does not help, a body is refused with 503. All
  /// in all the server takes this, an answer for each thread, and for each connection its headers
  /// and as much again of what the client sends ahead.
  std::size_t memory_limit = 256 << 20;
  /// Threads that read and write; a few serve thousands of connections.
  int io_threads = 2;
  /// Requests a second that come without a trace and whose own trace is sampled.
  int sampled_a_second = 5;
};

/// Answers a request. Runs on one of the server's threads and may block. What it throws becomes a
/// problem+json answer: core::InvalidArgument 400 (422 is not used), Unauthenticated 401,
/// PermissionDenied 403, NotFound 404, Conflict and FailedPrecondition 409, Unavailable 503,
/// DeadlineExceeded 504; anything else 500, its text in the log alone.
using Handler = std::function<Response(const Request&)>;

/// An HTTP/1.1 server. Routes are added before Start. An unknown path is answered with 404, a known
/// one with another method with 405 and Allow. A request's traceparent is taken over (or a new
/// trace begun) while its handler runs, and answered in the header of that name.
///
/// Whatever clients send, or do not send, costs bounded time and memory (see ServerConfig). What is
/// no HTTP, or could be read in two ways, is refused with 400 and the connection closed.
///
/// Leave has every connection closed after its next answer, so that clients connect anew, elsewhere
/// where there is a proxy. Stop closes the port, waits for the handlers that are under way and for
/// their answers to be taken, refuses with 503 what else comes meanwhile, and closes all
/// connections.
class Server final : public core::Part {
 public:
  /// Metrics: accoil_http_requests_total{server,route,method,status},
  /// accoil_http_request_duration_seconds{server,route}, accoil_http_connections{server},
  /// accoil_http_connections_given_up_total{server,reason}; `name` fills the label `server`.
  /// Outlived by `telemetry`.
  Server(ServerConfig config, std::string name, telemetry::Telemetry& telemetry);
  ~Server() override;

  /// `path` has literal segments and {placeholders}: "/v1/products/{product}/batch".
  /// Placeholders match one segment; literal routes win over them.
  void Route(const std::string& method, const std::string& path, Handler handler);
  /// As Route, with a body limit of its own.
  void Route(const std::string& method, const std::string& path, std::size_t body_limit,
             Handler handler);

  /// Throws when the address cannot be listened on. Raises the process's limit of open files to
  /// what the operating system permits.
  void Start() override;
  void Leave() override;
  /// May be called twice.
  void Stop() override;

  /// Where it listens; the port that was found when the configuration asked for port 0. Valid after
  /// Start.
  core::HostPort address() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace accoil::http
