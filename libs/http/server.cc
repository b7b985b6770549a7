#include "libs/http/server.h"

#include <cpprest/http_listener.h>

#include <boost/asio.hpp>

#include "libs/core/text.h"
#include "libs/http/exchange.h"
#include "libs/http/failure.h"
#include "libs/http/percent.h"
#include "libs/http/router.h"
#include "libs/http/runtime.h"
#include "libs/http/worker_pool.h"
#include "libs/telemetry/trace.h"

namespace accoil::http {
namespace {

using web::http::experimental::listener::http_listener;

/// A body that is longer than its route allows by no more than this is read and thrown away, so
/// that the client can read the refusal; a longer one meets a closed connection.
constexpr std::size_t kDrainLimit = 1 << 20;
/// How long Stop waits for answers to be taken by their clients.
constexpr std::chrono::seconds kAnswerGrace{5};
constexpr int kPortTries = 20;

struct RouteEntry {
  std::string pattern;
  std::size_t body_limit;
  Handler handler;
};

/// The requests of a server by route, method and status.
class RequestMetrics {
 public:
  RequestMetrics(std::string server, telemetry::Metrics& metrics)
      : server_(std::move(server)), metrics_(metrics) {}

  void Answered(const std::string& route, std::string method, int status,
                std::chrono::duration<double> duration) {
    // What a client makes up must not become a label.
    static const std::set<std::string> kMethods = {"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"};
    if (!kMethods.contains(method)) method = "other";
    const std::lock_guard lock(mutex_);
    const auto key = std::tuple(route, method, status);
    auto count = counts_.find(key);
    if (count == counts_.end()) {
      auto counter = metrics_.MakeCounter("accoil_http_requests_total", "Requests answered.",
                                          {{"server", server_},
                                           {"route", route},
                                           {"method", method},
                                           {"status", std::to_string(status)}});
      count = counts_.emplace(key, counter).first;
    }
    count->second.Increment();
    auto durations = durations_.find(route);
    if (durations == durations_.end()) {
      auto histogram = metrics_.MakeHistogram(
          "accoil_http_request_duration_seconds",
          "From the headers' arrival to the answer's being ready.", telemetry::DurationBounds(),
          {{"server", server_}, {"route", route}});
      durations = durations_.emplace(route, histogram).first;
    }
    durations->second.Observe(duration.count());
  }

 private:
  const std::string server_;
  telemetry::Metrics& metrics_;
  std::mutex mutex_;
  std::map<std::tuple<std::string, std::string, int>, telemetry::Counter> counts_;
  std::map<std::string, telemetry::Histogram> durations_;
};

/// The declared length of the body; 0 without a Content-Length, nothing when it is malformed.
std::optional<std::size_t> ContentLength(const Request& request) {
  const auto text = request.Header("Content-Length");
  if (text.empty()) return 0;
  return core::ParseInteger<std::size_t>(text);
}

Response Overloaded(std::string_view reason) {
  auto response = Problem(503, reason);
  response.headers["Retry-After"] = "1";
  return response;
}

/// The port that can be listened on: the given one, or for 0 a free one. Throws when it is taken.
std::uint16_t ProbePort(const core::HostPort& address) {
  using boost::asio::ip::tcp;
  boost::asio::io_context context;
  tcp::resolver resolver(context);
  const tcp::endpoint endpoint =
      *resolver.resolve(address.host, std::to_string(address.port)).begin();
  const tcp::acceptor acceptor(context, endpoint);
  return acceptor.local_endpoint().port();
}

/// What the callbacks of cpprest share; lives as long as the last of them.
class Core : public std::enable_shared_from_this<Core> {
 public:
  Core(const ServerConfig& config, const std::string& name, telemetry::Telemetry& telemetry)
      : config_(config),
        logger_(telemetry.logger()),
        metrics_(name, telemetry.metrics()),
        pool_(config.threads, static_cast<std::size_t>(config.queue_limit)) {}

