#include "libs/events/topics.h"

#include <librdkafka/rdkafka.h>

#include <set>
#include <thread>

#include "libs/core/errors.h"
#include "libs/events/event.h"
#include "libs/events/kafka_client.h"

namespace accoil::events {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRequestTimeoutMs = 5000;
constexpr std::chrono::milliseconds kBetweenTries{250};

template <auto destroy>
struct Destroyer {
  template <typename T>
  void operator()(T* object) const {
    destroy(object);
  }
};
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, Destroyer<rd_kafka_NewTopic_destroy>>;
using Options = std::unique_ptr<rd_kafka_AdminOptions_t, Destroyer<rd_kafka_AdminOptions_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Destroyer<rd_kafka_queue_destroy>>;
using AdminEvent = std::unique_ptr<rd_kafka_event_t, Destroyer<rd_kafka_event_destroy>>;

/// How one look at the cluster ended.
struct Survey {
  /// Topics that do not exist.
  std::vector<const TopicSettings*> missing;
  /// Whether all that exist have a leader for each partition, so that they can be used.
  bool usable = true;
};

class TopicMaker {
 public:
  TopicMaker(const KafkaConfig& config, const telemetry::Logger& logger)
      : config_(config), logger_(logger), watch_(logger) {
    std::string problem;
    const auto conf = MakeConf(config, {{"client.id", "accoil-topics"}}, watch_);
    client_.reset(RdKafka::Producer::create(conf.get(), problem));
    if (!client_) throw std::invalid_argument("cannot make a Kafka client: " + problem);
  }

  /// Throws core::Unavailable when no broker answers.
  Survey Look() {
    RdKafka::Metadata* answer = nullptr;
    const auto error = client_->metadata(true, nullptr, &answer, kRequestTimeoutMs);
    const std::unique_ptr<RdKafka::Metadata> metadata(answer);
    if (error != RdKafka::ERR_NO_ERROR) {
      throw core::Unavailable("Kafka at " + config_.brokers + ": " + RdKafka::err2str(error));
    }
    std::map<std::string, bool> known;
    for (const auto* topic : *metadata->topics()) {
      known[topic->topic()] = topic->err() == RdKafka::ERR_NO_ERROR && HasLeaders(*topic);
    }
    Survey survey;
    for (const auto& topic : AllTopics()) {
      const auto found = known.find(config_.prefix + topic.name);
      if (found == known.end()) {
        survey.missing.push_back(&topic);
      } else {
        survey.usable = survey.usable && found->second;
      }
    }
    return survey;
  }

  /// Throws core::Unavailable for what another try may cure, std::runtime_error for what it cannot.
  void Make(const std::vector<const TopicSettings*>& topics) {
    std::vector<NewTopic> made;
    std::vector<rd_kafka_NewTopic_t*> pointers;
    for (const auto* topic : topics) {
      made.push_back(Describe(*topic));
      pointers.push_back(made.back().get());
    }
    auto* client = client_->c_ptr();
    const Options options(rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS));
    std::array<char, 256> problem{};
    // The default is not to wait at all for the topic to be there.
    rd_kafka_AdminOptions_set_operation_timeout(options.get(), kRequestTimeoutMs, problem.data(),
                                                problem.size());
    const Queue queue(rd_kafka_queue_new(client));
    rd_kafka_CreateTopics(client, pointers.data(), pointers.size(), options.get(), queue.get());
    const AdminEvent event(rd_kafka_queue_poll(queue.get(), 2 * kRequestTimeoutMs));
    if (!event) throw core::Unavailable("Kafka did not answer CreateTopics");
    if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      throw core::Unavailable(std::string("CreateTopics: ") +
                              rd_kafka_event_error_string(event.get()));
    }
    std::size_t count = 0;
    const auto* results = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event.get()), &count);
    for (std::size_t i = 0; i < count; ++i) Judge(*results[i]);
  }

 private:
  static bool HasLeaders(const RdKafka::TopicMetadata& topic) {
    const auto& partitions = *topic.partitions();
    return !partitions.empty() &&
           std::all_of(partitions.begin(), partitions.end(),
                       [](const auto* partition) { return partition->leader() >= 0; });
  }

  NewTopic Describe(const TopicSettings& topic) const {
    std::array<char, 256> problem{};
    NewTopic made(rd_kafka_NewTopic_new((config_.prefix + topic.name).c_str(), config_.partitions,
                                        config_.replication, problem.data(), problem.size()));
    if (!made) throw std::invalid_argument("topic " + topic.name + ": " + problem.data());
    const auto set = [&](const char* name, const char* value) {
      rd_kafka_NewTopic_set_config(made.get(), name, value);
    };
    if (topic.compacted) {
      set("cleanup.policy", "compact");
    } else {
      // A month to look at what was set aside, or what Intercom notified of, and replay it.
      set("retention.ms", "2592000000");
      // A dead letter has a whole record in it.
      set("max.message.bytes", "2097152");
    }
    // An acknowledged record survives the loss of any one broker.
    if (config_.replication >= 3) set("min.insync.replicas", "2");
    return made;
  }

  void Judge(const rd_kafka_topic_result_t& result) const {
    const auto error = rd_kafka_topic_result_error(&result);
    const std::string name = rd_kafka_topic_result_name(&result);
    const char* text = rd_kafka_topic_result_error_string(&result);
    const auto problem =
        "topic " + name + ": " + (text != nullptr ? text : rd_kafka_err2str(error));
    switch (error) {
      case RD_KAFKA_RESP_ERR_NO_ERROR:
        logger_.Info("made topic", {{"topic", name}, {"partitions", config_.partitions}});
        return;
      case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
        return;
      case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
      case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
      case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
      case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        throw std::runtime_error(problem);
      default:
        // Brokers that are still joining are among these: too few for the replication.
        throw core::Unavailable(problem);
    }
  }

  const KafkaConfig& config_;
  const telemetry::Logger& logger_;
  KafkaWatch watch_;
  std::unique_ptr<RdKafka::Producer> client_;
};

}  // namespace

const std::vector<TopicSettings>& AllTopics() {
  static const std::vector<TopicSettings> topics = [] {
    std::vector<TopicSettings> all;
    for (const auto name : {TopicOf<v1::SubjectIdentified>(), TopicOf<v1::TraitChanged>(),
                            TopicOf<v1::SegmentEntered>(), TopicOf<v1::SegmentExited>(),
                            TopicOf<v1::UserMatched>(), TopicOf<v1::ProfileChanged>(),
                            TopicOf<v1::ConnectionChanged>(), TopicOf<v1::TagApplied>()}) {
      all.push_back({std::string(name), true});
    }
    all.push_back({std::string(TopicOf<v1::IntercomWebhook>()), false});
    all.push_back({std::string(TopicOf<v1::DeadLetter>()), false});
    return all;
  }();
  return topics;
}

void EnsureTopics(const KafkaConfig& config, const telemetry::Logger& logger,
                  std::chrono::milliseconds patience) {
  TopicMaker maker(config, logger);
  const auto give_up = Clock::now() + patience;
  while (true) {
    std::string problem = "Kafka: topics have no leader yet";
    try {
      const auto survey = maker.Look();
      if (survey.missing.empty() && survey.usable) return;
      if (!survey.missing.empty()) maker.Make(survey.missing);
    } catch (const core::Unavailable& error) {
      problem = error.what();
      logger.Warn("waiting for Kafka", {{"problem", problem}});
    }
    if (Clock::now() >= give_up) throw core::Unavailable(problem);
    std::this_thread::sleep_for(kBetweenTries);
  }
}

}  // namespace accoil::events
