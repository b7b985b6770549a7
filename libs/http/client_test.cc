#include "libs/http/client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <future>

#include "libs/core/errors.h"
#include "libs/http/server.h"
#include "libs/http/test_socket.h"
#include "tests/catch.h"

namespace accoil::http {
namespace {

using boost::asio::ip::tcp;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

/// A server whose answers, and their faults, the test writes; each connection in a thread.
class ScriptedServer {
 public:
  using Script = std::function<void(tcp::socket& socket, int connection)>;

  explicit ScriptedServer(Script script)
      : acceptor_(context_, {boost::asio::ip::make_address("127.0.0.1"), 0}),
        script_(std::move(script)),
        thread_([this] { Run(); }) {}
  ~ScriptedServer() {
    stopping_ = true;
    boost::system::error_code ignored;
    tcp::socket wake(context_);
    wake.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
    for (auto& thread : threads_) thread.join();
  }

  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }
  int connections() const { return connections_; }

  /// Reads a request's headers and the body that they announce; empty when the client closed.
  static std::string ReadRequest(tcp::socket& socket) {
    std::string bytes;
    boost::system::error_code error;
    boost::asio::read_until(socket, boost::asio::dynamic_buffer(bytes), "\r\n\r\n", error);
    if (error) return {};
    const auto head = bytes.find("\r\n\r\n") + 4;
    const auto length_at = bytes.find("Content-Length:");
    if (length_at == std::string::npos) return bytes;
    const auto length = std::stoul(bytes.substr(length_at + 15));
    while (bytes.size() < head + length) {
      char more[4096];
      const auto count = socket.read_some(boost::asio::buffer(more), error);
      if (error) return {};
      bytes.append(more, count);
    }
    return bytes;
  }

  static void Write(tcp::socket& socket, std::string_view bytes) {
    boost::system::error_code ignored;
    boost::asio::write(socket, boost::asio::buffer(bytes), ignored);
  }

 private:
  void Run() {
    while (true) {
      tcp::socket socket(context_);
      acceptor_.accept(socket);
      if (stopping_) return;
      threads_.emplace_back(
          [this, socket = std::move(socket), connection = connections_++]() mutable {
            script_(socket, connection);
          });
    }
  }

