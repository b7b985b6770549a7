#include "libs/http/admin_server.h"

#include <nlohmann/json.hpp>

#include "libs/http/client.h"
#include "tests/catch.h"

namespace accoil::http {
namespace {

TEST_CASE("the admin port tells metrics, life and readiness") {
  telemetry::Telemetry telemetry("http-test", "error");
  auto gauge = telemetry.metrics().MakeGauge("accoil_test_waiting", "Set by the scrape.");
  std::atomic<bool> well = false;
  AdminServer admin({"127.0.0.1", 0}, telemetry);
  admin.AddCheck("database", [&]() -> std::optional<std::string> {
    if (well) return std::nullopt;
    return "connection refused";
  });
  admin.AddCheck("kafka", [&]() -> std::optional<std::string> {
    if (!well) throw std::runtime_error("no broker");
    return std::nullopt;
  });
  admin.OnScrape([&] { gauge.Set(42); });
  admin.Start();
  Client client({.base_url = "http://" + admin.address().ToString()});

  const auto metrics = client.Send("GET", "/metrics", {}, "");
  CHECK(metrics.status == 200);
  CHECK(metrics.headers.at("Content-Type").starts_with("text/plain; version=0.0.4"));
  CHECK(metrics.body.find("accoil_test_waiting 42") != std::string::npos);
  CHECK(metrics.body.find("accoil_build_info") != std::string::npos);

  CHECK(client.Send("GET", "/healthz", {}, "").status == 200);

  const auto unready = client.Send("GET", "/readyz", {}, "");
  CHECK(unready.status == 503);
  CHECK(nlohmann::json::parse(unready.body)["problems"] ==
        nlohmann::json{{"database", "connection refused"}, {"kafka", "no broker"}});
  well = true;
  CHECK(client.Send("GET", "/readyz", {}, "").status == 200);

  admin.Leave();
  const auto leaving = client.Send("GET", "/readyz", {}, "");
  CHECK(leaving.status == 503);
  CHECK(nlohmann::json::parse(leaving.body)["problems"] ==
        nlohmann::json{{"service", "it is stopping"}});
  CHECK(client.Send("GET", "/healthz", {}, "").status == 200);
  admin.Stop();
}

}  // namespace
}  // namespace accoil::http
