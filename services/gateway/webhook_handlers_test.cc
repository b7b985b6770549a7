#include "services/gateway/webhook_handlers.h"

#include <openssl/hmac.h>

#include <nlohmann/json.hpp>
#include <string>

#include "libs/core/errors.h"
#include "libs/events/event.h"
#include "services/gateway/fake_upstreams.h"
#include "tests/catch.h"

namespace accoil::gateway {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

std::string Sign(const std::string& secret, const std::string& body) {
  unsigned char digest[20];
  unsigned int length = 0;
  HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest, &length);
  std::string header = "sha1=";
  for (const auto byte : digest) {
    constexpr std::string_view kHex = "0123456789abcdef";
    header += kHex[byte >> 4];
    header += kHex[byte & 15];
  }
  return header;
}

/// The suite's own app signs with "own", a customer's with "customer" for ws1.
struct Fixture {
  FakeConnections connections;
  FakeSink sink;
  core::ManualClock clock{core::FromMicroseconds(1'772'366'400'000'000)};
  telemetry::Metrics registry;
  Metrics metrics{registry};
  AppSecrets secrets{connections, clock, {}, telemetry::Logger::Silent()};
  WebhookHandlers handlers{secrets, sink, clock, {}, metrics, telemetry::Logger::Silent()};

  Fixture() {
    connections.app_secrets.add_secrets()->set_client_secret("own");
    auto& customer = *connections.app_secrets.add_secrets();
    customer.set_client_secret("customer");
    customer.add_workspace_ids("ws1");
  }

  http::Response Send(const std::string& body, const std::string& signature,
                      const std::string& content_type = "application/json") {
    http::Request request;
    request.method = "POST";
    request.body = body;
    if (!signature.empty()) request.headers["X-Hub-Signature"] = signature;
    request.headers["Content-Type"] = content_type;
    return handlers.Receive({request, core::ProductId(0)});
  }
  http::Response SendSigned(const std::string& body, const std::string& secret = "own") {
    return Send(body, Sign(secret, body));
  }
  bool Counted(const std::string& sample) const {
    return registry.Expose().find(sample + " 1\n") != std::string::npos;
  }
};

std::string Created(const std::string& workspace = "ws1") {
  return R"({"type":"notification_event","app_id":")" + workspace +
         R"(","id":"notif_1","topic":"contact.created","created_at":1768026659,"data":{"item":)"
         R"({"type":"contact","id":"c1"}}})";
}

TEST_CASE("a signed notification is published and answered with nothing") {
  Fixture fixture;
  const auto response = fixture.SendSigned(Created());
  CHECK(response.status == 200);
  CHECK(response.body == "{}");
  REQUIRE(fixture.sink.published.size() == 1);
  const auto& record = fixture.sink.published[0];
  CHECK(record.topic == "intercom-webhook");
  CHECK(record.key == "ws1/notif_1");
  CHECK(fixture.Counted(R"(accoil_gateway_webhooks_total{topic="contact_created"})"));
}

TEST_CASE("what Kafka does not acknowledge is answered so that Intercom sends it again") {
  Fixture fixture;
  fixture.sink.lost = {0};
  const auto response = fixture.SendSigned(Created());
  CHECK(response.status == 503);
  CHECK(response.headers.contains("Retry-After"));
  CHECK(fixture.Counted("accoil_gateway_webhooks_unacknowledged_total"));
}

TEST_CASE("a notification without a signature or with a wrong one is refused unread") {
  Fixture fixture;
  const auto without = fixture.Send("not even JSON", "");
  CHECK(without.status == 401);
  CHECK(json::parse(without.body)["detail"] == "the header X-Hub-Signature is missing");
  for (const auto& wrong : {Sign("other", Created()), Sign("own", Created() + " "),
                            Sign("", Created()), std::string("sha1=")}) {
    CHECK(fixture.Send(Created(), wrong).status == 401);
  }
  CHECK(fixture.Send("not even JSON", "sha1=00").status == 401);
  CHECK(fixture.sink.published.empty());
  CHECK(fixture.Counted(R"(accoil_gateway_webhooks_refused_total{reason="unsigned"})"));
}

TEST_CASE("a customer's own app speaks of its workspaces alone") {
  Fixture fixture;
  CHECK(fixture.SendSigned(Created("ws1"), "customer").status == 200);
  const auto foreign = fixture.SendSigned(Created("ws2"), "customer");
  CHECK(foreign.status == 401);
  CHECK(foreign.body == fixture.Send(Created(), "sha1=00").body);
  CHECK(fixture.SendSigned(R"({"app_id":"ws2"})", "customer").status == 401);
  CHECK(fixture.sink.published.size() == 1);
  CHECK(fixture.SendSigned(Created("ws2"), "own").status == 200);
}

TEST_CASE("apps that share a secret speak of the workspaces of all of them") {
  Fixture fixture;
  auto& second = *fixture.connections.app_secrets.add_secrets();
  second.set_client_secret("customer");
  second.add_workspace_ids("ws3");
  CHECK(fixture.SendSigned(Created("ws1"), "customer").status == 200);
  CHECK(fixture.SendSigned(Created("ws3"), "customer").status == 200);
  CHECK(fixture.SendSigned(Created("ws2"), "customer").status == 401);
}

TEST_CASE("an app that was made known just now is believed at once") {
  Fixture fixture;
  CHECK(fixture.SendSigned(Created()).status == 200);
  fixture.connections.app_secrets.add_secrets()->set_client_secret("new");
  fixture.clock.Advance(2s);
  CHECK(fixture.SendSigned(Created(), "new").status == 200);
}

TEST_CASE("pings, unknown topics and those that name nothing are accepted, counted and not kept") {
  Fixture fixture;
  CHECK(fixture.SendSigned(R"({"topic":"ping"})").status == 200);
  CHECK(fixture.SendSigned(R"({"topic":"ticket.created","app_id":"ws1"})").status == 200);
  CHECK(fixture.SendSigned(R"({"topic":"contact.created","app_id":"ws1"})").status == 200);
  CHECK(fixture.sink.published.empty());
  for (const auto* topic : {"ping", "other", "names_nothing"}) {
    CHECK(
        fixture.Counted(R"(accoil_gateway_webhooks_total{topic=")" + std::string(topic) + R"("})"));
  }
}

TEST_CASE("a signed body that is no notification is refused") {
  Fixture fixture;
  CHECK_THROWS_AS(fixture.SendSigned("{"), core::InvalidArgument);
  CHECK_THROWS_AS(fixture.SendSigned(std::string(100'000, '[')), core::InvalidArgument);
  CHECK(fixture.Send(Created(), Sign("own", Created()), "text/plain").status == 415);
  CHECK(fixture.sink.published.empty());
}

TEST_CASE("while nobody knows the secrets a notification is put off, not refused") {
  Fixture fixture;
  fixture.connections.failure = [] { throw core::Unavailable("down"); };
  CHECK_THROWS_AS(fixture.SendSigned(Created()), core::Unavailable);
}

}  // namespace
}  // namespace accoil::gateway
