#include "libs/events/producer.h"

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "libs/events/kafka_client.h"
#include "libs/events/partitioner.h"

namespace accoil::events {
namespace {

using Clock = std::chrono::steady_clock;

/// After this long without an acknowledgement Kafka's client gives a record up.
constexpr const char* kMessageTimeoutMs = "15000";
constexpr int kPollMs = 100;
constexpr int kFlushMs = 5000;

/// The answers to the records of one Publish. Lives until the last of them came, which may be after
/// Publish has returned.
class Call {
 public:
  explicit Call(std::size_t records) : answers_(records), missing_(records) {}

  /// `problem` is empty for a record that was acknowledged.
  void Answer(std::size_t index, std::string problem) {
    const std::lock_guard lock(mutex_);
    answers_[index] = std::move(problem);
    if (--missing_ == 0) complete_.notify_all();
  }

  std::vector<Producer::Failure> WaitUntil(Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    complete_.wait_until(lock, deadline, [this] { return missing_ == 0; });
    std::vector<Producer::Failure> failures;
    for (std::size_t i = 0; i < answers_.size(); ++i) {
      if (!answers_[i]) {
        failures.push_back({i, "no acknowledgement in time; whether it was written is unknown"});
      } else if (!answers_[i]->empty()) {
        failures.push_back({i, *answers_[i]});
      }
    }
    return failures;
  }

 private:
  std::mutex mutex_;
  std::condition_variable complete_;
  std::vector<std::optional<std::string>> answers_;
  std::size_t missing_;
};

/// What a record takes with it to its delivery report.
struct Ticket {
  std::shared_ptr<Call> call;
  std::size_t index;
};

std::int32_t Partition(const rd_kafka_topic_t*, const void* key, std::size_t size,
                       std::int32_t count, void*, void*) {
  return PartitionOf({static_cast<const char*>(key), size}, count);
}

/// One client of librdkafka and the thread that serves its callbacks.
class Client final : private RdKafka::DeliveryReportCb {
 public:
  Client(const KafkaConfig& config, const telemetry::Logger& logger) : watch_(logger) {
    const auto conf = MakeConf(config,
                               {{"client.id", "accoil"},
                                {"enable.idempotence", "true"},
                                {"acks", "all"},
                                {"compression.codec", "lz4"},
                                {"linger.ms", "5"},
                                {"message.timeout.ms", kMessageTimeoutMs},
                                // Dead letters are as large as a record and its surroundings.
                                {"message.max.bytes", "2000000"},
                                {"queue.buffering.max.kbytes", "131072"}},
                               watch_);
    SetOrThrow(*conf, "dr_cb", static_cast<RdKafka::DeliveryReportCb*>(this));
    // The C++ interface reaches its partitioner only through topic objects.
    rd_kafka_topic_conf_set_partitioner_cb(
        rd_kafka_conf_get_default_topic_conf(conf->c_ptr_global()), Partition);
    std::string problem;
    producer_.reset(RdKafka::Producer::create(conf.get(), problem));
    if (!producer_) throw std::invalid_argument("cannot make a Kafka producer: " + problem);
    thread_ = std::thread([this] {
      while (!stopping_) {
        producer_->poll(kPollMs);
        watch_.Probe(*producer_);
      }
    });
  }

  ~Client() override {
    stopping_ = true;
    thread_.join();
    if (producer_->flush(kFlushMs) != RdKafka::ERR_NO_ERROR) {
      // Every ticket must come back through its delivery report.
      producer_->purge(RdKafka::Producer::PURGE_QUEUE | RdKafka::Producer::PURGE_INFLIGHT);
      producer_->flush(kFlushMs);
    }
  }

  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Hands a record over, waiting for room until `deadline`. Its answer comes to `call`, from
  /// here when it is refused.
  void Send(const std::string& topic, const OutgoingRecord& record, Clock::time_point deadline,
            const std::shared_ptr<Call>& call, std::size_t index) {
    auto ticket = std::make_unique<Ticket>(Ticket{call, index});
    while (true) {
      const auto error = Produce(topic, record, ticket.get());
      if (error == RdKafka::ERR_NO_ERROR) {
        // Its delivery report takes it.
        static_cast<void>(ticket.release());
        return;
      }
      if (error != RdKafka::ERR__QUEUE_FULL || Clock::now() >= deadline) {
        call->Answer(index, RdKafka::err2str(error));
        return;
      }
      std::unique_lock lock(room_mutex_);
      room_.wait_until(lock, std::min(deadline, Clock::now() + std::chrono::milliseconds(10)));
    }
  }

