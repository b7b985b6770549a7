#include "services/gateway/oauth_handlers.h"

#include <unistd.h>

#include <cstdio>
#include <map>
#include <string>

#include "libs/core/errors.h"
#include "services/gateway/fake_upstreams.h"
#include "tests/catch.h"

namespace accoil::gateway {
namespace {

using connections::v1::ADMIN;
using connections::v1::READ;

/// What the process writes on standard output while it lives.
class Captured {
 public:
  Captured() : file_(std::tmpfile()) {
    std::fflush(stdout);
    saved_ = dup(STDOUT_FILENO);
    dup2(fileno(file_), STDOUT_FILENO);
  }
  ~Captured() { Stop(); }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;

  std::string Text() {
    Stop();
    return text_;
  }

 private:
  void Stop() {
    if (file_ == nullptr) return;
    std::fflush(stdout);
    dup2(saved_, STDOUT_FILENO);
    close(saved_);
    std::rewind(file_);
    char buffer[4096];
    while (const auto size = std::fread(buffer, 1, sizeof buffer, file_)) {
      text_.append(buffer, size);
    }
    std::fclose(file_);
    file_ = nullptr;
  }

  std::FILE* file_;
  int saved_ = -1;
  std::string text_;
};

/// Keys of product 7: "admin", "read". "operator-key" is the operator's.
struct Fixture {
  explicit Fixture(RateLimiterConfig rate = {},
                   telemetry::Logger logger = telemetry::Logger::Silent())
      : callers{"operator-key", api_keys, rate, clock, metrics},
        handlers{connections, callers, metrics, std::move(logger)} {
    connections.AddKey("admin", 7, {ADMIN});
    connections.AddKey("read", 7, {READ});
    connections.connection.set_product_id(7);
    connections.connection.set_workspace_name("Acme");
  }

  FakeConnections connections;
  core::ManualClock clock{core::FromMicroseconds(1'000'000)};
  telemetry::Metrics registry;
  Metrics metrics{registry};
  ApiKeys api_keys{connections, clock, {}, metrics, telemetry::Logger::Silent()};
  Callers callers;
  OauthHandlers handlers;

