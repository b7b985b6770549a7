#include <openssl/hmac.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "libs/http/client.h"
#include "tests/catch.h"
#include "tests/integration/gateway_running.h"
#include "tests/integration/kafka_fixture.h"

namespace accoil::gateway {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPath = "/intercom/webhooks";

std::string Sign(const std::string& secret, const std::string& body) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::array<unsigned char, 20> digest{};
  unsigned int length = 0;
  HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest.data(), &length);
  std::string header = "sha1=";
  for (const auto byte : digest) {
    header += kHex[byte >> 4];
    header += kHex[byte & 15];
  }
  return header;
}

http::Reply Send(http::Client& client, const std::string& body, const std::string& secret) {
  auto reply = client.Send(
      "POST", kPath,
      {{"X-Hub-Signature", Sign(secret, body)}, {"Content-Type", "application/json"}}, body);
  INFO(reply.error);
  REQUIRE(reply.result == http::Reply::Result::kAnswered);
  return reply;
}

std::string Attached(const std::string& id) {
  return R"({"type":"notification_event","app_id":"ws1","id":")" + id +
         R"(","topic":"company.contact.attached","created_at":1768018294,"data":{"item":)"
         R"({"company":{"type":"company","id":"co1"},)"
         R"("contact":{"type":"contact","id":"c1","email":"ann@example.com"}}}})";
}

TEST_CASE("gateway: a webhook that was answered with 200 stands in Kafka as a valid event") {
  test::KafkaFixture kafka;
  const RunningGateway gateway(kafka.config(), kafka.telemetry());
  http::Client client({.base_url = gateway.url()});
  const auto reply = Send(client, Attached("notif/1"), "app-secret");
  CHECK(reply.status == 200);
  CHECK(reply.body == "{}");
  // Now: nothing is left to wait for.
  REQUIRE(kafka.End("intercom-webhook") == 1);
  const auto events = kafka.Read<events::v1::IntercomWebhook>(1);
  REQUIRE(events.size() == 1);
  CHECK(events[0].workspace_id() == "ws1");
  CHECK(events[0].notification_id() == "notif/1");
  CHECK(events[0].kind() == events::v1::COMPANY_CONTACT_ATTACHED);
  REQUIRE(events[0].contacts_size() == 1);
  CHECK(events[0].contacts(0).email() == "ann@example.com");
  REQUIRE(events[0].company_ids_size() == 1);
  CHECK(events[0].company_ids(0) == "co1");
}

TEST_CASE("gateway: a webhook that comes twice is the same record twice") {
  test::KafkaFixture kafka;
  const RunningGateway gateway(kafka.config(), kafka.telemetry());
  http::Client client({.base_url = gateway.url()});
  for (int i = 0; i < 2; ++i) CHECK(Send(client, Attached("notif_1"), "app-secret").status == 200);
  const auto records = kafka.ReadRecords("intercom-webhook", 2);
  REQUIRE(records.size() == 2);
  CHECK(records[0].key == records[1].key);
  CHECK(records[0].partition == records[1].partition);
  CHECK(records[0].value == records[1].value);
}

TEST_CASE("gateway: no webhook without its signature is in Kafka") {
  test::KafkaFixture kafka;
  const RunningGateway gateway(kafka.config(), kafka.telemetry());
  http::Client client({.base_url = gateway.url()});
  CHECK(Send(client, Attached("notif_1"), "another-secret").status == 401);
  CHECK(client.Send("POST", kPath, {{"Content-Type", "application/json"}}, Attached("n")).status ==
        401);
  CHECK(Send(client, "{", "app-secret").status == 400);
  CHECK(Send(client, R"({"topic":"ping"})", "app-secret").status == 200);
  CHECK(kafka.End("intercom-webhook") == 0);
}

TEST_CASE("gateway: while Kafka is away webhooks are answered with 503 well within five seconds") {
  telemetry::Telemetry telemetry("test", "off");
  events::KafkaConfig nowhere;
  nowhere.brokers = "127.0.0.1:1";
  const RunningGateway gateway(nowhere, telemetry, {}, {.publish_timeout = 300ms});
  http::Client client({.base_url = gateway.url()});
  const auto begin = std::chrono::steady_clock::now();
  const auto reply = Send(client, Attached("notif_1"), "app-secret");
  CHECK(reply.status == 503);
  CHECK(reply.headers.contains("Retry-After"));
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
}

TEST_CASE("gateway: Intercom finds the address of the webhook") {
  telemetry::Telemetry telemetry("test", "off");
  events::KafkaConfig nowhere;
  nowhere.brokers = "127.0.0.1:1";
  const RunningGateway gateway(nowhere, telemetry);
  http::Client client({.base_url = gateway.url()});
  CHECK(client.Send("HEAD", kPath, {}, "").status == 200);
}

}  // namespace
}  // namespace accoil::gateway
