#include "services/connections/config.h"

#include <algorithm>
#include <map>

#include "tests/catch.h"

namespace accoil::connections {
namespace {

using namespace std::chrono_literals;

constexpr const char* kKey = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=";
constexpr const char* kNamedKey = "k1:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=";

struct Variables {
  std::map<std::string, std::string> values{
      {"ACCOIL_ADMIN_ADDRESS", "127.0.0.1:0"},
      {"ACCOIL_GRPC_ADDRESS", "127.0.0.1:0"},
      {"ACCOIL_POSTGRES_URL", "postgresql://role:word@localhost/accoil"},
      {"ACCOIL_KAFKA_BROKERS", "localhost:9092"},
      {"ACCOIL_ENCRYPTION_KEYS", kNamedKey},
      {"ACCOIL_API_KEY_SECRET", kKey},
  };

  Config Read(std::vector<std::string>& problems) const {
    core::Environment environment([this](const std::string& name) -> std::optional<std::string> {
      const auto found = values.find(name);
      if (found == values.end()) return std::nullopt;
      return found->second;
    });
    auto config = Config::Read(environment);
    problems = environment.problems();
    return config;
  }
};

}  // namespace

TEST_CASE("what is required and the defaults make a configuration") {
  std::vector<std::string> problems;
  const auto config = Variables{}.Read(problems);
  CHECK(problems.empty());
  CHECK(config.database.schema == "connections");
  CHECK(config.encryption_keys.size() == 1);
  CHECK(config.api_key_secret == std::string(32, 'a'));
  CHECK(config.intercom_base_url.empty());
  CHECK(config.oauth.app.client_id.empty());
  CHECK(config.oauth.authorize_url == "https://app.intercom.com/oauth");
  CHECK(config.oauth.token_base_url == "https://api.intercom.io");
  CHECK(config.disconnects.patience == 15min);
  CHECK(config.budget.window == 10s);
  CHECK(config.budget.guard == 250ms);
  CHECK(config.budget.call_timeout == 12s);
}

TEST_CASE("an OAuth app has an id, a secret and a public URL, or none of them") {
  Variables variables;
  variables.values["ACCOIL_INTERCOM_CLIENT_ID"] = "app";
  std::vector<std::string> problems;
  variables.Read(problems);
  CHECK(problems.size() == 2);
  variables.values["ACCOIL_INTERCOM_CLIENT_SECRET"] = "s3cret";
  variables.values["ACCOIL_PUBLIC_URL"] = "connect.example.com";
  variables.Read(problems);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].find("ACCOIL_PUBLIC_URL") != std::string::npos);
  variables.values["ACCOIL_PUBLIC_URL"] = "https://connect.example.com/";
  variables.values["ACCOIL_INTERCOM_BASE_URL"] = "http://simulator";
  const auto config = variables.Read(problems);
  CHECK(problems.empty());
  CHECK(config.oauth.public_url == "https://connect.example.com");
  CHECK(config.oauth.token_base_url == "http://simulator");
  variables.values.erase("ACCOIL_INTERCOM_CLIENT_ID");
  variables.Read(problems);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].find("s3cret") == std::string::npos);
}

TEST_CASE("each problem is one line, and no line has a secret in it") {
  Variables variables;
  variables.values["ACCOIL_ENCRYPTION_KEYS"] = "k1:c2VjcmV0";
  variables.values["ACCOIL_API_KEY_SECRET"] = "c2VjcmV0";
  variables.values["ACCOIL_BUDGET_WINDOW"] = "2500ms";
  std::vector<std::string> problems;
  variables.Read(problems);
  CHECK(problems.size() == 3);
  for (const auto& problem : problems) CHECK(problem.find("c2VjcmV0") == std::string::npos);
}

TEST_CASE("nothing set is told variable by variable") {
  Variables variables;
  variables.values.clear();
  std::vector<std::string> problems;
  variables.Read(problems);
  for (const char* name :
       {"ACCOIL_ADMIN_ADDRESS", "ACCOIL_GRPC_ADDRESS", "ACCOIL_POSTGRES_URL",
        "ACCOIL_KAFKA_BROKERS", "ACCOIL_ENCRYPTION_KEYS", "ACCOIL_API_KEY_SECRET"}) {
    CAPTURE(name);
    CHECK(std::count_if(problems.begin(), problems.end(), [&](const auto& problem) {
            return problem.find(name) != std::string::npos;
          }) == 1);
  }
}

}  // namespace accoil::connections
