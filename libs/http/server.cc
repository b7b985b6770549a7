#include "libs/http/server.h"

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "libs/http/connection.h"
#include "libs/http/connection_table.h"
#include "libs/http/descriptors.h"
#include "libs/http/failure.h"
#include "libs/http/listener.h"
#include "libs/http/percent.h"
#include "libs/http/response_head.h"
#include "libs/http/router.h"
#include "libs/http/server_metrics.h"
#include "libs/http/worker_pool.h"
#include "libs/telemetry/trace.h"

namespace accoil::http {
namespace {

/// How long Stop waits for answers to be taken by their clients.
constexpr std::chrono::seconds kAnswerGrace{5};

struct RouteEntry {
  std::string pattern;
  std::size_t body_limit;
  Handler handler;
};

/// Counts the answers that handlers left for later. Any thread.
class Late {
 public:
  void Begin() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  void End() {
    const std::lock_guard lock(mutex_);
    // Under the lock: whoever awaits it may take this away at once.
    if (--count_ == 0) none_.notify_all();
  }
  void AwaitNone() {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  int count_ = 0;
};

Response Refused(std::string_view reason) {
  auto response = Problem(503, reason);
  response.headers["Retry-After"] = "1";
  return response;
}

}  // namespace

/// Routes, handlers' threads and connections of one server.
struct Server::Implementation final : Application {
  Implementation(ServerConfig server_config, std::string name, telemetry::Telemetry& telemetry)
      : config(std::move(server_config)),
        logger(telemetry.logger()),
        metrics(std::move(name), telemetry.metrics()),
        sampler(config.sampled_a_second),
        pool(config.threads, static_cast<std::size_t>(config.queue_limit)) {}

  std::optional<Response> Admit(Task& task, const std::string& query) override {
    auto& request = task.request;
    task.body_limit = config.body_limit;
    auto match = router.Find(request.method, request.path);
    if (match.allowed.empty()) return Problem(404, "there is nothing at " + request.path);
    if (!match.route) {
      auto response = Problem(405, request.method + " is not possible here");
      for (const auto& method : match.allowed) {
        auto& allow = response.headers["Allow"];
        allow += (allow.empty() ? "" : ", ") + method;
      }
      return response;
    }
    const auto& route = routes[*match.route];
    task.route = route.pattern;
    task.handler = &route.handler;
    task.body_limit = route.body_limit;
    request.parameters = std::move(match.parameters);
    auto parameters = ParseQuery(query);
    if (!parameters) return Problem(400, "the query is not percent-encoded as it should be");
    request.query = *std::move(parameters);
    if (stopping()) return Refused("the server is stopping");
    return std::nullopt;
  }

  std::optional<Response> Handle(std::shared_ptr<Task> task,
                                 std::function<void(Response)> reply) override {
    const bool taken = pool.TrySubmit(
        [this, task = std::move(task), reply = std::move(reply)] { Run(task, reply); });
    if (taken) return std::nullopt;
    return Refused(stopping() ? "the server is stopping" : "too many requests at once");
  }

  bool leaving() const override { return is_leaving; }
  bool stopping() const { return is_stopping; }

  void Run(const std::shared_ptr<Task>& task, const std::function<void(Response)>& reply) {
    const auto began = std::chrono::steady_clock::now();
    const auto given = telemetry::ParseTraceparent(task->request.Header("traceparent"));
    const auto trace =
        given ? telemetry::Continued(*given) : telemetry::NewTrace(sampler.Sample(began));
    const telemetry::TraceScope scope(trace);
    auto response = Handled(*task);
    if (!response.later) return reply(Finished(*task, std::move(response), trace, began));
    late.Begin();
    response.later([this, task, reply, trace, began](Response answer) {
      {
        const telemetry::TraceScope again(trace);
        reply(Finished(*task, Checked(*task, std::move(answer)), trace, began));
      }
      late.End();
    });
  }