  void Answer(connections::v1::ConnectOutcome outcome) {
    auto& answer = connections.finished_connect;
    answer.set_outcome(outcome);
    *answer.mutable_connection() = connections.connection;
    answer.set_installation("installation-secret");
    answer.set_workspace_name("Acme");
  }
  http::Response Callback(std::map<std::string, std::string> query) {
    http::Request request;
    request.method = "GET";
    request.query = std::move(query);
    return handlers.Callback({request, core::ProductId(0)});
  }
  http::Response Claim(const std::string& body,
                       const std::string& type = "application/x-www-form-urlencoded") {
    http::Request request;
    request.method = "POST";
    request.body = body;
    request.headers["Content-Type"] = type;
    return handlers.Claim({request, core::ProductId(0)});
  }
  http::Response ClaimWith(const std::string& key, int product = 7) {
    return Claim("installation=installation-secret&product=" + std::to_string(product) +
                 "&api_key=" + key);
  }
};

bool Shows(const http::Response& page, const std::string& text) {
  return page.body.find(text) != std::string::npos;
}

TEST_CASE("coming back from Intercom finishes what was begun") {
  Fixture fixture;
  fixture.Answer(connections::v1::CONNECT_DONE);
  const auto page = fixture.Callback({{"code", "the-code"}, {"state", "the-state"}});
  CHECK(page.status == 200);
  CHECK(Shows(page, "Acme is connected"));
  CHECK(fixture.connections.finish_connect.code() == "the-code");
  CHECK(fixture.connections.finish_connect.state() == "the-state");
  CHECK_FALSE(Shows(page, "the-code"));
  CHECK_FALSE(Shows(page, "the-state"));
}

TEST_CASE("a way that began in the App Store asks for the product") {
  Fixture fixture;
  fixture.Answer(connections::v1::CONNECT_NEEDS_PRODUCT);
  const auto page = fixture.Callback({{"code", "the-code"}});
  CHECK(page.status == 200);
  CHECK(Shows(page, "Which product is Acme for?"));
  CHECK(Shows(page, "installation-secret"));
  CHECK(fixture.connections.finish_connect.state().empty());
}

TEST_CASE("a no on Intercom's page is told as that and asks nobody") {
  Fixture fixture;
  const auto denied = fixture.Callback({{"error", "access_denied"}, {"state", "s"}});
  CHECK(denied.status == 403);
  CHECK(Shows(denied, "Access was denied"));
  const auto other = fixture.Callback({{"error", "<b>server_error"}});
  CHECK(other.status == 400);
  CHECK(Shows(other, "&lt;b&gt;server_error"));
  // A page is text, whatever bytes a browser brings.
  CHECK(Shows(fixture.Callback({{"error", "bytes \xA4\xFF"}}), "&quot;unknown&quot;"));
  CHECK(fixture.connections.finish_connect.code().empty());
}

TEST_CASE("a link that Intercom cannot have made is refused and asks nobody") {
  Fixture fixture;
  const std::string long_text(513, 'c');
  const std::vector<std::map<std::string, std::string>> queries{
      {},
      {{"state", "s"}},
      {{"code", ""}, {"state", "s"}},
      {{"code", long_text}, {"state", "s"}},
      {{"code", "c"}, {"state", long_text}},
      {{"code", "c\r\nSet-Cookie: a=b"}, {"state", "s"}},
      {{"code", "\xFF"}, {"state", "s"}}};
  for (const auto& query : queries) {
    const auto page = fixture.Callback(query);
    CHECK(page.status == 400);
    CHECK(Shows(page, "This link is incomplete"));
  }
  CHECK(fixture.connections.finish_connect.code().empty());
}

TEST_CASE("whatever goes wrong ends on a page") {
  Fixture fixture;
  for (const auto outcome :
       {connections::v1::CONNECT_STATE_UNKNOWN, connections::v1::CONNECT_STATE_EXPIRED,
        connections::v1::CONNECT_STATE_USED, connections::v1::CONNECT_CALLER_REVOKED,
        connections::v1::CONNECT_CODE_REFUSED, connections::v1::CONNECT_INTERCOM_UNAVAILABLE,
        connections::v1::CONNECT_NOT_CONFIGURED}) {
    fixture.Answer(outcome);
    const auto page = fixture.Callback({{"code", "c"}, {"state", "s"}});
    CHECK(page.status >= 400);
    CHECK(page.content_type == "text/html; charset=utf-8");
  }
  const auto failing = [&](const std::function<void()>& failure) {
    fixture.connections.failure = failure;
    const auto page = fixture.Callback({{"code", "c"}, {"state", "s"}});
    CHECK(page.content_type == "text/html; charset=utf-8");
    return page.status;
  };
  CHECK(failing([] { throw core::Unavailable("down"); }) == 503);
  CHECK(failing([] { throw core::DeadlineExceeded("slow"); }) == 504);
  CHECK(failing([] { throw core::InvalidArgument("code", "too long"); }) == 400);
  CHECK(failing([] { throw std::runtime_error("a defect"); }) == 500);
}

TEST_CASE("an installation goes to the product whose admin key is sent along") {
  Fixture fixture;
  const auto page = fixture.ClaimWith("admin");
  CHECK(page.status == 200);
  CHECK(Shows(page, "Acme is connected"));
  CHECK(fixture.connections.claim_installation.installation() == "installation-secret");
  CHECK(fixture.connections.claim_installation.product_id() == 7);
  CHECK(fixture.ClaimWith("operator-key", 9).status == 200);
  CHECK(fixture.connections.claim_installation.product_id() == 9);
}

TEST_CASE("without such a key the page asks again and no installation is touched") {
  Fixture fixture;
  CHECK(fixture.ClaimWith("nobodys").status == 401);
  CHECK(fixture.ClaimWith("read").status == 403);
  CHECK(fixture.ClaimWith("admin", 8).status == 404);
  const auto page = fixture.ClaimWith("admin", 8);
  CHECK(Shows(page, R"(name="installation" value="installation-secret")"));
  CHECK(Shows(page, R"(name="product" value="8")"));
  CHECK_FALSE(Shows(page, "value=\"admin\""));
  CHECK(fixture.Claim("installation=a&product=x&api_key=admin").status == 400);
  CHECK(fixture.Claim("{}", "application/json").status == 415);
  CHECK(fixture.connections.claim_installation.installation().empty());
}

TEST_CASE("a key that sends too many forms has to wait") {
  Fixture fixture({.rate = 0.5, .burst = 1});
  CHECK(fixture.ClaimWith("admin").status == 200);
  const auto page = fixture.ClaimWith("admin");
  CHECK(page.status == 429);
  CHECK(page.headers.at("Retry-After") == "2");
}

TEST_CASE("an installation that cannot be claimed is told as what it is") {
  Fixture fixture;
  CHECK(fixture.ClaimWith("admin").status == 200);
  const auto failing = [&](const std::function<void()>& failure) {
    fixture.connections.failure = failure;
    const auto page = fixture.ClaimWith("admin");
    CHECK(page.content_type == "text/html; charset=utf-8");
    return page.status;
  };
  CHECK(failing([] { throw core::NotFound("expired"); }) == 404);
  CHECK(failing([] { throw core::FailedPrecondition("refused"); }) == 409);
  CHECK(failing([] { throw core::InvalidArgument("installation", "too long"); }) == 400);
  CHECK(failing([] { throw core::Unavailable("down"); }) == 503);
  CHECK(failing([] { throw core::DeadlineExceeded("slow"); }) == 504);
  CHECK(failing([] { throw std::runtime_error("a defect"); }) == 500);
}

TEST_CASE("no code, state, installation or key is logged, however it ends") {
  Captured captured;
  {
    Fixture fixture({}, telemetry::Logger("test", "debug"));
    fixture.connections.AddKey("secret-key", 7, {ADMIN});
    const std::vector<std::function<void()>> failures{
        nullptr, [] { throw core::Unavailable("down"); }, [] { throw core::NotFound("expired"); },
        [] { throw std::runtime_error("a defect"); }};
    CHECK(fixture.ClaimWith("secret-key").status == 200);
    for (const auto& failure : failures) {
      fixture.connections.failure = failure;
      for (int outcome = 0; outcome < connections::v1::ConnectOutcome_ARRAYSIZE; ++outcome) {
        fixture.Answer(static_cast<connections::v1::ConnectOutcome>(outcome));
        fixture.Callback({{"code", "secret-code"}, {"state", "secret-state"}});
      }
      fixture.ClaimWith("secret-key");
      fixture.ClaimWith("secret-unknown-key");
    }
  }
  const auto text = captured.Text();
  CHECK(text.find("an installation was claimed") != std::string::npos);
  for (const auto* secret :
       {"secret-code", "secret-state", "secret-key", "secret-unknown-key", "installation-secret"}) {
    CHECK(text.find(secret) == std::string::npos);
  }
}

}  // namespace
}  // namespace accoil::gateway
