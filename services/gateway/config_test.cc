#include "services/gateway/config.h"

#include <map>
#include <string>

#include "tests/catch.h"

namespace accoil::gateway {
namespace {

using namespace std::chrono_literals;
using Variables = std::map<std::string, std::string>;

core::Environment EnvironmentOf(const Variables& variables) {
  return core::Environment([variables](const std::string& name) -> std::optional<std::string> {
    const auto at = variables.find(name);
    if (at == variables.end()) return std::nullopt;
    return at->second;
  });
}

Variables Enough() {
  return {{"ACCOIL_KAFKA_BROKERS", "127.0.0.1:9092"},
          {"ACCOIL_HTTP_ADDRESS", "127.0.0.1:8080"},
          {"ACCOIL_ADMIN_ADDRESS", "127.0.0.1:8081"},
          {"ACCOIL_OPERATOR_KEY", "0123456789abcdef"},
          {"ACCOIL_CONNECTIONS_ADDRESS", "127.0.0.1:9001"},
          {"ACCOIL_MATCHER_ADDRESS", "127.0.0.1:9002"},
          {"ACCOIL_TRAIT_SYNC_ADDRESS", "127.0.0.1:9003"},
          {"ACCOIL_WIDGET_ADDRESS", "127.0.0.1:9004"},
          {"ACCOIL_TAGGING_ADDRESS", "127.0.0.1:9005"}};
}

TEST_CASE("addresses and the operator key are enough; the rest has defaults") {
  auto environment = EnvironmentOf(Enough());
  const auto config = Config::From(environment);
  CHECK(environment.problems().empty());
  CHECK(config.http.address.port == 8080);
  CHECK(config.http.body_limit == 1 << 20);
  CHECK(config.http.header_timeout == 10s);
  CHECK(config.http.connections == 10'000);
  CHECK(config.ingest.most_items == 1'000);
  CHECK(config.api_keys.known_for == 10s);
  CHECK(config.api_keys.unknown_for == 5s);
  CHECK(config.rate.rate == 100);
  CHECK(config.rate.burst == 200);
  CHECK(config.log_level == "info");
}

TEST_CASE("every required setting is named when nothing is set") {
  auto environment = EnvironmentOf({});
  Config::From(environment);
  for (const auto& [name, value] : Enough()) {
    const auto& problems = environment.problems();
    CHECK(std::any_of(problems.begin(), problems.end(), [&, &name = name](const auto& problem) {
      return problem.starts_with(name + ":");
    }));
  }
}

TEST_CASE("an operator key that is easily guessed is refused without repeating it") {
  auto variables = Enough();
  variables["ACCOIL_OPERATOR_KEY"] = "hunter2";
  auto environment = EnvironmentOf(variables);
  Config::From(environment);
  REQUIRE(environment.problems().size() == 1);
  CHECK(environment.problems().front() == "ACCOIL_OPERATOR_KEY: must have at least 16 characters");
}

}  // namespace
}  // namespace accoil::gateway
