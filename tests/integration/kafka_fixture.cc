#include "tests/integration/kafka_fixture.h"

#include <librdkafka/rdkafka.h>

#include <boost/uuid/uuid_generators.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <cstdlib>

#include "libs/events/kafka_client.h"
#include "libs/events/topics.h"
#include "tests/integration/wait.h"

namespace accoil::test {
namespace {

constexpr int kPatienceMs = 10'000;
constexpr std::chrono::milliseconds kPatience{kPatienceMs};

std::string Brokers() {
  const char* brokers = std::getenv("ACCOIL_TEST_KAFKA_BROKERS");
  if (brokers == nullptr) {
    throw std::runtime_error("ACCOIL_TEST_KAFKA_BROKERS is not set: host:port of a Kafka broker");
  }
  return brokers;
}

void Demand(RdKafka::ErrorCode error, const std::string& what) {
  if (error != RdKafka::ERR_NO_ERROR) {
    throw std::runtime_error(what + ": " + RdKafka::err2str(error));
  }
}

/// A client that knows no topic.
std::unique_ptr<RdKafka::Producer> MakeAdmin(const events::KafkaConfig& config,
                                             events::KafkaWatch& watch) {
  std::string problem;
  const auto conf = events::MakeConf(config, {}, watch);
  std::unique_ptr<RdKafka::Producer> admin(RdKafka::Producer::create(conf.get(), problem));
  if (!admin) throw std::runtime_error("cannot make a Kafka client: " + problem);
  return admin;
}

}  // namespace

/// A consumer without a group.
struct KafkaFixture::Reader {
  explicit Reader(const events::KafkaConfig& config)
      : prefix(config.prefix), partitions(config.partitions) {
    const auto conf = events::MakeConf(
        config, {{"group.id", config.prefix + "reader"}, {"enable.auto.commit", "false"}}, watch);
    std::string problem;
    consumer.reset(RdKafka::KafkaConsumer::create(conf.get(), problem));
    if (!consumer) throw std::runtime_error("cannot make a Kafka consumer: " + problem);
  }
  ~Reader() { consumer->close(); }

  std::int64_t End(std::string_view topic, int partition) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    auto error = RdKafka::ERR_NO_ERROR;
    // Not every broker knows at once who leads a topic that was made just now.
    WaitUntil([&] {
      error = consumer->query_watermark_offsets(prefix + std::string(topic), partition, &low, &high,
                                                kPatienceMs);
      return error != RdKafka::ERR_NOT_LEADER_FOR_PARTITION &&
             error != RdKafka::ERR_LEADER_NOT_AVAILABLE;
    });
    Demand(error, "end of " + std::string(topic));
    return high;
  }

  std::vector<events::Record> Read(std::string_view topic, int partition) {
    std::vector<events::Record> records;
    std::int64_t next = 0;
    const auto end = End(topic, partition);
    if (end == 0) return records;
    const std::unique_ptr<RdKafka::TopicPartition> place(RdKafka::TopicPartition::create(
        prefix + std::string(topic), partition, RdKafka::Topic::OFFSET_BEGINNING));
    Demand(consumer->assign({place.get()}), "assign");
    const auto give_up = std::chrono::steady_clock::now() + kPatience;
    while (next < end) {
      // Records may have been compacted away at the very end, so the position counts as well.
      std::vector<RdKafka::TopicPartition*> positions{place.get()};
      if (consumer->position(positions) == RdKafka::ERR_NO_ERROR) {
        next = std::max(next, place->offset());
      }
      const std::unique_ptr<RdKafka::Message> message(consumer->consume(100));
      if (message->err() == RdKafka::ERR_NO_ERROR) {
        records.push_back(events::ReadRecord(*message, prefix));
        next = message->offset() + 1;
      } else if (std::chrono::steady_clock::now() >= give_up) {
        throw std::runtime_error("cannot read " + std::string(topic) + ": " + message->errstr());
      }
    }
    Demand(consumer->unassign(), "unassign");
    return records;
  }

