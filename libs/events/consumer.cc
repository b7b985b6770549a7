#include "libs/events/consumer.h"

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "libs/core/backoff.h"
#include "libs/core/clock.h"
#include "libs/core/errors.h"
#include "libs/events/assignment.h"
#include "libs/events/batch_applier.h"
#include "libs/events/consumer_metrics.h"
#include "libs/events/dead_letter.h"
#include "libs/events/kafka_client.h"
#include "libs/events/offset_store.h"
#include "libs/events/outbox.h"
#include "libs/telemetry/trace.h"

namespace accoil::events {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// How long a poll waits at most, and with it the answer to Stop.
constexpr milliseconds kPoll{100};
constexpr milliseconds kBetweenReports{1'000};

/// A list for librdkafka, which wants pointers.
class TopicPartitions {
 public:
  TopicPartitions() = default;
  ~TopicPartitions() { RdKafka::TopicPartition::destroy(list_); }
  TopicPartitions(const TopicPartitions&) = delete;
  TopicPartitions& operator=(const TopicPartitions&) = delete;

  void Add(const std::string& topic, std::int32_t number,
           std::int64_t offset = RdKafka::Topic::OFFSET_INVALID) {
    list_.push_back(RdKafka::TopicPartition::create(topic, number, offset));
  }
  bool empty() const { return list_.empty(); }
  std::vector<RdKafka::TopicPartition*>& list() { return list_; }

 private:
  std::vector<RdKafka::TopicPartition*> list_;
};

std::vector<std::string> ToStrings(const std::vector<std::string_view>& views) {
  return {views.begin(), views.end()};
}

}  // namespace

ConsumerConfig ConsumerConfig::FromEnvironment(core::Environment& environment, std::string group) {
  using std::chrono::seconds;
  ConsumerConfig config;
  config.kafka = KafkaConfig::FromEnvironment(environment);
  config.group = std::move(group);
  config.batch_size = static_cast<int>(
      environment.Integer("ACCOIL_CONSUMER_BATCH_SIZE", config.batch_size, 1, 10'000));
  config.linger =
      environment.Duration("ACCOIL_CONSUMER_LINGER", config.linger, milliseconds(0), seconds(5));
  // Brokers refuse less than 6 s unless told otherwise.
  config.session_timeout = environment.Duration("ACCOIL_CONSUMER_SESSION_TIMEOUT",
                                                config.session_timeout, seconds(6), seconds(300));
  return config;
}

/// Everything but Start, Stop and Problem runs on the consumer's own thread, librdkafka's rebalance
/// callback among it.
///
/// A partition that is assigned, or whose offset turned out to have been moved by another member,
/// is not placed: its stored offset is read, then it is handed to librdkafka from there. While
/// something is out of reach everything placed is paused, and polling goes on, so that the group
/// keeps this member and revocations are served.
struct Consumer::Implementation final : private RdKafka::RebalanceCb {
  Implementation(ConsumerConfig given, const std::vector<std::string_view>& topic_names,
                 BatchHandler& handler, postgres::Database& database,
                 telemetry::Telemetry& telemetry)
      : config(std::move(given)),
        topics(ToStrings(topic_names)),
        handler(handler),
        database(database),
        logger(telemetry.logger()),
        metrics(telemetry.metrics(), topics),
        offsets(config.kafka.prefix, config.group),
        watch(logger) {}

  void Start() {
    const auto session = config.session_timeout.count();
    const auto conf = MakeConf(config.kafka,
                               {{"client.id", config.group},
                                {"group.id", config.kafka.prefix + config.group},
                                {"session.timeout.ms", std::to_string(session)},
                                {"heartbeat.interval.ms", std::to_string(session / 5)},
                                {"partition.assignment.strategy", "cooperative-sticky"},
                                {"enable.auto.commit", "false"},
                                {"enable.auto.offset.store", "false"},
                                // An offset that is gone is noticed here, see StartOver.
                                {"auto.offset.reset", "error"},
                                {"fetch.wait.max.ms", "100"},
                                // Bounds what each partition keeps in memory ahead of its batches.
                                {"queued.max.messages.kbytes", "4096"},
                                {"queued.min.messages", "10000"}},
                               watch);
    SetOrThrow(*conf, "rebalance_cb", static_cast<RdKafka::RebalanceCb*>(this));
    std::string problem_text;
    kafka.reset(RdKafka::KafkaConsumer::create(conf.get(), problem_text));
    if (!kafka) throw std::invalid_argument("cannot make a Kafka consumer: " + problem_text);
    std::vector<std::string> subscription;
    for (const auto& topic : topics) subscription.push_back(FullName(topic));
    if (const auto error = kafka->subscribe(subscription); error != RdKafka::ERR_NO_ERROR) {
      throw std::runtime_error("cannot subscribe: " + RdKafka::err2str(error));
    }
    thread = std::thread([this] { Run(); });
  }

  void Stop() {
    stopping = true;
    if (thread.joinable()) thread.join();
  }

  void Run() {
    while (!stopping) {
      if (Clock::now() < retry_at) {
        Receive(kPoll);
      } else {
        try {
          if (reread.exchange(false)) Displace(assignment.Placed());
          if (!assignment.Unplaced().empty()) Place();
          if (assignment.records().empty()) Gather();
          Apply();
          Resume();
        } catch (const std::exception& error) {
          Block(error.what());
        }
      }
      Report();
    }
    AwaitFirstAssignment();
    CommitToKafka();
    kafka->close();
  }

  /// librdkafka before 2.3 aborts the process when a consumer is closed between joining its group
  /// and its first assignment (https://github.com/confluentinc/librdkafka/issues/4312), so it is
  /// served until it has one. While no broker can be reached it does not join either.
  void AwaitFirstAssignment() {
    constexpr std::chrono::seconds kPatience(10);
    const auto give_up = Clock::now() + kPatience;
    while (!was_assigned && !watch.Problem() && Clock::now() < give_up) Receive(kPoll);
  }

  /// Fills a batch: waits for the first record, then for more until it is full or time is up.
  void Gather() {
    Receive(kPoll);
    if (assignment.records().empty()) return;
    const auto until = Clock::now() + config.linger;
    const auto full = static_cast<std::size_t>(config.batch_size);
    while (assignment.records().size() < full && !stopping) {
      const auto left = until - Clock::now();
      if (left <= Clock::duration::zero()) break;
      Receive(std::chrono::ceil<milliseconds>(left));
    }
  }

  /// Serves librdkafka for at most `patience`: one record, or callbacks.
  void Receive(milliseconds patience) {
    const std::unique_ptr<RdKafka::Message> message(
        kafka->consume(static_cast<int>(patience.count())));
    switch (message->err()) {
      case RdKafka::ERR_NO_ERROR:
        if (!assignment.Take(ReadRecord(*message, config.kafka.prefix))) {
          Recheck({PlainName(message->topic_name()), message->partition()}, message->offset());
        }
        return;
      case RdKafka::ERR__TIMED_OUT:
        return;
      case RdKafka::ERR__AUTO_OFFSET_RESET:
        StartOver({PlainName(message->topic_name()), message->partition()}, message->errstr());
        return;
      default:
        logger.Warn("Kafka error", {{"topic", message->topic_name()},
                                    {"partition", message->partition()},
                                    {"problem", message->errstr()}});
    }
  }

  /// Applies what was gathered. Throws when something is out of reach; the records stay.
  void Apply() {
    if (assignment.records().empty()) return;
    std::size_t committed = 0;
    try {
      ApplyInHalves(
          assignment.records(),
          [this](std::span<const Record> records, const Batch& batch,
                 const std::vector<Rejected>& rejected) { Commit(records, batch, rejected); },
          committed);
      assignment.DropFirst(committed);
    } catch (const PartitionsLost& lost) {
      assignment.DropFirst(committed);
      metrics.LostRace();
      for (const auto& partition : lost.partitions()) {
        logger.Warn("another member has moved the offset of a partition; its batch is thrown away",
                    {{"topic", partition.topic}, {"partition", partition.number}});
      }
      Displace(lost.partitions());
    } catch (const std::exception&) {
      assignment.DropFirst(committed);
      throw;
    }
  }

  /// One transaction: offsets, what the handler does, dead letters.
  void Commit(std::span<const Record> records, const Batch& batch,
              const std::vector<Rejected>& rejected) {
    const auto began = Clock::now();
    const auto advances = assignment.AdvancesOf(records);
    database.Transact([&](postgres::Transaction& tx) {
      // First, since it locks the offsets: a member that lost the race does no work.
      if (auto lost = offsets.Move(tx, advances); !lost.empty()) {
        throw PartitionsLost(std::move(lost));
      }
      if (!batch.empty()) handler.Apply(tx, batch);
      std::vector<OutgoingRecord> letters;
      for (const auto& one : rejected) {
        letters.push_back(ToDeadLetter(one, config.group, core::SystemClock().Now()));
      }
      Enqueue(tx, letters);
    });
    assignment.Moved(advances);
    metrics.BatchApplied(Clock::now() - began);
    for (const auto& record : records) metrics.RecordApplied(record.topic);
    TellSteps(records);
    for (const auto& [record, reason] : rejected) {
      metrics.DeadLetter(record->topic);
      logger.Warn("a record went to dead-letter", {{"topic", record->topic},
                                                   {"partition", record->partition},
                                                   {"offset", record->offset},
                                                   {"reason", reason}});
    }
  }

  /// One line for each trace that had records in the batch.
  void TellSteps(std::span<const Record> records) const {
    struct Applied {
      std::int64_t records = 0;
      std::string_view topic;
    };
    std::map<std::string_view, Applied> traces;
    for (const auto& record : records) {
      const auto header = record.headers.find("traceparent");
      if (header == record.headers.end()) continue;
      auto& applied = traces[header->second];
      ++applied.records;
      applied.topic = record.topic;
    }
    for (const auto& [traceparent, applied] : traces) {
      const telemetry::TraceScope scope(telemetry::ParseTraceparent(traceparent));
      logger.Step("events were applied", {{"records", applied.records}, {"topic", applied.topic}});
    }
  }

  /// Has fetching begin at the stored offsets of all that is not placed.
  void Place() {
    const auto unplaced = assignment.Unplaced();
    const auto stored =
        database.Transact([&](postgres::Transaction& tx) { return offsets.Read(tx, unplaced); });
    TopicPartitions places;
    for (const auto& partition : unplaced) {
      const auto found = stored.find(partition);
      const auto offset = found == stored.end() ? std::nullopt : std::optional(found->second);
      // By number also where nothing is stored: a place that librdkafka has to ask for is one more
      // that it may mix up. Where the log begins later, StartOver finds that.
      places.Add(FullName(partition.topic), partition.number, offset.value_or(0));
      assignment.Place(partition, offset);
    }
    Assign(places);
  }

  void Assign(TopicPartitions& places) {
    Check("assign", kafka->incremental_assign(places.list()));
    // A pause outlives an assignment. Only what is paused may be resumed: resuming moves where
    // librdkafka fetches (https://github.com/confluentinc/librdkafka/issues/4637).
    TopicPartitions outlived;
    for (const auto* place : places.list()) {
      if (paused.erase({PlainName(place->topic()), place->partition()}) > 0) {
        outlived.Add(place->topic(), place->partition());
      }
    }
    if (!outlived.empty()) kafka->resume(outlived.list());
  }

  /// Stops fetching partitions whose place is unknown; they are placed again on the next round.
  void Displace(const std::vector<Partition>& partitions) {
    TopicPartitions places;
    for (const auto& partition : partitions) {
      places.Add(FullName(partition.topic), partition.number);
      assignment.Displace(partition);
    }
    Check("unassign", kafka->incremental_unassign(places.list()));
  }

  /// Reads again from the stored offset, for librdkafka may have left records out: where it fetches
  /// is changed by the pauses of a rebalance, not always to where it was
  /// (https://github.com/confluentinc/librdkafka/issues/4686 and 1720).
  void Recheck(const Partition& partition, std::int64_t came) {
    logger.Info("records before this one are missing, or were removed by compaction: looking again",
                {{"topic", partition.topic}, {"partition", partition.number}, {"offset", came}});
    Displace({partition});
  }

  /// The offset does not exist: the topic was made anew, or its records went by age.
  void StartOver(const Partition& partition, const std::string& reason) {
    const auto placed = assignment.Placed();
    if (!std::binary_search(placed.begin(), placed.end(), partition)) return;
    logger.Warn("the offset to go on from is gone; reading starts over at the earliest record",
                {{"topic", partition.topic}, {"partition", partition.number}, {"reason", reason}});
    TopicPartitions place;
    place.Add(FullName(partition.topic), partition.number, RdKafka::Topic::OFFSET_BEGINNING);
    Check("unassign", kafka->incremental_unassign(place.list()));
    assignment.PlaceAtStart(partition);
    Assign(place);
  }

  /// Waits a growing while before the next try.
  void Block(const std::string& reason) {
    ++failures;
    const auto rest = backoff.Delay(failures, random);
    retry_at = Clock::now() + rest;
    SetProblem(reason);
    logger.Warn("cannot apply events now", {{"problem", reason}, {"retry_in_ms", rest.count()}});
    auto places = PlacedPartitions();
    kafka->pause(places->list());
    for (auto& partition : assignment.Placed()) paused.insert(std::move(partition));
  }

  void Resume() {
    // The rebalance callback may have blocked just now.
    if (failures == 0 || Clock::now() < retry_at) return;
    failures = 0;
    SetProblem(std::nullopt);
    logger.Info("events are applied again");
    assignment.Distrust();
    auto places = PlacedPartitions();
    kafka->resume(places->list());
    for (const auto& partition : assignment.Placed()) paused.erase(partition);
  }

  void rebalance_cb(RdKafka::KafkaConsumer*, RdKafka::ErrorCode error,
                    std::vector<RdKafka::TopicPartition*>& partitions) override {
    assignment.Distrust();
    // Nothing may be thrown through librdkafka.
    try {
      if (error == RdKafka::ERR__ASSIGN_PARTITIONS) {
        Assigned(partitions);
      } else if (error == RdKafka::ERR__REVOKE_PARTITIONS) {
        Revoked(partitions);
      } else {
        logger.Warn("rebalance failed", {{"problem", RdKafka::err2str(error)}});
        assignment.ReleaseAll();
        kafka->unassign();
      }
    } catch (const std::exception& failure) {
      Block(failure.what());
    }
  }

  void Assigned(const std::vector<RdKafka::TopicPartition*>& partitions) {
    was_assigned = true;
    for (const auto* partition : partitions) {
      assignment.Hold({PlainName(partition->topic()), partition->partition()});
    }
    logger.Info("partitions assigned", {{"count", partitions.size()}});
    try {
      if (Clock::now() >= retry_at) {
        Place();
        return;
      }
    } catch (const core::Unavailable& unavailable) {
      Block(unavailable.what());
    }
    // The group must not wait for our database: the assignment is accepted, fetching comes later.
    TopicPartitions none;
    Assign(none);
  }

  void Revoked(const std::vector<RdKafka::TopicPartition*>& partitions) {
    logger.Info("partitions revoked",
                {{"count", partitions.size()}, {"lost", kafka->assignment_lost()}});
    const auto placed = assignment.Placed();
    TopicPartitions places;
    for (const auto* revoked : partitions) {
      const Partition partition{PlainName(revoked->topic()), revoked->partition()};
      if (std::binary_search(placed.begin(), placed.end(), partition)) {
        places.Add(revoked->topic(), revoked->partition());
      }
      assignment.Release(partition);
    }
    Check("unassign", kafka->incremental_unassign(places.list()));
  }

  /// What is due once a second: Kafka's own offsets, lag, a sign of life.
  void Report() {
    if (Clock::now() < next_report) return;
    next_report = Clock::now() + kBetweenReports;
    CommitToKafka();
    watch.Probe(*kafka);
    std::map<std::string, std::int64_t> lags;
    for (const auto& topic : topics) lags[topic] = 0;
    for (const auto& [partition, applied] : assignment.AppliedOffsets()) {
      std::int64_t low = 0;
      std::int64_t high = 0;
      // As of the last fetch; unknown before the first.
      if (kafka->get_watermark_offsets(FullName(partition.topic), partition.number, &low, &high) ==
              RdKafka::ERR_NO_ERROR &&
          high > applied) {
        lags[partition.topic] += high - applied;
      }
    }
    for (const auto& [topic, lag] : lags) metrics.Lag(topic, lag);
  }

  /// For tools that show lag; nothing here ever reads it.
  void CommitToKafka() {
    auto applied = assignment.AppliedOffsets();
    if (applied.empty() || applied == committed_to_kafka) return;
    TopicPartitions places;
    for (const auto& [partition, offset] : applied) {
      places.Add(FullName(partition.topic), partition.number, offset);
    }
    kafka->commitAsync(places.list());
    committed_to_kafka = std::move(applied);
  }

  std::unique_ptr<TopicPartitions> PlacedPartitions() const {
    auto places = std::make_unique<TopicPartitions>();
    for (const auto& partition : assignment.Placed()) {
      places->Add(FullName(partition.topic), partition.number);
    }
    return places;
  }

  void Check(const char* what, RdKafka::Error* answer) const {
    const std::unique_ptr<RdKafka::Error> error(answer);
    if (error) logger.Warn("Kafka error", {{"what", what}, {"problem", error->str()}});
  }

  std::string FullName(const std::string& topic) const { return config.kafka.prefix + topic; }
  std::string PlainName(const std::string& topic) const {
    return topic.substr(config.kafka.prefix.size());
  }

  void SetProblem(std::optional<std::string> text) {
    const std::lock_guard lock(problem_mutex);
    problem = std::move(text);
  }

  const ConsumerConfig config;
  const std::vector<std::string> topics;
  BatchHandler& handler;
  postgres::Database& database;
  const telemetry::Logger logger;
  ConsumerMetrics metrics;
  const OffsetStore offsets;
  const core::Backoff backoff{milliseconds(200), milliseconds(5'000)};
  const core::RandomSource random = core::SystemRandom();

  Assignment assignment;
  /// Paused at librdkafka, also while they are not ours.
  std::set<Partition> paused;
  bool was_assigned = false;
  std::map<Partition, std::int64_t> committed_to_kafka;
  int failures = 0;
  Clock::time_point retry_at{};
  Clock::time_point next_report{};

  mutable std::mutex problem_mutex;
  std::optional<std::string> problem;

  KafkaWatch watch;
  std::unique_ptr<RdKafka::KafkaConsumer> kafka;
  std::atomic<bool> stopping = false;
  std::atomic<bool> reread = false;
  std::thread thread;
};

Consumer::Consumer(ConsumerConfig config, std::vector<std::string_view> topics,
                   BatchHandler& handler, postgres::Database& database,
                   telemetry::Telemetry& telemetry)
    : implementation_(std::make_unique<Implementation>(std::move(config), topics, handler, database,
                                                       telemetry)) {}

Consumer::~Consumer() { implementation_->Stop(); }

void Consumer::Start() { implementation_->Start(); }
void Consumer::Stop() { implementation_->Stop(); }
void Consumer::Reread() { implementation_->reread = true; }

std::optional<std::string> Consumer::Problem() const {
  {
    const std::lock_guard lock(implementation_->problem_mutex);
    if (implementation_->problem) return implementation_->problem;
  }
  return implementation_->watch.Problem();
}

}  // namespace accoil::events
