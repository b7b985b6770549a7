#include <unistd.h>

#include <fstream>

#include "libs/http/descriptors.h"
#include "libs/http/server_fixture.h"
#include "tests/catch.h"

// What clients that are slow, many or greedy can do to a server: nothing to the others.
namespace accoil::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::string_view kGet = "GET /plain HTTP/1.1\r\nHost: x\r\n\r\n";

/// Memory of this process that is resident, in bytes.
std::size_t ResidentMemory() {
  std::size_t pages = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// GCC says by macros what it instruments for, Clang by features.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

/// The process has grown by less than so many bytes. Sanitizers keep what was freed, and shadows.
void CheckGrowth(std::size_t before, std::size_t most) {
  if (!kSanitized) CHECK(ResidentMemory() < before + most);
}

/// Sends the bytes one by one, `pause` apart, until the other side answers or closes, and answers
/// what it said.
std::string Drip(TestSocket& socket, std::string_view bytes, milliseconds pause) {
  const auto deadline = steady_clock::now() + 10s;
  for (std::size_t i = 0; steady_clock::now() < deadline; ++i) {
    socket.Send(bytes.substr(i % bytes.size(), 1));
    const auto said = socket.ReadUntil("\r\n\r\n", pause);
    if (!said.empty() || socket.closed()) return said + socket.ReadAll();
  }
  return "nothing";
}

bool IsServed(const Fixture& fixture) {
  return fixture.MakeClient().Send("GET", "/plain", {}, "").status == 200;
}

void CheckCounted(Fixture& fixture, const std::string& reason, int times) {
  const auto metrics = fixture.telemetry.metrics().Expose();
  CAPTURE(metrics);
  CHECK(metrics.find("accoil_http_connections_given_up_total{reason=\"" + reason +
                     "\",server=\"test\"} " + std::to_string(times)) != std::string::npos);
}

}  // namespace

