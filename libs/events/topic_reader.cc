#include "libs/events/topic_reader.h"

#include <set>

#include "libs/core/errors.h"
#include "libs/events/kafka_client.h"

namespace accoil::events {
namespace {

constexpr int kRequestTimeoutMs = 10'000;
constexpr int kPollMs = 1'000;
constexpr std::chrono::seconds kPatience{30};

void ThrowUnlessOk(RdKafka::ErrorCode error, const std::string& what) {
  if (error != RdKafka::ERR_NO_ERROR) {
    throw core::Unavailable(what + ": " + RdKafka::err2str(error));
  }
}

}  // namespace

struct TopicReader::Implementation {
  Implementation(const KafkaConfig& kafka_config, const telemetry::Logger& logger)
      : config(kafka_config), watch(logger) {
    std::string problem;
    const auto conf = MakeConf(config,
                               {{"client.id", "accoil-reader"},
                                // It joins none, but librdkafka will have a name.
                                {"group.id", config.prefix + "reader"},
                                {"enable.auto.commit", "false"},
                                {"enable.partition.eof", "true"},
                                {"auto.offset.reset", "earliest"}},
                               watch);
    consumer.reset(RdKafka::KafkaConsumer::create(conf.get(), problem));
    if (!consumer) throw std::invalid_argument("cannot make a Kafka client: " + problem);
  }

  std::pair<std::int64_t, std::int64_t> Bounds(const std::string& topic, std::int32_t partition) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    ThrowUnlessOk(consumer->query_watermark_offsets(config.prefix + topic, partition, &low, &high,
                                                    kRequestTimeoutMs),
                  "topic " + topic);
    return {low, high};
  }

  KafkaConfig config;
  KafkaWatch watch;
  std::unique_ptr<RdKafka::KafkaConsumer> consumer;
};

TopicReader::TopicReader(const KafkaConfig& config, const telemetry::Logger& logger)
    : implementation_(std::make_unique<Implementation>(config, logger)) {}

TopicReader::~TopicReader() { implementation_->consumer->close(); }

TopicReader::Offsets TopicReader::Starts(const std::string& topic) {
  auto& consumer = *implementation_->consumer;
  const auto name = implementation_->config.prefix + topic;
  std::string problem;
  const std::unique_ptr<RdKafka::Topic> handle(
      RdKafka::Topic::create(&consumer, name, nullptr, problem));
  if (!handle) throw core::Unavailable("topic " + topic + ": " + problem);
  RdKafka::Metadata* answer = nullptr;
  const auto error = consumer.metadata(false, handle.get(), &answer, kRequestTimeoutMs);
  const std::unique_ptr<RdKafka::Metadata> metadata(answer);
  ThrowUnlessOk(error, "topic " + topic);
  Offsets starts;
  for (const auto* found : *metadata->topics()) {
    if (found->topic() != name) continue;
    ThrowUnlessOk(found->err(), "topic " + topic);
    for (const auto* partition : *found->partitions()) {
      starts[partition->id()] = implementation_->Bounds(topic, partition->id()).first;
    }
  }
  return starts;
}

void TopicReader::Read(const std::string& topic, const Offsets& from,
                       const std::function<void(Record)>& take) {
  auto& consumer = *implementation_->consumer;
  const auto& prefix = implementation_->config.prefix;
  Offsets ends;
  std::set<std::int32_t> open;
  std::vector<RdKafka::TopicPartition*> wanted;
  for (const auto& [partition, offset] : from) {
    const auto [low, high] = implementation_->Bounds(topic, partition);
    if (std::max(low, offset) >= high) continue;
    ends[partition] = high;
    open.insert(partition);
    wanted.push_back(
        RdKafka::TopicPartition::create(prefix + topic, partition, std::max(low, offset)));
  }
  if (open.empty()) return;
  const auto assigned = consumer.assign(wanted);
  RdKafka::TopicPartition::destroy(wanted);
  ThrowUnlessOk(assigned, "topic " + topic);

  auto give_up = std::chrono::steady_clock::now() + kPatience;
  while (!open.empty()) {
    const std::unique_ptr<RdKafka::Message> message(consumer.consume(kPollMs));
    const auto partition = message->partition();
    if (message->err() == RdKafka::ERR__PARTITION_EOF) {
      open.erase(partition);
      continue;
    }
    if (message->err() != RdKafka::ERR_NO_ERROR) {
      if (message->err() != RdKafka::ERR__TIMED_OUT && !implementation_->watch.Problem()) {
        throw core::Unavailable("topic " + topic + ": " + message->errstr());
      }
      if (std::chrono::steady_clock::now() > give_up) {
        throw core::Unavailable("topic " + topic + ": Kafka does not send it");
      }
      continue;
    }
    give_up = std::chrono::steady_clock::now() + kPatience;
    const auto offset = message->offset();
    const auto end = ends.find(partition);
    if (end == ends.end()) continue;
    if (offset < end->second) take(ReadRecord(*message, prefix));
    // What was compacted away leaves gaps: the end itself may be the first to come.
    if (offset + 1 >= end->second) open.erase(partition);
  }
  consumer.unassign();
}

}  // namespace accoil::events