  boost::asio::io_context context_;
  tcp::acceptor acceptor_;
  const Script script_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> connections_ = 0;
  std::vector<std::thread> threads_;
  std::thread thread_;
};

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

Client MakeClient(const std::string& url, std::chrono::milliseconds timeout = 5s) {
  return Client({.base_url = url, .timeout = timeout, .answer_limit = 10'000});
}

std::string ClosedPortUrl() {
  boost::asio::io_context context;
  const tcp::acceptor acceptor(context, {boost::asio::ip::make_address("127.0.0.1"), 0});
  return "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
}

TEST_CASE("connections are used again") {
  ScriptedServer server([](tcp::socket& socket, int) {
    while (!ScriptedServer::ReadRequest(socket).empty()) ScriptedServer::Write(socket, kOk);
  });
  {
    auto client = MakeClient(server.url());
    for (int i = 0; i < 100; ++i) {
      const auto reply = client.Send("GET", "/", {}, "");
      CAPTURE(i, reply.error);
      REQUIRE(reply.body == "ok");
    }
  }
  // cpprest gives a connection back a moment after the answer; a request that is quicker makes
  // another.
  CHECK(server.connections() < 50);
}

TEST_CASE("what is sent has the given headers and body, and no content type of its own") {
  std::promise<std::string> seen;
  ScriptedServer server([&](tcp::socket& socket, int) {
    seen.set_value(ScriptedServer::ReadRequest(socket));
    ScriptedServer::Write(socket, kOk);
  });
  MakeClient(server.url()).Send("PUT", "/a%2Fb?c=%20d", {{"Content-Type", "x/y"}}, "body");
  const auto request = seen.get_future().get();
  CHECK(request.starts_with("PUT /a%2Fb?c=%20d HTTP/1.1\r\n"));
  CHECK(request.find("Content-Type:x/y\r\n") != std::string::npos);
  CHECK(request.ends_with("\r\n\r\nbody"));
}

TEST_CASE("an empty body has no content type") {
  std::promise<std::string> seen;
  ScriptedServer server([&](tcp::socket& socket, int) {
    seen.set_value(ScriptedServer::ReadRequest(socket));
    ScriptedServer::Write(socket, kOk);
  });
  MakeClient(server.url()).Send("GET", "/", {}, "");
  const auto request = seen.get_future().get();
  CHECK(request.find("Content-Type") == std::string::npos);
  CHECK(request.find("chunked") == std::string::npos);
}

TEST_CASE("status, headers and body are answered whatever the status") {
  ScriptedServer server([](tcp::socket& socket, int) {
    ScriptedServer::ReadRequest(socket);
    ScriptedServer::Write(socket,
                          "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nX-A: b\r\n"
                          "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  });
  const auto reply = MakeClient(server.url()).Send("GET", "/", {}, "");
  CHECK(reply.result == Reply::Result::kAnswered);
  CHECK(reply.status == 302);
  CHECK(reply.headers.at("x-a") == "b");
  CHECK(reply.body == "abcde");
}

TEST_CASE("a refused connection and an unknown host are not sent") {
  auto reply = MakeClient(ClosedPortUrl()).Send("POST", "/", {}, "x");
  CHECK(reply.result == Reply::Result::kNotSent);
  CHECK_FALSE(reply.error.empty());
  reply = MakeClient("http://no-such-host.invalid").Send("POST", "/", {}, "x");
  CHECK(reply.result == Reply::Result::kNotSent);
}

TEST_CASE("a TLS handshake that fails is not sent") {
  ScriptedServer server([](tcp::socket& socket, int) {
    ScriptedServer::Write(socket, "this is no TLS, whatever was asked for");
  });
  auto url = server.url();
  url.insert(4, "s");
  CHECK(MakeClient(url).Send("POST", "/", {}, "x").result == Reply::Result::kNotSent);
}

TEST_CASE("a server that closes without an answer leaves it unknown, and is asked once") {
  std::atomic<int> requests = 0;
  ScriptedServer server([&](tcp::socket& socket, int) {
    if (!ScriptedServer::ReadRequest(socket).empty()) ++requests;
  });
  CHECK(MakeClient(server.url()).Send("POST", "/", {}, "x").result == Reply::Result::kUnknown);
  CHECK(requests == 1);
}

TEST_CASE("a reused connection that breaks before the answer is not tried again in silence") {
  for (const std::string body : {"x", ""}) {
    std::atomic<int> requests = 0;
    {
      ScriptedServer server([&](tcp::socket& socket, int) {
        while (!ScriptedServer::ReadRequest(socket).empty()) {
          if (++requests > 1) return;
          ScriptedServer::Write(socket, kOk);
        }
      });
      auto client = MakeClient(server.url());
      CHECK(client.Send("POST", "/", {}, body).result == Reply::Result::kAnswered);
      CHECK(client.Send("POST", "/", {}, body).result == Reply::Result::kUnknown);
    }
    CHECK(requests == 2);
  }
}

TEST_CASE("a kept-alive connection that the server closed while idle is replaced") {
  std::promise<void> closed;
  ScriptedServer server([&](tcp::socket& socket, int connection) {
    ScriptedServer::ReadRequest(socket);
    ScriptedServer::Write(socket, kOk);
    socket.close();
    if (connection == 0) closed.set_value();
  });
  auto client = MakeClient(server.url());
  CHECK(client.Send("POST", "/", {}, "x").status == 200);
  closed.get_future().get();
  const auto reply = client.Send("POST", "/", {}, "x");
  CHECK(reply.result == Reply::Result::kAnswered);
  CHECK(reply.status == 200);
}

TEST_CASE("a server that is gone after an idle time is not sent to") {
  std::string url;
  std::optional<Client> client;
  {
    ScriptedServer server([](tcp::socket& socket, int) {
      ScriptedServer::ReadRequest(socket);
      ScriptedServer::Write(socket, kOk);
    });
    client.emplace(ClientConfig{.base_url = server.url()});
    CHECK(client->Send("POST", "/", {}, "x").status == 200);
  }
  CHECK(client->Send("POST", "/", {}, "x").result == Reply::Result::kNotSent);
}

TEST_CASE("a server that does not answer in time leaves it unknown") {
  std::promise<void> release;
  auto released = release.get_future().share();
  ScriptedServer server([&](tcp::socket& socket, int) {
    ScriptedServer::ReadRequest(socket);
    // A trickle keeps an idle time-out from firing; the whole must still end in time.
    ScriptedServer::Write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    while (released.wait_for(20ms) == std::future_status::timeout) {
      ScriptedServer::Write(socket, "x");
    }
  });
  const auto before = std::chrono::steady_clock::now();
  const auto reply = MakeClient(server.url(), 200ms).Send("GET", "/", {}, "");
  release.set_value();
  CHECK(reply.result == Reply::Result::kUnknown);
  CHECK(reply.error.find("200 ms") != std::string::npos);
  CHECK(std::chrono::steady_clock::now() - before < 3s);
}

TEST_CASE("an answer that ends too early is unknown") {
  ScriptedServer server([](tcp::socket& socket, int) {
    ScriptedServer::ReadRequest(socket);
    ScriptedServer::Write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  });
  CHECK(MakeClient(server.url()).Send("GET", "/", {}, "").result == Reply::Result::kUnknown);
}

TEST_CASE("an answer over the limit is unknown, announced or not") {
  for (const std::string head : {"HTTP/1.1 200 OK\r\nContent-Length: 10001\r\n\r\n",
                                 "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"}) {
    ScriptedServer server([&](tcp::socket& socket, int) {
      ScriptedServer::ReadRequest(socket);
      ScriptedServer::Write(socket, head + std::string(1'000'000, 'x'));
    });
    const auto reply = MakeClient(server.url()).Send("GET", "/", {}, "");
    CHECK(reply.result == Reply::Result::kUnknown);
    CHECK(reply.error.find("longer") != std::string::npos);
  }
}

TEST_CASE("an answer that is no HTTP is unknown") {
  ScriptedServer server([](tcp::socket& socket, int) {
    ScriptedServer::ReadRequest(socket);
    ScriptedServer::Write(socket, "SSH-2.0-OpenSSH\r\n\r\n");
  });
  CHECK(MakeClient(server.url()).Send("GET", "/", {}, "").result == Reply::Result::kUnknown);
}

TEST_CASE("headers that would break out of their line are not sent") {
  auto client = MakeClient(ClosedPortUrl());
  CHECK_THROWS_AS(client.Send("GET", "/", {{"X", "a\r\nY: b"}}, ""), core::InvalidArgument);
  CHECK_THROWS_AS(client.Send("GET", "/", {{"X\n", "a"}}, ""), core::InvalidArgument);
  CHECK_THROWS_AS(client.Send("GET", "/a b", {}, ""), core::InvalidArgument);
}

TEST_CASE("one client serves many threads") {
  telemetry::Telemetry telemetry("http-test", "error");
  Server server({.address = {"127.0.0.1", 0}}, "test", telemetry);
  server.Route("POST", "/echo", [](const Request& request) {
    Response response;
    response.body = request.body;
    return response;
  });
  server.Start();
  auto client = MakeClient("http://" + server.address().ToString());
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 16; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 100; ++i) {
        const auto body = std::to_string(thread) + "/" + std::to_string(i);
        right += client.Send("POST", "/echo", {}, body).body == body;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(right == 1600);
}

}  // namespace
}  // namespace accoil::http