  const KafkaWatch& watch() const { return watch_; }

 private:
  RdKafka::ErrorCode Produce(const std::string& topic, const OutgoingRecord& record,
                             Ticket* ticket) {
    std::unique_ptr<RdKafka::Headers> headers(RdKafka::Headers::create());
    for (const auto& [name, value] : record.headers) {
      headers->add(name, value.data(), value.size());
    }
    // An empty value is not a tombstone: its pointer is not null.
    void* payload = record.value ? const_cast<char*>(record.value->data()) : nullptr;
    const auto error = producer_->produce(
        topic, RdKafka::Topic::PARTITION_UA, RdKafka::Producer::RK_MSG_COPY, payload,
        record.value ? record.value->size() : 0, record.key.data(), record.key.size(),
        /*timestamp=*/0, headers.get(), ticket);
    // With success librdkafka owns the headers.
    if (error == RdKafka::ERR_NO_ERROR) static_cast<void>(headers.release());
    return error;
  }

  void dr_cb(RdKafka::Message& message) override {
    const std::unique_ptr<Ticket> ticket(static_cast<Ticket*>(message.msg_opaque()));
    ticket->call->Answer(ticket->index,
                         message.err() == RdKafka::ERR_NO_ERROR ? std::string() : message.errstr());
    room_.notify_one();
  }

  KafkaWatch watch_;
  std::unique_ptr<RdKafka::Producer> producer_;
  std::mutex room_mutex_;
  std::condition_variable room_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace

struct Producer::Implementation {
  Implementation(const KafkaConfig& kafka, telemetry::Telemetry& telemetry)
      : config(kafka),
        logger(telemetry.logger()),
        acknowledged(telemetry.metrics().MakeCounter("accoil_producer_acknowledged_total",
                                                     "Records that Kafka acknowledged.")),
        failures(telemetry.metrics().MakeCounter(
            "accoil_producer_failures_total",
            "Records that Kafka refused or did not acknowledge in time.")),
        client(std::make_shared<Client>(config, logger)) {}

  /// The client, a new one when it cannot recover. A call that holds the old one keeps it alive.
  std::shared_ptr<Client> Current() {
    const std::lock_guard lock(mutex);
    if (client->watch().fatal()) {
      logger.Warn("Kafka producer is replaced after a fatal error");
      client = std::make_shared<Client>(config, logger);
    }
    return client;
  }

  const KafkaConfig config;
  const telemetry::Logger logger;
  telemetry::Counter acknowledged;
  telemetry::Counter failures;
  mutable std::mutex mutex;
  std::shared_ptr<Client> client;
};

Producer::Producer(const KafkaConfig& config, telemetry::Telemetry& telemetry)
    : implementation_(std::make_unique<Implementation>(config, telemetry)) {}

Producer::~Producer() = default;

std::vector<Producer::Failure> Producer::Publish(std::span<const OutgoingRecord> records,
                                                 std::chrono::milliseconds timeout) {
  if (records.empty()) return {};
  const auto deadline = Clock::now() + timeout;
  const auto client = implementation_->Current();
  const auto call = std::make_shared<Call>(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    client->Send(implementation_->config.prefix + records[i].topic, records[i], deadline, call, i);
  }
  auto failures = call->WaitUntil(deadline);
  implementation_->failures.Increment(static_cast<double>(failures.size()));
  implementation_->acknowledged.Increment(static_cast<double>(records.size() - failures.size()));
  return failures;
}

std::optional<std::string> Producer::Problem() const {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->client->watch().Problem();
}

}  // namespace accoil::events
