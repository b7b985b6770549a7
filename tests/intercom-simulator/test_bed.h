#pragma once

#include <atomic>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "libs/http/client.h"
#include "tests/catch.h"
#include "tests/intercom-simulator/api.h"
#include "tests/intercom-simulator/control.h"
#include "tests/intercom-simulator/inbox.h"
#include "tests/intercom-simulator/oauth.h"
#include "tests/intercom-simulator/webhook_sender.h"

namespace accoil::simulator {

using nlohmann::json;

/// Moved by the test while the server's threads look at it.
class TestClock final : public core::Clock {
 public:
  core::TimePoint Now() const override { return core::FromMicroseconds(now_); }
  void Advance(std::chrono::microseconds by) { now_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_ = 1'734'537'240'000'000;
};

inline constexpr const char* kSeed =
    "{\"type\":\"company\",\"company_id\":\"acme\",\"name\":\"Acme\"}\n"
    "{\"type\":\"contact\",\"role\":\"user\",\"email\":\"Ada@b.c\",\"name\":\"Ada\","
    "\"external_id\":\"1\",\"companies\":[\"acme\"]}\n"
    "{\"type\":\"contact\",\"role\":\"lead\",\"email\":\"ada@b.c\",\"companies\":[]}\n"
    "{\"type\":\"contact\",\"role\":\"user\",\"email\":\"bob@b.c\",\"external_id\":\"2\","
    "\"companies\":[]}\n";

/// An answer of the simulator.
struct Answer {
  int status = 0;
  http::Headers headers;
  std::string text;
  json body;
  http::Reply::Result result = http::Reply::Result::kUnknown;

  std::string code() const {
    return std::to_string(status) + " " + body["errors"][0]["code"].get<std::string>();
  }
};

/// A simulator that listens, with a workspace "demo-ws" of three contacts and a company, whose
/// token is "t", and an app whose notifications a receiver takes.
struct TestBed {
  TestBed() {
    api.AddRoutes(server);
    control.AddRoutes(server);
    oauth.AddRoutes(server);
    inbox.AddRoutes(server);
    server.Start();
    sender.Start();
    client.emplace(http::ClientConfig{.base_url = "http://" + server.address().ToString()});
    CHECK(Control("POST", "seed", kSeed).status == 200);
    for (const auto& contact : Lines("state?type=contact")) ids.push_back(contact["id"]);
    company = Lines("state?type=company")[0]["id"];
  }
  ~TestBed() {
    simulation.Release();
    server.Stop();
    sender.Stop();
  }

  static App TestApp() {
    App app;
    app.client_id = "app";
    app.client_secret = "secret";
    app.redirect_uris = {"https://accoil.test/callback", "https://accoil.test/other?a=b"};
    return app;
  }

  Answer Send(const std::string& method, const std::string& path, const http::Headers& headers,
              const std::string& body) {
    auto reply = client->Send(method, path, headers, body);
    Answer answer{reply.status, reply.headers, reply.body, nullptr, reply.result};
    answer.body = json::parse(reply.body, nullptr, false);
    return answer;
  }
  static http::Headers Headers() {
    return {{"Authorization", "Bearer t"},
            {"Intercom-Version", "2.14"},
            {"Content-Type", "application/json"}};
  }
  Answer Call(const std::string& method, const std::string& path, const json& body = nullptr) {
    return Send(method, path, Headers(), body.is_null() ? "" : body.dump());
  }
  Answer Control(const std::string& method, const std::string& path, const std::string& body = "") {
    return Send(method, "/_simulator/" + path, {}, body);
  }
  void Set(const json& settings) {
    CHECK(Control("PUT", "settings", settings.dump()).status == 200);
  }
  void AddFault(const json& fault) { CHECK(Control("POST", "faults", fault.dump()).status == 201); }
  std::vector<json> Lines(const std::string& path) {
    std::vector<json> lines;
    std::istringstream text(Control("GET", path).text);
    for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line));
    return lines;
  }
  void Define(const std::string& name, const std::string& type, const std::string& model) {
    CHECK(Call("POST", "/data_attributes", {{"name", name}, {"data_type", type}, {"model", model}})
              .status == 200);
  }

  TestClock clock;
  Simulation simulation{Settings(),
                        {.id_code = "demo-ws", .name = "Demo", .tokens = {"t"}, .limit = {}},
                        TestApp(),
                        clock,
                        [] { return 0.5; }};
  telemetry::Telemetry telemetry{"simulator-test", "error"};
  http::Server server{{.address = {"127.0.0.1", 0}, .threads = 8}, "simulator", telemetry};
  Api api{simulation};
  simulator::Control control{simulation};
  OAuth oauth{simulation};
  Inbox inbox{simulation};
  WebhookSender sender{simulation};
  std::optional<http::Client> client;
  /// Ada, the lead of the same email, Bob.
  std::vector<std::string> ids;
  std::string company;
};

}  // namespace accoil::simulator