  void Add(const std::string& method, const std::string& path, std::size_t body_limit,
           Handler handler) {
    router_.Add(method, path, routes_.size());
    routes_.push_back({path, body_limit, std::move(handler)});
  }

  void Start() { pool_.Start(); }

  /// Refuses what comes from now on, finishes what is under way.
  void Stop() {
    stopping_ = true;
    // Bodies that are still coming are whole or given up within the request time-out.
    WaitForUnderWay(config_.request_timeout);
    pool_.Stop();
    WaitForUnderWay(kAnswerGrace);
  }

  void OnRequest(const web::http::http_request& message) {
    auto task = std::make_shared<Task>();
    task->exchange = std::make_shared<Exchange>(message);
    task->request = task->exchange->ReadHead();
    {
      const std::lock_guard lock(mutex_);
      ++under_way_;
    }
    const auto& request = task->request;
    if (stopping_) return Answer(task, Overloaded("the server is stopping"), true);
    if (!request.Header("Transfer-Encoding").empty()) {
      // cpprest reads chunks without a bound, so their sum is not known in time to refuse it.
      return Answer(task, Problem(411, "send the body with a Content-Length, not in chunks"), true);
    }
    const auto length = ContentLength(request);
    if (!length) return Answer(task, Problem(400, "the Content-Length is not a number"), true);

    auto refusal = Prepare(*task, message.request_uri().query(), *length);
    if (refusal && *length > kDrainLimit + task->body_limit) {
      return Answer(task, *std::move(refusal), true);
    }
    if (*length == 0) {
      if (refusal) return Answer(task, *std::move(refusal), false);
      return Submit(task);
    }
    task->exchange->AwaitBody(
        config_.request_timeout,
        [self = shared_from_this(), task, refusal = std::move(refusal)](Exchange::Body body) {
          if (body == Exchange::Body::kLate) {
            self->Answer(task, Problem(408, "the request did not arrive whole in time"), true);
          } else if (body == Exchange::Body::kBroken) {
            self->Answer(task, Problem(400, "the request did not arrive whole"), true);
          } else if (refusal) {
            self->Answer(task, *refusal, false);
          } else {
            task->request.body = task->exchange->TakeBody();
            self->Submit(task);
          }
        });
  }

 private:
  struct Task {
    std::shared_ptr<Exchange> exchange;
    Request request;
    const RouteEntry* route = nullptr;
    std::size_t body_limit = 0;
  };

  /// Finds the task's route; answers what to refuse the request with, if so.
  std::optional<Response> Prepare(Task& task, const std::string& query, std::size_t length) {
    auto& request = task.request;
    task.body_limit = config_.body_limit;
    auto match = router_.Find(request.method, request.path);
    if (match.allowed.empty()) return Problem(404, "there is nothing at " + request.path);
    if (!match.route) {
      auto response = Problem(405, request.method + " is not possible here");
      for (const auto& method : match.allowed) {
        auto& allow = response.headers["Allow"];
        allow += (allow.empty() ? "" : ", ") + method;
      }
      return response;
    }
    task.route = &routes_[*match.route];
    task.body_limit = task.route->body_limit;
    request.parameters = std::move(match.parameters);
    if (length > task.body_limit) {
      return Problem(413,
                     "the body may have at most " + std::to_string(task.body_limit) + " bytes");
    }
    auto parameters = ParseQuery(query);
    if (!parameters) return Problem(400, "the query is not percent-encoded as it should be");
    request.query = *std::move(parameters);
    const std::lock_guard lock(mutex_);
    if (under_way_ >
        static_cast<std::size_t>(config_.threads) + static_cast<std::size_t>(config_.queue_limit)) {
      return Overloaded("too many requests at once");
    }
    return std::nullopt;
  }

  void Submit(const std::shared_ptr<Task>& task) {
    if (!pool_.TrySubmit([self = shared_from_this(), task] { self->Handle(task); })) {
      Answer(task, Overloaded(stopping_ ? "the server is stopping" : "too many requests at once"),
             stopping_);
    }
  }