  std::string prefix;
  int partitions;
  events::KafkaWatch watch{telemetry::Logger::Silent()};
  std::unique_ptr<RdKafka::KafkaConsumer> consumer;
};

KafkaFixture::KafkaFixture(int partitions) {
  config_.brokers = Brokers();
  config_.prefix =
      "test-" + boost::uuids::to_string(boost::uuids::random_generator()()).substr(0, 13) + ".";
  config_.partitions = partitions;
  config_.replication = 1;
  events::EnsureTopics(config_, telemetry_.logger(), kPatience);
  Connect();
}

void KafkaFixture::Connect() {
  reader_ = std::make_unique<Reader>(config_);
  producer_ = std::make_unique<events::Producer>(config_, telemetry_);
}

KafkaFixture::~KafkaFixture() {
  std::vector<std::string> topics;
  for (const auto& topic : events::AllTopics()) topics.push_back(topic.name);
  DeleteTopics(topics);
}

void KafkaFixture::Write(const std::vector<events::OutgoingRecord>& records) {
  const auto failures = producer_->Publish(records, kPatience);
  if (!failures.empty()) throw std::runtime_error("cannot write: " + failures.front().problem);
}

std::vector<events::Record> KafkaFixture::ReadRecords(std::string_view topic,
                                                      std::size_t at_least) {
  std::vector<events::Record> records;
  const bool enough = WaitUntil([&] {
    records.clear();
    for (int partition = 0; partition < config_.partitions; ++partition) {
      auto more = reader_->Read(topic, partition);
      std::move(more.begin(), more.end(), std::back_inserter(records));
    }
    return records.size() >= at_least;
  });
  if (!enough) {
    throw std::runtime_error(std::string(topic) + " has only " + std::to_string(records.size()) +
                             " records");
  }
  return records;
}

std::int64_t KafkaFixture::End(std::string_view topic) {
  std::int64_t sum = 0;
  for (int partition = 0; partition < config_.partitions; ++partition) {
    sum += End(topic, partition);
  }
  return sum;
}

std::int64_t KafkaFixture::End(std::string_view topic, int partition) {
  return reader_->End(topic, partition);
}

void KafkaFixture::DeleteTopics(const std::vector<std::string>& topics) {
  // A client of librdkafka 2.0.2 that sees a topic vanish whose partitions it has used may never
  // end (the partitions keep their broker), so those that have used them go first.
  producer_.reset();
  reader_.reset();
  events::KafkaWatch watch(telemetry_.logger());
  const auto admin = MakeAdmin(config_, watch);
  auto* client = admin->c_ptr();
  std::vector<rd_kafka_DeleteTopic_t*> deletions;
  for (const auto& topic : topics) {
    deletions.push_back(rd_kafka_DeleteTopic_new((config_.prefix + topic).c_str()));
  }
  auto* queue = rd_kafka_queue_new(client);
  rd_kafka_DeleteTopics(client, deletions.data(), deletions.size(), nullptr, queue);
  if (auto* event = rd_kafka_queue_poll(queue, kPatienceMs)) rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  rd_kafka_DeleteTopic_destroy_array(deletions.data(), deletions.size());
}

void KafkaFixture::Recreate(std::string_view topic) {
  DeleteTopics({std::string(topic)});
  // EnsureTopics would take a topic for present while its deletion is still under way.
  events::KafkaWatch watch(telemetry_.logger());
  const auto admin = MakeAdmin(config_, watch);
  const auto gone = [&] {
    RdKafka::Metadata* answer = nullptr;
    Demand(admin->metadata(true, nullptr, &answer, kPatienceMs), "metadata");
    const std::unique_ptr<RdKafka::Metadata> metadata(answer);
    const auto& all = *metadata->topics();
    return std::none_of(all.begin(), all.end(), [&](const auto* known) {
      return known->topic() == config_.prefix + std::string(topic);
    });
  };
  if (!WaitUntil(gone)) throw std::runtime_error("cannot delete " + std::string(topic));
  events::EnsureTopics(config_, telemetry_.logger(), kPatience);
  Connect();
}

}  // namespace accoil::test