TEST_CASE("headers that come byte by byte are given up when their time is over") {
  auto config = TestConfig();
  config.header_timeout = 150ms;
  Fixture fixture(config);
  TestSocket first(fixture.port());
  const auto began = steady_clock::now();
  CHECK(Drip(first, "GET /plain HTTP/1.1\r\nX: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 20ms)
            .starts_with("HTTP/1.1 408"));
  CHECK(first.closed());
  CHECK(steady_clock::now() - began < 5s);
  // On a connection that was kept alive the time begins with the first byte.
  TestSocket kept(fixture.port());
  for (int i = 0; i < 2; ++i) {
    kept.Send(kGet);
    CHECK(kept.ReadUntil("hello").ends_with("hello"));
    CHECK(kept.ReadUntil("nothing", 200ms).empty());
    CHECK_FALSE(kept.closed());
  }
  CHECK(Drip(kept, "GET /plain HTTP/1.1\r\nX: xxxxxxxxxxxxxxxxxxxx", 20ms)
            .starts_with("HTTP/1.1 408"));
  CheckCounted(fixture, "slow", 2);
}

TEST_CASE("a client that connects and says nothing is given up") {
  auto config = TestConfig();
  config.header_timeout = 50ms;
  const Fixture fixture(config);
  TestSocket socket(fixture.port());
  CHECK(socket.ReadAll().empty());
  CHECK(socket.closed());
}

TEST_CASE("headers without end are refused when they are too long") {
  auto config = TestConfig();
  config.header_limit = 2'000;
  const Fixture fixture(config);
  for (const std::string part : {"X: 234567\r\n", "xxxxxxxxxx"}) {
    TestSocket socket(fixture.port());
    socket.Send("GET /plain HTTP/1.1\r\nHost: x\r\n");
    std::string answer;
    for (int i = 0; i < 1'000 && answer.empty(); ++i) {
      socket.Send(part);
      answer = socket.ReadUntil("\r\n", 3ms);
    }
    CHECK(answer.starts_with("HTTP/1.1 431"));
    socket.ReadAll();
    CHECK(socket.closed());
  }
}

TEST_CASE("a body that comes byte by byte is given up when its time is over") {
  auto config = TestConfig();
  config.request_timeout = 150ms;
  Fixture fixture(config);
  for (const std::string header : {"Content-Length: 500", "Transfer-Encoding: chunked"}) {
    TestSocket socket(fixture.port());
    socket.Send("POST /echo/x HTTP/1.1\r\nHost: x\r\n" + header + "\r\n\r\n");
    CHECK(Drip(socket, "1\r\nx\r\n", 20ms).starts_with("HTTP/1.1 408"));
    CHECK(socket.closed());
  }
  CheckCounted(fixture, "slow", 2);
}

TEST_CASE("a connection that nobody uses is closed after a while") {
  auto config = TestConfig();
  config.idle_timeout = 50ms;
  const Fixture fixture(config);
  TestSocket socket(fixture.port());
  socket.Send(kGet);
  CHECK(socket.ReadAll().ends_with("hello"));
  CHECK(socket.closed());
}

TEST_CASE("a client that does not read its answer is given up") {
  auto config = TestConfig();
  config.answer_timeout = 150ms;
  Fixture fixture(config);
  TestSocket socket(fixture.port());
  socket.Send("GET /long HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto deadline = steady_clock::now() + 10s;
  const auto given_up = [&] {
    return fixture.telemetry.metrics().Expose().find(
               "given_up_total{reason=\"slow\",server=\"test\"} 1") != std::string::npos;
  };
  while (!given_up() && steady_clock::now() < deadline) std::this_thread::yield();
  CHECK(given_up());
  CHECK(socket.ReadAll().size() < 8 << 20);
  CHECK(socket.closed());
}

TEST_CASE("a thousand idle connections cost little and keep nobody out") {
  const Fixture fixture;
  REQUIRE(IsServed(fixture));
  const auto before = ResidentMemory();
  std::vector<std::unique_ptr<TestSocket>> sockets;
  for (int i = 0; i < 1'000; ++i) {
    sockets.push_back(std::make_unique<TestSocket>(fixture.port()));
    // Some have been used, some have said half of what they want, some nothing.
    if (i % 3 == 0) sockets.back()->Send(kGet);
    if (i % 3 == 1) sockets.back()->Send(kGet.substr(0, 30));
  }
  for (std::size_t i = 0; i < sockets.size(); i += 3) sockets[i]->ReadUntil("hello");
  CHECK(IsServed(fixture));
  CheckGrowth(before, 10 << 20);
  std::size_t answered = 0;
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    sockets[i]->Send(i % 3 == 1 ? kGet.substr(30) : kGet);
    answered += sockets[i]->ReadUntil("hello").starts_with("HTTP/1.1 200") ? 1 : 0;
  }
  CHECK(answered == sockets.size());
}

TEST_CASE("beyond the number of connections the one goes that has waited the longest") {
  auto config = TestConfig();
  config.connections = 10;
  Fixture fixture(config);
  TestSocket working(fixture.port());
  working.Send("GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(fixture.gate.AwaitWaiting(1));
  std::vector<std::unique_ptr<TestSocket>> crowd;
  for (int i = 0; i < 100; ++i) {
    crowd.push_back(std::make_unique<TestSocket>(fixture.port()));
    if (i % 2 == 0) crowd.back()->Send("GET /pla");
  }
  CHECK(IsServed(fixture));
  CHECK(crowd.front()->ReadAll().empty());
  CHECK(crowd.front()->closed());
  // What is being worked for stays.
  fixture.gate.Open();
  CHECK(working.ReadUntil("\r\n\r\n").starts_with("HTTP/1.1 200"));
}

TEST_CASE("a client that comes when all connections are being worked for is refused") {
  auto config = TestConfig();
  config.connections = 2;
  Fixture fixture(config);
  TestSocket first(fixture.port());
  TestSocket second(fixture.port());
  first.Send("GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
  second.Send("GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(fixture.gate.AwaitWaiting(2));
  TestSocket third(fixture.port());
  CHECK(third.ReadAll().starts_with("HTTP/1.1 503"));
  CHECK(third.closed());
  CheckCounted(fixture, "refused", 1);
  fixture.gate.Open();
  CHECK(first.ReadUntil("\r\n\r\n").starts_with("HTTP/1.1 200"));
  CHECK(IsServed(fixture));
}

TEST_CASE("half-sent bodies hold bounded memory and keep nobody out") {
  auto config = TestConfig();
  config.memory_limit = 20 << 20;
  Fixture fixture(config);
  REQUIRE(IsServed(fixture));
  const auto before = ResidentMemory();
  const std::string half(2 << 20, 'x');
  std::vector<std::unique_ptr<TestSocket>> greedy;
  for (int i = 0; i < 50; ++i) {
    greedy.push_back(std::make_unique<TestSocket>(fixture.port()));
    greedy.back()->Send("POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n");
    greedy.back()->Send(half);
  }
  auto client = fixture.MakeClient();
  CHECK(client.Send("POST", "/large", {}, std::string(3'000'000, 'x')).body == "3000000");
  CheckGrowth(before, 60 << 20);
  // Those that sent the longest had to go, and were told.
  CHECK(greedy.front()->ReadAll().starts_with("HTTP/1.1 503"));
  CHECK(greedy.front()->closed());
}

TEST_CASE("a process keeps files for others than its clients") {
  CHECK(AffordableConnections(10'000, 1'000'000) == 10'000);
  CHECK(AffordableConnections(10'000, 4'096) == 3'584);
  CHECK(AffordableConnections(10'000, 256) == 128);
  CHECK(RaiseDescriptorLimit() == RaiseDescriptorLimit());
}

}  // namespace accoil::http
