#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "libs/http/client.h"
#include "libs/http/server.h"
#include "libs/http/test_socket.h"
#include "libs/telemetry/trace.h"

/// A server with routes for tests.
namespace accoil::http {

/// Answers requests only when the test opens it.
class Gate {
 public:
  void Wait() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  bool AwaitWaiting(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return waiting_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

inline ServerConfig TestConfig() {
  return {.address = {"127.0.0.1", 0},
          .body_limit = 1000,
          .request_timeout = std::chrono::seconds(5),
          .threads = 4};
}

struct Fixture {
  explicit Fixture(const ServerConfig& config = TestConfig()) : server(config, "test", telemetry) {
    server.Route("POST", "/echo/{name}", [](const Request& request) {
      Response response;
      nlohmann::json body = {{"name", request.Parameter("name")},
                             {"query", request.query},
                             {"length", request.body.size()},
                             {"body", request.body.substr(0, 100)}};
      response.body = body.dump();
      return response;
    });
    server.Route("GET", "/plain", [](const Request&) {
      Response response;
      response.body = "hello";
      response.content_type = "text/plain";
      response.headers["X-Extra"] = "1";
      return response;
    });
    server.Route("GET", "/long", [](const Request&) {
      Response response;
      response.body.assign(8 << 20, 'x');
      return response;
    });
    server.Route("GET", "/cut-off", [](const Request&) {
      Response response;
      response.body = "{\"half\":";
      response.cut_off = true;
      return response;
    });
    server.Route("GET", "/gate", [this](const Request&) {
      gate.Wait();
      return Response{};
    });
    server.Route("GET", "/later", [this](const Request&) {
      Response response;
      response.later = [this](std::function<void(Response)> answer) {
        const std::lock_guard lock(late_mutex);
        late.push_back(std::move(answer));
      };
      return response;
    });
    server.Route("GET", "/split", [](const Request&) {
      Response response;
      response.headers["Location"] = "https://example.com/\r\nSet-Cookie: a=b";
      return response;
    });
    server.Route("DELETE", "/plain-thing", [](const Request&) {
      Response response;
      response.status = 204;
      return response;
    });
    server.Route("GET", "/defect",
                 [](const Request&) -> Response { throw std::runtime_error("secret"); });
    server.Route("GET", "/trace", [](const Request&) {
      Response response;
      response.body = telemetry::CurrentTrace()->trace_id;
      return response;
    });
    server.Route("POST", "/large", 4 << 20, [](const Request& request) {
      Response response;
      response.body = std::to_string(request.body.size());
      return response;
    });
    server.Start();
  }

  std::uint16_t port() const { return server.address().port; }
  Client MakeClient() const {
    return Client({.base_url = "http://" + server.address().ToString()});
  }

  /// The answers that /later owes, once there are so many.
  std::vector<std::function<void(Response)>> AwaitLate(std::size_t count) {
    while (true) {
      {
        const std::lock_guard lock(late_mutex);
        if (late.size() >= count) return std::move(late);
      }
      std::this_thread::yield();
    }
  }

  /// What a request of these bytes, on a connection of its own, is answered with.
  std::string Exchange(std::string_view bytes) const {
    TestSocket socket(port());
    socket.Send(bytes);
    return socket.ReadUntil("\r\n\r\n");
  }

  telemetry::Telemetry telemetry{"http-test", "error"};
  Gate gate;
  std::mutex late_mutex;
  std::vector<std::function<void(Response)>> late;
  Server server;
};

}  // namespace accoil::http
