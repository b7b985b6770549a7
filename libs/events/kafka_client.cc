#include "libs/events/kafka_client.h"

#include <librdkafka/rdkafka.h>

namespace accoil::events {

void KafkaWatch::event_cb(RdKafka::Event& event) {
  if (event.type() == RdKafka::Event::EVENT_LOG) {
    const auto text = event.str();
    const auto facility = event.fac();
    // A broker that has just started loads its coordinators first; librdkafka asks again until it
    // has its producer id, so this is no warning to anybody.
    const bool passing = facility == "GETPID";
    if (event.severity() <= RdKafka::Event::EVENT_SEVERITY_WARNING && !passing) {
      logger_.Warn("librdkafka", {{"facility", facility}, {"text", text}});
    } else {
      logger_.Debug("librdkafka", {{"facility", facility}, {"text", text}});
    }
    return;
  }
  if (event.type() != RdKafka::Event::EVENT_ERROR) return;

  const auto text = RdKafka::err2str(event.err()) + ": " + event.str();
  const bool unusable = event.fatal() || event.err() == RdKafka::ERR__FATAL;
  {
    const std::lock_guard lock(mutex_);
    fatal_ = fatal_ || unusable;
    // Other errors concern one broker or one request, which librdkafka tries again by itself.
    if (unusable || event.err() == RdKafka::ERR__ALL_BROKERS_DOWN ||
        event.err() == RdKafka::ERR__AUTHENTICATION) {
      problem_ = text;
    }
  }
  logger_.Warn("Kafka error", {{"problem", text}, {"fatal", unusable}});
}

std::optional<std::string> KafkaWatch::Problem() const {
  const std::lock_guard lock(mutex_);
  if (!problem_) return std::nullopt;
  return "Kafka: " + *problem_;
}

bool KafkaWatch::fatal() const {
  const std::lock_guard lock(mutex_);
  return fatal_;
}

void KafkaWatch::Probe(RdKafka::Handle& client) {
  constexpr int kPatienceMs = 1000;
  {
    const std::lock_guard lock(mutex_);
    if (!problem_ || fatal_) return;
    const auto now = std::chrono::steady_clock::now();
    if (now < next_probe_) return;
    next_probe_ = now + std::chrono::seconds(1);
  }
  RdKafka::Metadata* answer = nullptr;
  const auto error = client.metadata(false, nullptr, &answer, kPatienceMs);
  const std::unique_ptr<RdKafka::Metadata> metadata(answer);
  if (error != RdKafka::ERR_NO_ERROR) return;
  const std::lock_guard lock(mutex_);
  if (!fatal_) problem_.reset();
}

std::unique_ptr<RdKafka::Conf> MakeConf(const KafkaConfig& config, const KafkaSettings& settings,
                                        KafkaWatch& watch) {
  std::unique_ptr<RdKafka::Conf> conf(RdKafka::Conf::create(RdKafka::Conf::CONF_GLOBAL));
  SetOrThrow(*conf, "bootstrap.servers", config.brokers);
  // A broker that comes back is found within seconds.
  SetOrThrow(*conf, "reconnect.backoff.max.ms", "2000");
  SetOrThrow(*conf, "socket.connection.setup.timeout.ms", "5000");
  SetOrThrow(*conf, "socket.keepalive.enable", "true");
  SetOrThrow(*conf, "topic.metadata.refresh.interval.ms", "60000");
  // That idle connections are closed by brokers is no news.
  SetOrThrow(*conf, "log.connection.close", "false");
  for (const auto& [name, value] : config.security) SetOrThrow(*conf, name, value);
  for (const auto& [name, value] : settings) SetOrThrow(*conf, name, value);
  SetOrThrow(*conf, "event_cb", static_cast<RdKafka::EventCb*>(&watch));
  return conf;
}

Record ReadRecord(RdKafka::Message& message, std::string_view prefix) {
  Record record;
  record.topic = message.topic_name().substr(prefix.size());
  record.partition = message.partition();
  record.offset = message.offset();
  if (message.key_pointer() != nullptr) {
    record.key.assign(static_cast<const char*>(message.key_pointer()), message.key_len());
  }
  if (message.payload() != nullptr) {
    record.value.emplace(static_cast<const char*>(message.payload()), message.len());
  }
  record.timestamp = core::TimePoint(std::chrono::milliseconds(message.timestamp().timestamp));
  // Past the C++ interface, which copies every header twice.
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(message.c_ptr(), &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
      auto& text = record.headers[name];
      if (value == nullptr) {
        text.clear();
      } else {
        text.assign(static_cast<const char*>(value), size);
      }
    }
  }
  return record;
}

}  // namespace accoil::events