  void Handle(const std::shared_ptr<Task>& task) {
    auto trace = telemetry::ParseTraceparent(task->request.Header("traceparent"));
    const telemetry::TraceScope scope(trace ? trace : telemetry::NewTrace());
    Response response;
    try {
      response = task->route->handler(task->request);
    } catch (...) {
      response = FromFailure(std::current_exception(), task->request, logger_);
    }
    Answer(task, std::move(response), stopping_);
  }

  void Answer(const std::shared_ptr<Task>& task, Response response, bool close) {
    metrics_.Answered(task->route == nullptr ? "none" : task->route->pattern, task->request.method,
                      response.status, std::chrono::steady_clock::now() - task->exchange->began());
    task->exchange->Reply(std::move(response), close, [self = shared_from_this()] {
      const std::lock_guard lock(self->mutex_);
      --self->under_way_;
      self->changed_.notify_all();
    });
  }

  void WaitForUnderWay(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, limit, [this] { return under_way_ == 0; });
  }

  const ServerConfig config_;
  const telemetry::Logger logger_;
  RequestMetrics metrics_;
  Router router_;
  std::vector<RouteEntry> routes_;
  WorkerPool pool_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  /// Requests whose answer has not been sent yet.
  std::size_t under_way_ = 0;
};

class CpprestListener final : public Runtime::Listener {
 public:
  CpprestListener(const core::HostPort& address, const std::shared_ptr<Core>& core)
      : listener_(web::uri("http://" + address.ToString() + "/")) {
    const auto handler = [core](const web::http::http_request& message) {
      core->OnRequest(message);
    };
    listener_.support(handler);
    // Without these cpprest answers the two by itself.
    listener_.support(web::http::methods::OPTIONS, handler);
    listener_.support(web::http::methods::TRCE, handler);
    listener_.open().wait();
  }
  void Close() override { listener_.close().wait(); }

 private:
  http_listener listener_;
};

}  // namespace

struct Server::Implementation {
  ServerConfig config;
  std::shared_ptr<Runtime> runtime;
  std::shared_ptr<Core> core;
  std::unique_ptr<Runtime::Listener> listener;
};

// NOLINTNEXTLINE(performance-unnecessary-value-param): the header is the contract
Server::Server(ServerConfig config, std::string name, telemetry::Telemetry& telemetry)
    : implementation_(std::make_unique<Implementation>()) {
  implementation_->core = std::make_shared<Core>(config, name, telemetry);
  implementation_->config = std::move(config);
  implementation_->runtime = Runtime::Acquire();
}

Server::~Server() { Stop(); }

void Server::Route(const std::string& method, const std::string& path, Handler handler) {
  Route(method, path, implementation_->config.body_limit, std::move(handler));
}

void Server::Route(const std::string& method, const std::string& path, std::size_t body_limit,
                   Handler handler) {
  implementation_->core->Add(method, path, body_limit, std::move(handler));
}

void Server::Start() {
  auto& address = implementation_->config.address;
  const bool any_port = address.port == 0;
  for (int tries = 1;; ++tries) {
    try {
      // cpprest does not tell which port it was given, and a second listener on a port of the same
      // process destroys the first; so we look before. Somebody else may be quicker to take a free
      // port; then another is tried.
      if (any_port) address.port = 0;
      address.port = ProbePort(address);
      implementation_->listener = std::make_unique<CpprestListener>(address, implementation_->core);
      break;
    } catch (const std::exception& error) {
      if (any_port && tries < kPortTries) continue;
      throw std::runtime_error("cannot listen on " + address.ToString() + ": " + error.what());
    }
  }
  implementation_->runtime->Opened();
  implementation_->core->Start();
}

void Server::Stop() {
  if (!implementation_->listener) return;
  implementation_->core->Stop();
  implementation_->runtime->Retire(std::move(implementation_->listener));
}

core::HostPort Server::address() const { return implementation_->config.address; }

}  // namespace accoil::http
