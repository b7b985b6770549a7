#include "libs/events/kafka_config.h"

#include "libs/events/consumer.h"
#include "tests/catch.h"

namespace accoil::events {
namespace {

core::Environment With(std::map<std::string, std::string> variables) {
  return core::Environment(
      [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        if (found == variables.end()) return std::nullopt;
        return found->second;
      });
}

}  // namespace

TEST_CASE("Kafka needs no more than its brokers") {
  auto environment = With({{"ACCOIL_KAFKA_BROKERS", "localhost:9092"}});
  const auto config = KafkaConfig::FromEnvironment(environment);
  CHECK(environment.problems().empty());
  CHECK(config.brokers == "localhost:9092");
  CHECK(config.prefix.empty());
  CHECK(config.partitions == 6);
  CHECK(config.replication == 3);
}

TEST_CASE("a secured Kafka is told how to log in") {
  auto environment = With({{"ACCOIL_KAFKA_BROKERS", "kafka:9093"},
                           {"ACCOIL_KAFKA_SECURITY_PROTOCOL", "sasl_ssl"},
                           {"ACCOIL_KAFKA_SASL_USERNAME", "accoil"},
                           {"ACCOIL_KAFKA_SASL_PASSWORD", "secret"},
                           {"ACCOIL_KAFKA_CA_FILE", "/etc/ca.pem"}});
  const auto config = KafkaConfig::FromEnvironment(environment);
  CHECK(environment.problems().empty());
  CHECK(config.security.at("security.protocol") == "sasl_ssl");
  CHECK(config.security.at("sasl.mechanism") == "SCRAM-SHA-512");
  CHECK(config.security.at("sasl.username") == "accoil");
  CHECK(config.security.at("sasl.password") == "secret");
  CHECK(config.security.at("ssl.ca.location") == "/etc/ca.pem");
}

TEST_CASE("settings of Kafka that are missing or malformed are named") {
  auto environment = With({{"ACCOIL_KAFKA_TOPIC_PREFIX", "a b"},
                           {"ACCOIL_KAFKA_SECURITY_PROTOCOL", "sasl_ssl"},
                           {"ACCOIL_CONSUMER_SESSION_TIMEOUT", "1s"}});
  ConsumerConfig::FromEnvironment(environment, "matcher");
  std::string problems;
  for (const auto& problem : environment.problems()) problems += problem + "\n";
  for (const char* name :
       {"ACCOIL_KAFKA_BROKERS", "ACCOIL_KAFKA_TOPIC_PREFIX", "ACCOIL_KAFKA_SASL_USERNAME",
        "ACCOIL_KAFKA_SASL_PASSWORD", "ACCOIL_CONSUMER_SESSION_TIMEOUT"}) {
    CHECK(problems.find(name) != std::string::npos);
  }
}

}  // namespace accoil::events
