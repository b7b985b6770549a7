#include "libs/events/producer.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <thread>

#include "tests/catch.h"

namespace accoil::events {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int16_t kProduceRequest = 0;
constexpr std::int32_t kBroker = 1;

/// librdkafka's own stand-in for a cluster of one broker, in this process.
class MockKafka {
 public:
  MockKafka() {
    auto* conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, nullptr);
    std::array<char, 256> problem{};
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, problem.data(), problem.size());
    REQUIRE(client_ != nullptr);
    cluster_ = rd_kafka_mock_cluster_new(client_, 1);
    rd_kafka_mock_topic_create(cluster_, "test.t", 4, 1);
  }
  ~MockKafka() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(client_);
  }
  MockKafka(const MockKafka&) = delete;
  MockKafka& operator=(const MockKafka&) = delete;

  KafkaConfig config() const {
    KafkaConfig config;
    config.brokers = rd_kafka_mock_cluster_bootstraps(cluster_);
    config.prefix = "test.";
    return config;
  }
  /// The next request to write is answered with an error.
  void RefuseOnce(rd_kafka_resp_err_t error) {
    rd_kafka_mock_push_request_errors(cluster_, kProduceRequest, 1, error);
  }
  void GoDown() { rd_kafka_mock_broker_set_down(cluster_, kBroker); }
  void ComeUp() { rd_kafka_mock_broker_set_up(cluster_, kBroker); }

 private:
  rd_kafka_t* client_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

OutgoingRecord Of(const std::string& key, const std::string& value) {
  return {"t", key, value, {{"event-type", "t"}}};
}

bool WaitUntil(const std::function<bool()>& condition) {
  const auto give_up = std::chrono::steady_clock::now() + seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= give_up) return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

}  // namespace

TEST_CASE("what is published is acknowledged when Publish returns") {
  MockKafka kafka;
  telemetry::Telemetry telemetry("test", "off");
  Producer producer(kafka.config(), telemetry);
  CHECK(producer.Publish({}, seconds(1)).empty());
  std::vector<OutgoingRecord> records;
  for (int i = 0; i < 1000; ++i) records.push_back(Of("1/user/" + std::to_string(i), "value"));
  records[5].value.reset();
  CHECK(producer.Publish(records, seconds(20)).empty());
  CHECK(telemetry.metrics().Expose().find("accoil_producer_acknowledged_total 1000") !=
        std::string::npos);
}

TEST_CASE("a record that is refused is named by its place, the others go") {
  MockKafka kafka;
  telemetry::Telemetry telemetry("test", "off");
  Producer producer(kafka.config(), telemetry);
  const std::vector records{Of("1/user/a", "small"), Of("1/user/b", std::string(3'000'000, 'x')),
                            Of("1/user/c", "small")};
  const auto failures = producer.Publish(records, seconds(20));
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].index == 1);
  CHECK(failures[0].problem.find("too large") != std::string::npos);
}

TEST_CASE("what a broker refuses is a failure with the broker's reason") {
  MockKafka kafka;
  telemetry::Telemetry telemetry("test", "off");
  Producer producer(kafka.config(), telemetry);
  const std::vector records{Of("1/user/a", "value")};
  REQUIRE(producer.Publish(records, seconds(20)).empty());
  kafka.RefuseOnce(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  const auto failures = producer.Publish(records, seconds(20));
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].problem.find("authorization") != std::string::npos);
}

TEST_CASE("a producer that met a fatal error is replaced by a new one") {
  MockKafka kafka;
  telemetry::Telemetry telemetry("test", "off");
  Producer producer(kafka.config(), telemetry);
  const std::vector records{Of("1/user/a", "value")};
  REQUIRE(producer.Publish(records, seconds(20)).empty());
  kafka.RefuseOnce(RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
  CHECK_FALSE(producer.Publish(records, seconds(20)).empty());
  CHECK(WaitUntil([&] { return producer.Publish(records, seconds(20)).empty(); }));
}

TEST_CASE("without a broker Publish gives up in time and Problem says why, until it is back") {
  MockKafka kafka;
  telemetry::Telemetry telemetry("test", "off");
  Producer producer(kafka.config(), telemetry);
  const std::vector records{Of("1/user/a", "value")};
  REQUIRE(producer.Publish(records, seconds(20)).empty());
  CHECK(WaitUntil([&] { return !producer.Problem(); }));

  kafka.GoDown();
  const auto began = std::chrono::steady_clock::now();
  const auto failures = producer.Publish(records, milliseconds(300));
  CHECK(std::chrono::steady_clock::now() - began < seconds(3));
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].problem == "no acknowledgement in time; whether it was written is unknown");
  CHECK(WaitUntil([&] { return producer.Problem().has_value(); }));

  kafka.ComeUp();
  CHECK(WaitUntil([&] { return !producer.Problem(); }));
  CHECK(producer.Publish(records, seconds(20)).empty());
}

}  // namespace accoil::events