  Response Finished(const Task& task, Response response, const telemetry::Trace& trace,
                    std::chrono::steady_clock::time_point began) const {
    response.headers["traceparent"] = telemetry::ToTraceparent(trace);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
    logger.Step("request answered", {{"method", task.request.method},
                                     {"route", task.route},
                                     {"status", response.status},
                                     {"ms", took.count()}});
    return response;
  }

  Response Handled(const Task& task) const {
    try {
      return Checked(task, (*task.handler)(task.request));
    } catch (...) {
      return FromFailure(std::current_exception(), task.request, logger);
    }
  }

  /// The response if it can be sent.
  Response Checked(const Task& task, Response response) const {
    try {
      CheckHeaders(response);
      return response;
    } catch (...) {
      return FromFailure(std::current_exception(), task.request, logger);
    }
  }

  void Listen() {
    const auto descriptors = RaiseDescriptorLimit();
    const auto connections = AffordableConnections(config.connections, descriptors);
    if (connections < config.connections) {
      logger.Warn("fewer connections than configured can be open at once",
                  {{"configured", std::to_string(config.connections)},
                   {"possible", std::to_string(connections)},
                   {"open_files", std::to_string(descriptors)}});
    }
    table = std::make_unique<ConnectionTable>(
        ConnectionTable::Limits{.connections = connections, .memory = config.memory_limit},
        metrics);
    const auto accepted = [this](boost::asio::ip::tcp::socket socket, std::span<char> scratch) {
      std::make_shared<Connection>(std::move(socket), config, *table, metrics, *this, scratch)
          ->Open();
    };
    listener = std::make_unique<Listener>(
        config.address, config.io_threads,
        Listener::Hooks{.accepted = accepted, .out_of_descriptors = [this] { table->MakeRoom(); }},
        logger);
    config.address.port = listener->port();
  }

  ServerConfig config;
  const telemetry::Logger logger;
  ServerMetrics metrics;
  telemetry::Sampler sampler;
  Router router;
  std::vector<RouteEntry> routes;
  WorkerPool pool;
  Late late;
  std::atomic<bool> is_leaving = false;
  std::atomic<bool> is_stopping = false;
  // The listener's loops hold the connections, which have their seats in the table.
  std::unique_ptr<ConnectionTable> table;
  std::unique_ptr<Listener> listener;
};

// NOLINTNEXTLINE(performance-unnecessary-value-param): the header is the contract
Server::Server(ServerConfig config, std::string name, telemetry::Telemetry& telemetry)
    : implementation_(
          std::make_unique<Implementation>(std::move(config), std::move(name), telemetry)) {}

Server::~Server() { Stop(); }

void Server::Route(const std::string& method, const std::string& path, Handler handler) {
  Route(method, path, implementation_->config.body_limit, std::move(handler));
}

void Server::Route(const std::string& method, const std::string& path, std::size_t body_limit,
                   Handler handler) {
  auto& routes = implementation_->routes;
  implementation_->router.Add(method, path, routes.size());
  routes.push_back({path, body_limit, std::move(handler)});
}

void Server::Start() {
  auto& implementation = *implementation_;
  try {
    implementation.Listen();
  } catch (const std::exception& error) {
    throw std::runtime_error("cannot listen on " + implementation.config.address.ToString() + ": " +
                             error.what());
  }
  implementation.pool.Start();
  implementation.listener->Start();
}

void Server::Leave() { implementation_->is_leaving = true; }

void Server::Stop() {
  auto& implementation = *implementation_;
  if (!implementation.listener) return;
  implementation.is_leaving = true;
  implementation.is_stopping = true;
  implementation.listener->Close();
  // Bodies that are still coming are whole or given up within the request time-out.
  implementation.table->AwaitNoRequests(implementation.config.request_timeout);
  implementation.pool.Stop();
  implementation.late.AwaitNone();
  implementation.table->AwaitNoRequests(kAnswerGrace);
  implementation.listener->Stop();
  implementation.listener.reset();
}

core::HostPort Server::address() const { return implementation_->config.address; }

}  // namespace accoil::http
