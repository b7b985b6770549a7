#include <chrono>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "libs/events/event.h"
#include "libs/http/client.h"
#include "tests/catch.h"
#include "tests/integration/gateway_running.h"
#include "tests/integration/kafka_fixture.h"

namespace accoil::gateway {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr const char* kBatchPath = "/v1/products/7/batch";

http::Reply Post(http::Client& client, const std::string& body,
                 const std::string& type = "application/json", http::Headers headers = {}) {
  headers["Authorization"] = "Bearer key";
  headers["Content-Type"] = type;
  auto reply = client.Send("POST", kBatchPath, headers, body);
  INFO(reply.error);
  REQUIRE(reply.result == http::Reply::Result::kAnswered);
  return reply;
}

std::string TraitItem(int user) {
  return R"({"type":"trait","profile_id":"trial","user_id":"u)" + std::to_string(user) +
         R"(","trait":"Score","value":)" + std::to_string(user % 101) + "}";
}

std::string TraitBatch(int first, int count) {
  std::string body = "[";
  for (int i = 0; i < count; ++i) body += (i == 0 ? "" : ",") + TraitItem(first + i);
  return body + "]";
}

TEST_CASE("gateway: what was answered with 202 stands in Kafka as valid events") {
  test::KafkaFixture kafka;
  const RunningGateway gateway(kafka.config(), kafka.telemetry());
  http::Client client({.base_url = gateway.url()});
  const auto reply = Post(
      client,
      R"({"type":"user","user_id":"u/1","email":"ann@example.com","account_ids":["a1"],"version":3})"
      "\n"
      R"({"type":"account","account_id":"a1","name":"Acme","removed":true})"
      "\n"
      R"({"type":"trait","profile_id":"trial","user_id":"u/1","trait":"Score","value":null})"
      "\n"
      R"({"type":"segment-entered","profile_id":"trial","user_id":"u/1","segment":"Red Hot"})"
      "\n"
      R"({"type":"segment-exited","profile_id":"trial","account_id":"a1","segment":"Ice / Cold"})"
      "\n",
      "application/x-ndjson");
  CHECK(reply.status == 202);
  CHECK(json::parse(reply.body) == json{{"accepted", 5}});

  std::map<std::string, events::v1::SubjectIdentified> subjects;
  for (const auto& event : kafka.Read<events::v1::SubjectIdentified>(2)) {
    subjects[event.subject().subject_id()] = event;
  }
  REQUIRE(subjects.size() == 2);
  CHECK(subjects["u/1"].email() == "ann@example.com");
  CHECK(subjects["u/1"].version() == 3);
  CHECK(subjects["a1"].removed());
  const auto traits = kafka.Read<events::v1::TraitChanged>(1);
  REQUIRE(traits.size() == 1);
  CHECK(traits[0].value().has_null_value());
  const auto exits = kafka.Read<events::v1::SegmentExited>(1);
  REQUIRE(exits.size() == 1);
  CHECK(exits[0].segment() == "Ice / Cold");
  CHECK(kafka.Read<events::v1::SegmentEntered>(1).size() == 1);
}

TEST_CASE("gateway: the caller's trace goes on with the events") {
  test::KafkaFixture kafka;
  const RunningGateway gateway(kafka.config(), kafka.telemetry());
  http::Client client({.base_url = gateway.url()});
  const std::string trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  CHECK(Post(client, TraitBatch(0, 1), "application/json",
             {{"traceparent", "00-" + trace_id + "-00f067aa0ba902b7-01"}})
            .status == 202);
  const auto records = kafka.ReadRecords("trait-changed", 1);
  REQUIRE(records.size() == 1);
  CHECK(records[0].headers.at("traceparent").find(trace_id) != std::string::npos);
}

TEST_CASE("gateway: invalid items are refused over HTTP while a thousand others arrive") {
  test::KafkaFixture kafka;
  const RunningGateway gateway(kafka.config(), kafka.telemetry());
  http::Client client({.base_url = gateway.url()});
  std::string body = TraitBatch(0, 998);
  body.pop_back();
  body += R"(,{"type":"trait","profile_id":"trial","user_id":"u","trait":"Score","value":NaN},{}])";
  const auto reply = Post(client, body);
  CHECK(reply.status == 207);
  const auto answer = json::parse(reply.body);
  CHECK(answer["accepted"] == 998);
  REQUIRE(answer["refused"].size() == 2);
  CHECK(answer["refused"][0]["index"] == 998);
  CHECK(answer["refused"][0]["field"] == "value");
  CHECK(kafka.Read<events::v1::TraitChanged>(998).size() == 998);
}

