#include "libs/http/server.h"

#include <future>
#include <list>

#include "libs/http/server_fixture.h"
#include "tests/catch.h"

namespace accoil::http {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a handler gets the decoded request and its answer is sent") {
  const Fixture fixture;
  auto client = fixture.MakeClient();
  const auto reply =
      client.Send("POST", "/echo/a%20b%2Fc?x=1&y=%C3%A9", {{"Content-Type", "text/plain"}}, "hi");
  REQUIRE(reply.result == http::Reply::Result::kAnswered);
  CHECK(reply.status == 200);
  CHECK(reply.headers.at("content-type") == "application/json");
  const auto body = nlohmann::json::parse(reply.body);
  CHECK(body["name"] == "a b/c");
  CHECK(body["query"] == nlohmann::json{{"x", "1"}, {"y", "\xC3\xA9"}});
  CHECK(body["body"] == "hi");
}

TEST_CASE("headers and content type of the answer are the handler's") {
  const Fixture fixture;
  const auto reply = fixture.MakeClient().Send("GET", "/plain", {}, "");
  CHECK(reply.body == "hello");
  CHECK(reply.headers.at("Content-Type") == "text/plain");
  CHECK(reply.headers.at("X-Extra") == "1");
}

TEST_CASE("an unknown path is 404, a known one with another method 405 and Allow") {
  const Fixture fixture;
  auto client = fixture.MakeClient();
  CHECK(client.Send("GET", "/nothing", {}, "").status == 404);
  for (const std::string method : {"DELETE", "OPTIONS", "TRACE", "POST"}) {
    const auto reply = client.Send(method, "/plain", {}, method == "POST" ? "body" : "");
    CHECK(reply.status == 405);
    CHECK(reply.headers.at("Allow") == "GET");
    CHECK(reply.headers.at("Content-Type") == "application/problem+json");
  }
}

