#include "libs/events/kafka_config.h"

namespace accoil::events {
namespace {

/// What Kafka allows in a topic's name.
bool IsTopicText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

}  // namespace

KafkaConfig KafkaConfig::FromEnvironment(core::Environment& environment) {
  // Kafka's names end at 249 characters; the longest topic of ours has 18.
  constexpr std::size_t kLongestPrefix = 200;
  KafkaConfig config;
  config.brokers = environment.Text("ACCOIL_KAFKA_BROKERS");
  config.prefix = environment.Text("ACCOIL_KAFKA_TOPIC_PREFIX", "");
  if (!IsTopicText(config.prefix) || config.prefix.size() > kLongestPrefix) {
    environment.Complain("ACCOIL_KAFKA_TOPIC_PREFIX",
                         "must be at most 200 letters, digits, dots, underscores and hyphens");
  }
  config.partitions =
      static_cast<int>(environment.Integer("ACCOIL_KAFKA_PARTITIONS", config.partitions, 1, 1000));
  config.replication =
      static_cast<int>(environment.Integer("ACCOIL_KAFKA_REPLICATION", config.replication, 1, 10));

  const auto protocol = environment.Choice("ACCOIL_KAFKA_SECURITY_PROTOCOL", "plaintext",
                                           {"plaintext", "ssl", "sasl_plaintext", "sasl_ssl"});
  config.security["security.protocol"] = protocol;
  // Read also without SASL, so that they are known as settings and a malformed one is told.
  const auto mechanism = environment.Choice("ACCOIL_KAFKA_SASL_MECHANISM", "SCRAM-SHA-512",
                                            {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"});
  const auto username = environment.Text("ACCOIL_KAFKA_SASL_USERNAME", "");
  const auto password = environment.Secret("ACCOIL_KAFKA_SASL_PASSWORD", "");
  if (protocol.starts_with("sasl")) {
    const std::string problem = "is required with ACCOIL_KAFKA_SECURITY_PROTOCOL=" + protocol;
    if (username.empty()) environment.Complain("ACCOIL_KAFKA_SASL_USERNAME", problem);
    if (password.empty()) environment.Complain("ACCOIL_KAFKA_SASL_PASSWORD", problem);
    config.security["sasl.mechanism"] = mechanism;
    config.security["sasl.username"] = username;
    config.security["sasl.password"] = password;
  }
  if (const auto file = environment.Text("ACCOIL_KAFKA_CA_FILE", ""); !file.empty()) {
    config.security["ssl.ca.location"] = file;
  }
  return config;
}

}  // namespace accoil::events
