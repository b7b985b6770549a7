#include "services/gateway/canvas_handlers.h"

#include <fmt/format.h>
#include <openssl/hmac.h>

#include <array>
#include <future>
#include <nlohmann/json.hpp>

#include "libs/core/errors.h"
#include "libs/core/hex.h"
#include "services/gateway/fake_upstreams.h"
#include "tests/canvas-kit/canvas_kit.h"
#include "tests/catch.h"

namespace accoil::gateway {
namespace {

using nlohmann::json;

const std::string kBody =
    R"({"workspace_id":"ws1","admin":{"id":"a1"},"contact":{"id":"c1","role":"user"}})";

std::string Sign(const std::string& body, const std::string& secret) {
  std::array<unsigned char, 32> digest{};
  unsigned int length = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest.data(), &length);
  return core::ToHex({reinterpret_cast<const char*>(digest.data()), length});
}

struct Fixture {
  Fixture() {
    auto& suite = *connections.app_secrets.add_secrets();
    suite.set_client_secret("s3cret");
    auto& own = *connections.app_secrets.add_secrets();
    own.set_client_secret("0wn");
    own.add_workspace_ids("ws2");
  }

  http::Response Send(const std::string& body, const std::string& signature,
                      CanvasKind kind = CanvasKind::kInitialize) {
    http::Request request;
    request.method = "POST";
    request.body = body;
    if (!signature.empty()) request.headers["X-Body-Signature"] = signature;
    auto response = handlers.Render({request, core::ProductId(0)}, kind);
    if (!response.later) return response;
    const auto answer = std::make_shared<std::promise<http::Response>>();
    response.later([answer](http::Response late) { answer->set_value(std::move(late)); });
    return answer->get_future().get();
  }

  /// The value of the counter of such ends.
  std::string Counted(const std::string& kind, const std::string& outcome) const {
    const auto exposed = registry.Expose();
    const auto name =
        fmt::format(R"(accoil_gateway_canvases_total{{kind="{}",outcome="{}"}} )", kind, outcome);
    const auto at = exposed.find(name);
    if (at == std::string::npos) return "missing";
    const auto begin = at + name.size();
    return exposed.substr(begin, exposed.find('\n', begin) - begin);
  }

  FakeConnections connections;
  FakeWidget widget;
  core::SystemClock clock;
  telemetry::Metrics registry;
  Metrics metrics{registry};
  AppSecrets secrets{connections, clock, {}, telemetry::Logger::Silent()};
  CanvasHandlers handlers{secrets, widget, {}, metrics, telemetry::Logger::Silent()};
};

TEST_CASE("a signed request is answered with the widget's canvas as it is") {
  Fixture fixture;
  const auto response = fixture.Send(kBody, Sign(kBody, "s3cret"));
  CHECK(response.status == 200);
  CHECK(response.body == fixture.widget.canvas);
  CHECK(canvas_kit::Problems(response.body).empty());
  CHECK(response.content_type == "application/json");
  CHECK(fixture.widget.asked.workspace_id() == "ws1");
  CHECK(fixture.widget.asked.contact().contact_id() == "c1");
  CHECK(fixture.widget.asked.admin_id() == "a1");
}

TEST_CASE("nothing is looked at that is not signed by an app that may speak of the workspace") {
  Fixture fixture;
  CHECK(fixture.Send(kBody, "").status == 401);
  CHECK(json::parse(fixture.Send(kBody, "").body)["detail"] ==
        "the header X-Body-Signature is missing");
  CHECK(fixture.Send(kBody, Sign(kBody, "wrong")).status == 401);
  CHECK(fixture.Send(kBody + " ", Sign(kBody, "s3cret")).status == 401);
  // A customer's own app speaks of its own workspace alone.
  CHECK(fixture.Send(kBody, Sign(kBody, "0wn")).status == 401);
  CHECK(fixture.widget.asked.workspace_id().empty());
  const std::string own = R"({"workspace_id":"ws2"})";
  CHECK(fixture.Send(own, Sign(own, "0wn")).status == 200);
}

TEST_CASE("what is signed and no canvas request is refused by the field") {
  Fixture fixture;
  for (const auto& [body, field] : std::vector<std::pair<std::string, std::string>>{
           {"{}", "workspace_id"},
           {R"({"workspace_id":["ws1"]})", "workspace_id"},
           {R"({"workspace_id":"ws1","contact":7})", "contact"},
           {R"({"workspace_id":"ws1","contact":{"companies":[1]}})", "contact.companies[0]"},
           {R"({"workspace_id":")" + std::string(256, 'w') + R"("})", "workspace_id"}}) {
    try {
      fixture.Send(body, Sign(body, "s3cret"));
      FAIL("accepted " << body);
    } catch (const core::InvalidArgument& error) {
      CHECK(error.field() == field);
    }
  }
  CHECK_THROWS_AS(fixture.Send(kBody, Sign(kBody, "s3cret"), CanvasKind::kSubmit),
                  core::InvalidArgument);
}

TEST_CASE("while the widget does not answer a friendly canvas offers another try") {
  Fixture fixture;
  fixture.widget.failure = [] { throw core::Unavailable("widget does not answer"); };
  const auto response = fixture.Send(kBody, Sign(kBody, "s3cret"));
  CHECK(response.status == 200);
  CHECK(canvas_kit::Problems(response.body).empty());
  const auto canvas = json::parse(response.body)["canvas"];
  const auto& button = canvas["content"]["components"].back();
  CHECK(button["id"] == "reload");
  CHECK(button["action"]["type"] == "submit");
  CHECK(fixture.Counted("initialize", "unavailable") == "1");
  CHECK(fixture.Counted("initialize", "rendered") == "0");
}

TEST_CASE("while nobody knows the apps' secrets the same canvas comes, which has nobody's data") {
  Fixture fixture;
  fixture.connections.failure = [] { throw core::Unavailable("connections does not answer"); };
  const auto response = fixture.Send(kBody, Sign(kBody, "s3cret"));
  CHECK(response.status == 200);
  CHECK(response.body.find("Try again") != std::string::npos);
  CHECK(fixture.widget.asked.workspace_id().empty());
}

TEST_CASE("all that is waited for together is answered within the time of one canvas") {
  // Intercom's teammate sees the canvas that offers another try within three seconds.
  CHECK(CanvasConfig().timeout < std::chrono::seconds(3));
}

TEST_CASE("requests are counted by how they ended") {
  Fixture fixture;
  const auto good = Sign(kBody, "s3cret");
  fixture.Send(kBody, good);
  fixture.Send(kBody, "");
  fixture.Send(kBody, Sign(kBody, "wrong"));
  CHECK_THROWS_AS(fixture.Send(kBody, good, CanvasKind::kSubmit), core::InvalidArgument);
  CHECK(fixture.Counted("initialize", "rendered") == "1");
  CHECK(fixture.Counted("initialize", "unsigned") == "1");
  CHECK(fixture.Counted("initialize", "wrong_signature") == "1");
  CHECK(fixture.Counted("submit", "malformed") == "1");
  CHECK(fixture.registry.Expose().find(
            R"(accoil_gateway_canvas_duration_seconds_count{kind="initialize"} 3)") !=
        std::string::npos);
}

}  // namespace
}  // namespace accoil::gateway
