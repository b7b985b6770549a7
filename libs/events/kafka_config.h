#pragma once

#include <map>
#include <string>

#include "libs/core/environment.h"

namespace accoil::events {

/// How to reach Kafka. Topics are called by their plain names everywhere; the prefix is put before
/// them at the edge to Kafka alone.
struct KafkaConfig {
  /// host:port[,host:port…]
  std::string brokers;
  /// Put before every topic and consumer group, so that several installations share a cluster.
  std::string prefix;
  /// For topics that are made.
  int partitions = 6;
  int replication = 3;
  /// Settings of librdkafka that are passed on: security.protocol, sasl.*, ssl.*.
  std::map<std::string, std::string> security;

  /// ACCOIL_KAFKA_BROKERS (required), ACCOIL_KAFKA_TOPIC_PREFIX, ACCOIL_KAFKA_PARTITIONS,
  /// ACCOIL_KAFKA_REPLICATION, ACCOIL_KAFKA_SECURITY_PROTOCOL, ACCOIL_KAFKA_SASL_MECHANISM,
  /// ACCOIL_KAFKA_SASL_USERNAME, ACCOIL_KAFKA_SASL_PASSWORD, ACCOIL_KAFKA_CA_FILE.
  static KafkaConfig FromEnvironment(core::Environment& environment);
};

}  // namespace accoil::events