TEST_CASE("an answer to HEAD has no body") {
  const Fixture fixture;
  TestSocket socket(fixture.port());
  socket.Send("HEAD /plain HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto answer = socket.ReadUntil("\r\n\r\n");
  CHECK(answer.find("405") != std::string::npos);
  CHECK(answer.ends_with("\r\n\r\n"));
  socket.Send("GET /plain HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(socket.ReadAll().starts_with("HTTP/1.1 200"));
}

TEST_CASE("a body over the limit is refused, and the connection stays usable") {
  const Fixture fixture;
  auto client = fixture.MakeClient();
  CHECK(client.Send("POST", "/echo/x", {}, std::string(1000, 'x')).status == 200);
  CHECK(client.Send("POST", "/echo/x", {}, std::string(1001, 'x')).status == 413);
  CHECK(client.Send("POST", "/echo/x", {}, std::string(100'000, 'x')).status == 413);
  CHECK(client.Send("POST", "/large", {}, std::string(4 << 20, 'x')).body == "4194304");
  CHECK(client.Send("POST", "/large", {}, std::string((4 << 20) + 1, 'x')).status == 413);
}

TEST_CASE("a body far over the limit is refused before it is sent") {
  const Fixture fixture;
  TestSocket socket(fixture.port());
  socket.Send("POST /echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000000\r\n\r\n");
  CHECK(socket.ReadAll().starts_with("HTTP/1.1 413"));
  CHECK(socket.closed());
}

TEST_CASE("a client that goes on sending a body that was refused is cut off") {
  const Fixture fixture;
  TestSocket socket(fixture.port());
  socket.Send("POST /echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000000\r\n\r\n");
  const std::string block(1 << 20, 'x');
  int blocks = 0;
  while (blocks < 100 && socket.Send(block)) ++blocks;
  CHECK(blocks < 100);
  CHECK(fixture.MakeClient().Send("GET", "/plain", {}, "").status == 200);
}

TEST_CASE("a body in chunks is read, within the same limit") {
  const Fixture fixture;
  const std::string head = "POST /echo/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  TestSocket socket(fixture.port());
  socket.Send(head + "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
  CHECK(socket.ReadUntil("}").find(R"("body":"hello world")") != std::string::npos);
  // A little too long: the connection stays usable.
  socket.Send(head + "3E8\r\n" + std::string(1000, 'x') + "\r\n1\r\nx\r\n0\r\n\r\n");
  CHECK(socket.ReadUntil("}").starts_with("HTTP/1.1 413"));
  socket.Send("GET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(socket.ReadUntil("hello").starts_with("HTTP/1.1 200"));
  // Far too long: refused before it is sent.
  socket.Send(head + "7FFFFFFF\r\nx");
  CHECK(socket.ReadAll().starts_with("HTTP/1.1 413"));
  CHECK(socket.closed());
}

TEST_CASE("a client may ask whether its body is welcome before it sends it") {
  const Fixture fixture;
  const auto head = [](const std::string& path, int length) {
    return "POST " + path + " HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: " +
           std::to_string(length) + "\r\n\r\n";
  };
  {
    TestSocket socket(fixture.port());
    socket.Send(head("/echo/x", 5));
    CHECK(socket.ReadUntil("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    socket.Send("hello");
    CHECK(socket.ReadUntil("}").starts_with("HTTP/1.1 200"));
    // Who sends it at once is not told to go on.
    socket.Send(head("/echo/x", 5) + "hello");
    CHECK(socket.ReadUntil("}").starts_with("HTTP/1.1 200"));
  }
  for (const auto& [request, status] : std::map<std::string, std::string>{
           {head("/echo/x", 1001), "413"}, {head("/nothing", 5), "404"}}) {
    TestSocket socket(fixture.port());
    socket.Send(request);
    CHECK(socket.ReadAll().starts_with("HTTP/1.1 " + status));
    CHECK(socket.closed());
  }
}

TEST_CASE(
    "a request that two readers could read differently is refused and nothing after it read") {
  const Fixture fixture;
  const std::string next = "GET /plain HTTP/1.1\r\nHost: x\r\n\r\n";
  for (const auto& [headers, status] : std::map<std::string, std::string>{
           {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "400"},
           {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "400"},
           {"Content-Length: 5\r\nContent-Length: 6\r\n", "400"},
           {"Transfer-Encoding: gzip, chunked\r\n", "501"},
       }) {
    CAPTURE(headers);
    TestSocket socket(fixture.port());
    socket.Send("POST /echo/x HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n0\r\n\r\n" + next);
    const auto answer = socket.ReadAll();
    CHECK(answer.starts_with("HTTP/1.1 " + status));
    CHECK(answer.find("hello") == std::string::npos);
    CHECK(socket.closed());
  }
}

TEST_CASE("requests sent ahead are answered in their order") {
  const Fixture fixture;
  TestSocket socket(fixture.port());
  const auto post = [](const std::string& name) {
    return "POST /echo/" + name + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi";
  };
  socket.Send(post("one") + "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" + post("two") +
              "GET /plain HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + post("three"));
  const auto answers = socket.ReadAll();
  CHECK(socket.closed());
  const auto one = answers.find(R"("name":"one")");
  const auto nothing = answers.find("HTTP/1.1 404");
  const auto two = answers.find(R"("name":"two")");
  const auto plain = answers.find("hello");
  CHECK(one < nothing);
  CHECK(nothing < two);
  CHECK(two < plain);
  CHECK(plain != std::string::npos);
  CHECK(answers.find("three") == std::string::npos);
}

TEST_CASE("an old client's connection is closed unless it asks to keep it") {
  const Fixture fixture;
  TestSocket socket(fixture.port());
  socket.Send("GET /plain HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(socket.ReadUntil("hello").find("Connection: keep-alive\r\n") != std::string::npos);
  socket.Send("GET /plain HTTP/1.0\r\n\r\n");
  CHECK(socket.ReadAll().ends_with("hello"));
  CHECK(socket.closed());
}

TEST_CASE("a client that has said all it wants to say is still answered") {
  Fixture fixture;
  TestSocket socket(fixture.port());
  socket.Send("GET /gate HTTP/1.1\r\nHost: x\r\n\r\nGET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
  socket.EndSending();
  fixture.gate.Open();
  const auto answers = socket.ReadAll();
  CHECK(answers.starts_with("HTTP/1.1 200"));
  CHECK(answers.ends_with("hello"));
}

TEST_CASE("an answer's header cannot break its head apart") {
  const Fixture fixture;
  const auto answer = fixture.Exchange("GET /split HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(answer.starts_with("HTTP/1.1 500"));
  CHECK(answer.find("Set-Cookie") == std::string::npos);
}

TEST_CASE("an answer without content has no length") {
  const Fixture fixture;
  const auto answer = fixture.Exchange("DELETE /plain-thing HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(answer.starts_with("HTTP/1.1 204 No Content\r\n"));
  CHECK(answer.find("Content-") == std::string::npos);
  CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE("malformed requests are refused and harm nobody") {
  const Fixture fixture;
  for (const std::string bytes : {
           "POST /echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
           "POST /echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
           "POST /echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
           "GET /plain?a=%zz HTTP/1.1\r\nHost: x\r\n\r\n",
           "GET /pla in HTTP/1.1\r\nHost: x\r\n\r\n",
           "\x01\x02\x03\r\n\r\n",
           "GET\r\n\r\n",
           "GET /plain HTTP/1.1\r\nno colon\r\n\r\n",
       }) {
    CAPTURE(bytes);
    CHECK(fixture.Exchange(bytes).starts_with("HTTP/1.1 400"));
  }
  CHECK(fixture.MakeClient().Send("GET", "/plain", {}, "").status == 200);
}

TEST_CASE("absurd chunk sizes are refused") {
  const Fixture fixture;
  for (const auto& [size, status] :
       std::map<std::string, std::string>{{"-2", "400"},
                                          {"zz", "400"},
                                          {"", "400"},
                                          {"FFFFFFFF", "413"},
                                          {"FFFFFFFFFFFFFFFF", "413"},
                                          {"FFFFFFFFFFFFFFFFF", "400"}}) {
    CAPTURE(size);
    TestSocket socket(fixture.port());
    socket.Send("POST /echo/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + size +
                "\r\nabcdefgh\r\n0\r\n\r\n");
    CHECK(socket.ReadAll().starts_with("HTTP/1.1 " + status));
    CHECK(socket.closed());
  }
  CHECK(fixture.MakeClient().Send("GET", "/plain", {}, "").status == 200);
}

TEST_CASE("a request whose body does not arrive in time is answered with 408 and closed") {
  auto config = TestConfig();
  config.request_timeout = 50ms;
  const Fixture fixture(config);
  TestSocket socket(fixture.port());
  socket.Send("POST /echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  CHECK(socket.ReadAll().starts_with("HTTP/1.1 408"));
  CHECK(socket.closed());
}

TEST_CASE("a client that goes away in the middle of its request harms nobody") {
  const Fixture fixture;
  for (int i = 0; i < 20; ++i) {
    TestSocket socket(fixture.port());
    socket.Send("POST /echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    if (i % 2 == 0) socket.Reset();
  }
  CHECK(fixture.MakeClient().Send("GET", "/plain", {}, "").status == 200);
}

TEST_CASE("a client that goes away before its answer harms nobody") {
  Fixture fixture;
  {
    TestSocket gone(fixture.port());
    gone.Send("GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(fixture.gate.AwaitWaiting(1));
    gone.Reset();
    TestSocket midway(fixture.port());
    midway.Send("GET /long HTTP/1.1\r\nHost: x\r\n\r\n");
    midway.ReadUntil("xxx");
    midway.Reset();
  }
  fixture.gate.Open();
  CHECK(fixture.MakeClient().Send("GET", "/plain", {}, "").status == 200);
  fixture.server.Stop();
}

TEST_CASE("an answer that is cut off never looks whole") {
  const Fixture fixture;
  TestSocket socket(fixture.port());
  socket.Send("GET /cut-off HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto answer = socket.ReadAll();
  CHECK(socket.closed());
  CHECK(answer.find("Content-Length: 9\r\n") != std::string::npos);
  CHECK(answer.ends_with("{\"half\":"));
}

TEST_CASE("a handler's defect is a 500 that says nothing of it") {
  const Fixture fixture;
  const auto reply = fixture.MakeClient().Send("GET", "/defect", {}, "");
  CHECK(reply.status == 500);
  CHECK(reply.body.find("secret") == std::string::npos);
}

TEST_CASE("a handler works for the trace of its request, or for a new one") {
  const Fixture fixture;
  auto client = fixture.MakeClient();
  const std::string id = "4bf92f3577b34da6a3ce929d0e0e4736";
  CHECK(client.Send("GET", "/trace", {{"traceparent", "00-" + id + "-00f067aa0ba902b7-01"}}, "")
            .body == id);
  const auto told =
      client.Send("GET", "/trace", {{"traceparent", "00-" + id + "-00f067aa0ba902b7-00"}}, "");
  CHECK(told.headers.at("traceparent").starts_with("00-" + id + "-"));
  CHECK(told.headers.at("traceparent").ends_with("-00"));
  const auto fresh = client.Send("GET", "/trace", {{"traceparent", "broken"}}, "").body;
  CHECK(fresh.size() == 32);
  CHECK(fresh != id);
}

TEST_CASE("requests beyond threads and queue are refused with 503 and Retry-After") {
  auto config = TestConfig();
  config.threads = 1;
  config.queue_limit = 1;
  Fixture fixture(config);
  TestSocket running(fixture.port());
  running.Send("GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(fixture.gate.AwaitWaiting(1));
  TestSocket queued(fixture.port());
  queued.Send("GET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(queued.ReadUntil("\r\n\r\n", 100ms).empty());
  const auto refused = fixture.MakeClient().Send("GET", "/plain", {}, "");
  CHECK(refused.status == 503);
  CHECK(refused.headers.contains("Retry-After"));
  fixture.gate.Open();
  CHECK(running.ReadUntil("\r\n\r\n").starts_with("HTTP/1.1 200"));
  CHECK(queued.ReadUntil("\r\n\r\n").starts_with("HTTP/1.1 200"));
}

TEST_CASE("Stop finishes what is under way and refuses what comes after") {
  Fixture fixture;
  // Another server of the process goes on.
  const Fixture other;
  TestSocket under_way(fixture.port());
  under_way.Send("GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
  TestSocket kept_alive(fixture.port());
  kept_alive.Send("GET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
  kept_alive.ReadUntil("hello");
  TestSocket idle(fixture.port());
  idle.Send("GET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
  idle.ReadUntil("hello");
  REQUIRE(fixture.gate.AwaitWaiting(1));
  auto stopped = std::async(std::launch::async, [&] { fixture.server.Stop(); });
  CHECK(stopped.wait_for(50ms) == std::future_status::timeout);
  kept_alive.Send("GET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(kept_alive.ReadAll().starts_with("HTTP/1.1 503"));
  CHECK(kept_alive.closed());
  CHECK_THROWS(TestSocket(fixture.port()));
  fixture.gate.Open();
  stopped.get();
  CHECK(under_way.ReadAll().starts_with("HTTP/1.1 200"));
  CHECK(idle.ReadAll().empty());
  CHECK(idle.closed());
  CHECK(other.MakeClient().Send("GET", "/plain", {}, "").status == 200);
}

TEST_CASE("an answer may come later, from any thread, while the handler's thread serves others") {
  auto config = TestConfig();
  config.threads = 1;
  Fixture fixture(config);
  std::list<TestSocket> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(fixture.port()).Send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  auto late = fixture.AwaitLate(3);
  CHECK(fixture.MakeClient().Send("GET", "/plain", {}, "").status == 200);
  for (auto& answer : late) {
    Response response;
    response.body = "at last";
    answer(std::move(response));
  }
  for (auto& client : clients) {
    const auto answer = client.ReadUntil("at last");
    CHECK(answer.starts_with("HTTP/1.1 200"));
    CHECK(answer.find("traceparent: ") != std::string::npos);
  }
}

TEST_CASE("a late answer that cannot be sent is a defect like any other") {
  Fixture fixture;
  TestSocket client(fixture.port());
  client.Send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
  Response response;
  response.headers["Location"] = "https://example.com/\r\nSet-Cookie: a=b";
  fixture.AwaitLate(1).at(0)(std::move(response));
  CHECK(client.ReadUntil("\r\n\r\n").starts_with("HTTP/1.1 500"));
}

TEST_CASE("Stop waits for answers that come later") {
  Fixture fixture;
  TestSocket client(fixture.port());
  client.Send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
  auto late = fixture.AwaitLate(1);
  auto stopped = std::async(std::launch::async, [&] { fixture.server.Stop(); });
  CHECK(stopped.wait_for(50ms) == std::future_status::timeout);
  late.at(0)({});
  stopped.get();
  CHECK(client.ReadAll().starts_with("HTTP/1.1 200"));
}

TEST_CASE("a server that is leaving serves whoever comes, each connection once more") {
  Fixture fixture;
  TestSocket kept_alive(fixture.port());
  kept_alive.Send("GET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
  kept_alive.ReadUntil("hello");
  fixture.server.Leave();
  kept_alive.Send("GET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto last = kept_alive.ReadAll();
  CHECK(last.starts_with("HTTP/1.1 200"));
  CHECK(last.find("Connection: close") != std::string::npos);
  CHECK(fixture.MakeClient().Send("GET", "/plain", {}, "").status == 200);
}

TEST_CASE("a server that stops closes its port") {
  std::uint16_t port = 0;
  {
    Fixture fixture;
    port = fixture.port();
  }
  CHECK_THROWS(TestSocket(port));
}

TEST_CASE("a port that is taken is named") {
  const Fixture first;
  auto config = TestConfig();
  config.address.port = first.port();
  telemetry::Telemetry telemetry("http-test", "error");
  Server second(config, "second", telemetry);
  CHECK_THROWS_WITH(second.Start(), Catch::Contains(config.address.ToString()));
  CHECK(first.MakeClient().Send("GET", "/plain", {}, "").status == 200);
}

TEST_CASE("many kept-alive connections are served, each more than once") {
  const Fixture fixture;
  std::vector<std::unique_ptr<TestSocket>> sockets;
  for (int i = 0; i < 500; ++i) sockets.push_back(std::make_unique<TestSocket>(fixture.port()));
  for (int round = 0; round < 3; ++round) {
    for (auto& socket : sockets) socket->Send("GET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
    int answered = 0;
    for (auto& socket : sockets) answered += socket->ReadUntil("hello").ends_with("hello");
    CHECK(answered == 500);
  }
}

TEST_CASE("requests are counted by server, route, method and status") {
  Fixture fixture;
  auto client = fixture.MakeClient();
  client.Send("POST", "/echo/one", {}, "1");
  client.Send("POST", "/echo/two", {}, "2");
  client.Send("GET", "/wp-login.php", {}, "");
  client.Send("BREW", "/plain", {}, "");
  fixture.server.Stop();
  const auto metrics = fixture.telemetry.metrics().Expose();
  const auto has = [&](const std::string& line) {
    CAPTURE(metrics);
    CHECK(metrics.find(line) != std::string::npos);
  };
  has("accoil_http_requests_total{method=\"POST\",route=\"/echo/{name}\",server=\"test\","
      "status=\"200\"} 2");
  has("accoil_http_requests_total{method=\"GET\",route=\"none\",server=\"test\",status=\"404\"} 1");
  has("accoil_http_requests_total{method=\"other\",route=\"none\",server=\"test\","
      "status=\"405\"} 1");
  has("accoil_http_request_duration_seconds_count{route=\"/echo/{name}\",server=\"test\"} 2");
}

}  // namespace
}  // namespace accoil::http
