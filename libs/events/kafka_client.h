#pragma once

#include <librdkafka/rdkafkacpp.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "libs/events/kafka_config.h"
#include "libs/events/record.h"
#include "libs/telemetry/log.h"

/// What the .cc files of this library share of librdkafka; it is known nowhere else but in tests
/// that must speak to Kafka beneath the library.
namespace accoil::events {

/// Listens to what librdkafka says of itself: its log lines go to ours, and it knows whether
/// Kafka can be reached. Called from librdkafka's threads and from the one that polls; must outlive
/// the client that it is given to.
class KafkaWatch final : public RdKafka::EventCb {
 public:
  explicit KafkaWatch(telemetry::Logger logger) : logger_(std::move(logger)) {}

  void event_cb(RdKafka::Event& event) override;

  /// Why Kafka cannot be reached now; nothing when it can. Any thread.
  std::optional<std::string> Problem() const;
  /// Whether the client met an error from which only a new client recovers.
  bool fatal() const;
  /// While there is a problem, asks Kafka for a sign of life, once a second at most and waiting a
  /// second at most. For the thread that polls the client.
  void Probe(RdKafka::Handle& client);

 private:
  telemetry::Logger logger_;
  mutable std::mutex mutex_;
  std::optional<std::string> problem_ = "has not been reached yet";
  bool fatal_ = false;
  std::chrono::steady_clock::time_point next_probe_{};
};

using KafkaSettings = std::map<std::string, std::string>;

/// A configuration with what every client of ours has, then the security settings of `config`, then
/// `settings`. A setting that librdkafka refuses throws std::invalid_argument.
std::unique_ptr<RdKafka::Conf> MakeConf(const KafkaConfig& config, const KafkaSettings& settings,
                                        KafkaWatch& watch);

/// Makes a setting that takes an object, a callback for example, and checks it.
template <typename Value>
void SetOrThrow(RdKafka::Conf& conf, const std::string& name, Value value) {
  std::string problem;
  if (conf.set(name, value, problem) != RdKafka::Conf::CONF_OK) {
    throw std::invalid_argument("Kafka setting " + name + ": " + problem);
  }
}

/// Copies a message; its topic loses the prefix.
Record ReadRecord(RdKafka::Message& message, std::string_view prefix);

}  // namespace accoil::events