TEST_CASE("gateway: the later of two batches about one fact has the higher version") {
  test::KafkaFixture kafka;
  const RunningGateway gateway(kafka.config(), kafka.telemetry());
  http::Client client({.base_url = gateway.url()});
  for (int i = 0; i < 20; ++i) REQUIRE(Post(client, "[" + TraitItem(1) + "]").status == 202);
  const auto events = kafka.Read<events::v1::TraitChanged>(20);
  REQUIRE(events.size() == 20);
  for (std::size_t i = 1; i < events.size(); ++i) {
    CHECK(events[i].version() > events[i - 1].version());
  }
}

TEST_CASE("gateway: while Kafka is away a batch is answered with 503 and its items in doubt") {
  test::KafkaFixture kafka;
  auto nowhere = kafka.config();
  nowhere.brokers = "127.0.0.1:1";
  const RunningGateway gateway(nowhere, kafka.telemetry(), {.publish_timeout = 300ms});
  http::Client client({.base_url = gateway.url()});
  const auto reply = Post(client, "[" + TraitItem(1) + ",{}," + TraitItem(2) + "]");
  CHECK(reply.status == 503);
  CHECK(reply.headers.at("Retry-After") == "1");
  const auto body = json::parse(reply.body);
  CHECK(body["in_doubt"] == json{0, 2});
  CHECK(body["accepted"] == 0);
  CHECK(body["refused"][0]["index"] == 1);
}

TEST_CASE("gateway: bad requests get a clear answer and the next client is served") {
  test::KafkaFixture kafka;
  const RunningGateway gateway(kafka.config(), kafka.telemetry());
  http::Client client({.base_url = gateway.url()});
  const auto problem = [](const http::Reply& reply) {
    CHECK(reply.headers.at("Content-Type").starts_with("application/problem+json"));
    return json::parse(reply.body)["detail"].get<std::string>();
  };
  CHECK(Post(client, std::string((1 << 20) + 1, ' ')).status == 413);
  CHECK(Post(client, std::string(1 << 19, '[')).status == 400);
  CHECK(problem(Post(client, "[1,2")) == "the body ends too early");
  CHECK(Post(client, "{}", "text/plain").status == 415);
  CHECK(Post(client, TraitBatch(0, 1'001)).status == 400);
  CHECK(client.Send("POST", kBatchPath, {{"Content-Type", "application/json"}}, "[]").status ==
        401);
  CHECK(client.Send("GET", kBatchPath, {{"Authorization", "Bearer key"}}, "").status == 405);
  CHECK(client.Send("POST", "/v1/products/8/batch", {{"Authorization", "Bearer key"}}, "").status ==
        404);
  CHECK(client.Send("GET", "/", {}, "").status == 200);
  CHECK(Post(client, TraitBatch(0, 1)).status == 202);
}

TEST_CASE("gateway: measure items a second", "[.measure]") {
  test::KafkaFixture kafka(6);
  const RunningGateway gateway(kafka.config(), kafka.telemetry());
  constexpr int kClients = 4;
  constexpr int kBatches = 50;
  std::vector<std::vector<double>> latencies(kClients);
  const auto begin = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> threads;
    for (int c = 0; c < kClients; ++c) {
      threads.emplace_back([&, c] {
        http::Client client({.base_url = gateway.url()});
        for (int b = 0; b < kBatches; ++b) {
          const auto body = TraitBatch((c * kBatches + b) * 1'000, 1'000);
          const auto sent = std::chrono::steady_clock::now();
          const auto reply = client.Send(
              "POST", kBatchPath,
              {{"Authorization", "Bearer key"}, {"Content-Type", "application/json"}}, body);
          if (reply.status != 202) throw std::runtime_error("not accepted: " + reply.body);
          latencies[static_cast<std::size_t>(c)].push_back(
              std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - sent)
                  .count());
        }
      });
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::vector<double> all;
  for (const auto& some : latencies) all.insert(all.end(), some.begin(), some.end());
  std::sort(all.begin(), all.end());
  std::cout << kClients * kBatches * 1'000 / took.count() << " items/s from " << kClients
            << " clients; a batch of 1000: median " << all[all.size() / 2] << " ms, p99 "
            << all[all.size() * 99 / 100] << " ms\n";
}

}  // namespace
}  // namespace accoil::gateway
