#include "tests/load/raw_producer.h"

#include <librdkafka/rdkafkacpp.h>

#include <map>
#include <memory>
#include <stdexcept>

#include "libs/events/partitioner.h"

namespace accoil::load {
namespace {

class Reports final : public RdKafka::DeliveryReportCb {
 public:
  void dr_cb(RdKafka::Message& message) override {
    if (message.err() == RdKafka::ERR_NO_ERROR) {
      ++acknowledged;
    } else {
      problem = message.errstr();
    }
  }
  std::size_t acknowledged = 0;
  std::string problem;
};

void Set(RdKafka::Conf& conf, const std::string& name, const std::string& value) {
  std::string problem;
  if (conf.set(name, value, problem) != RdKafka::Conf::CONF_OK) {
    throw std::runtime_error(name + ": " + problem);
  }
}

}  // namespace

std::chrono::duration<double> ProduceRaw(const events::KafkaConfig& kafka,
                                         const std::vector<events::OutgoingRecord>& records) {
  Reports reports;
  const std::unique_ptr<RdKafka::Conf> conf(RdKafka::Conf::create(RdKafka::Conf::CONF_GLOBAL));
  const std::map<std::string, std::string> settings{{"bootstrap.servers", kafka.brokers},
                                                    {"enable.idempotence", "true"},
                                                    {"acks", "all"},
                                                    {"compression.codec", "lz4"},
                                                    {"linger.ms", "5"},
                                                    {"queue.buffering.max.kbytes", "131072"}};
  for (const auto& [name, value] : settings) Set(*conf, name, value);
  std::string problem;
  if (conf->set("dr_cb", &reports, problem) != RdKafka::Conf::CONF_OK) {
    throw std::runtime_error(problem);
  }
  const std::unique_ptr<RdKafka::Producer> producer(RdKafka::Producer::create(conf.get(), problem));
  if (!producer) throw std::runtime_error(problem);

  const auto began = std::chrono::steady_clock::now();
  for (const auto& record : records) {
    auto* headers = RdKafka::Headers::create();
    for (const auto& [name, value] : record.headers) {
      headers->add(name, value.data(), value.size());
    }
    const auto partition = events::PartitionOf(record.key, kafka.partitions);
    while (true) {
      const auto error = producer->produce(
          kafka.prefix + record.topic, partition, RdKafka::Producer::RK_MSG_COPY,
          const_cast<char*>(record.value->data()), record.value->size(), record.key.data(),
          record.key.size(), /*timestamp=*/0, headers, nullptr);
      if (error == RdKafka::ERR_NO_ERROR) break;
      if (error != RdKafka::ERR__QUEUE_FULL) {
        delete headers;
        throw std::runtime_error(RdKafka::err2str(error));
      }
      constexpr int kRoomMs = 10;
      producer->poll(kRoomMs);
    }
    producer->poll(0);
  }
  constexpr int kPatienceMs = 60'000;
  producer->flush(kPatienceMs);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  if (reports.acknowledged != records.size()) {
    throw std::runtime_error("not acknowledged: " + reports.problem);
  }
  return took;
}

}  // namespace accoil::load
