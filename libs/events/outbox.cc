#include "libs/events/outbox.h"

#include <nlohmann/json.hpp>
#include <set>

#include "libs/core/backoff.h"
#include "libs/events/outbox_order.h"
#include "libs/events/producer.h"
#include "libs/telemetry/trace.h"

namespace accoil::events {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int kBatchSize = 500;
constexpr milliseconds kBetweenLooks{100};
/// How soon another replica takes over when the one that publishes has gone.
constexpr milliseconds kWhileAnotherWorks{500};
/// A little more than the producer's own patience, so that the fate of every record is known.
constexpr milliseconds kPublishTimeout{16'000};
constexpr milliseconds kBetweenCounts{2'000};

/// The traces, and topics, of records that were published.
std::set<std::pair<std::string, std::string>> TracesOf(
    const std::vector<OutgoingRecord>& records, const std::vector<Producer::Failure>& failed) {
  std::set<std::size_t> unpublished;
  for (const auto& failure : failed) unpublished.insert(failure.index);
  std::set<std::pair<std::string, std::string>> traces;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto header = records[i].headers.find("traceparent");
    if (header == records[i].headers.end() || unpublished.contains(i)) continue;
    traces.emplace(header->second, records[i].topic);
  }
  return traces;
}

/// How one look into the outbox ended.
struct Round {
  /// Another replica holds the lock.
  bool elsewhere = false;
  std::size_t read = 0;
  std::size_t done = 0;
  std::string problem;
};

}  // namespace

void Enqueue(postgres::Transaction& tx, const std::vector<OutgoingRecord>& records) {
  if (records.empty()) return;
  std::vector<std::string> topics;
  std::vector<std::string> keys;
  std::vector<std::optional<std::string>> values;
  std::vector<std::string> headers;
  for (const auto& record : records) {
    topics.push_back(record.topic);
    keys.push_back(record.key);
    values.push_back(record.value ? std::optional(postgres::Bytea(*record.value)) : std::nullopt);
    headers.push_back(nlohmann::json(record.headers).dump());
  }
  tx.Execute(R"sql(
    INSERT INTO outbox (topic, key, value, headers)
    SELECT topic, key, value, headers
    FROM unnest($1::text[], $2::text[], $3::bytea[], $4::jsonb[])
      WITH ORDINALITY AS record (topic, key, value, headers, place)
    ORDER BY place
  )sql",
             topics, keys, values, headers);
}

struct OutboxRelay::Implementation {
  Implementation(const KafkaConfig& config, postgres::Database& database,
                 telemetry::Telemetry& telemetry)
      : database(database),
        logger(telemetry.logger()),
        backlog(telemetry.metrics().MakeGauge("accoil_outbox_records",
                                              "Records that wait to be published.")),
        oldest(telemetry.metrics().MakeGauge("accoil_outbox_oldest_seconds",
                                             "How long the oldest of them has waited.")),
        published(telemetry.metrics().MakeCounter("accoil_outbox_published_total",
                                                  "Records published and acknowledged.")),
        producer(config, telemetry),
        loop([this] { return Step(); },
             [this](const std::exception& error) { return Failed(error.what()); }) {}

  milliseconds Step() {
    if (Clock::now() >= next_count) Count();
    const auto round = database.Transact([this](postgres::Transaction& tx) { return Work(tx); });
    published.Increment(static_cast<double>(round.done));
    if (!round.problem.empty()) return Failed(round.problem);
    failures = 0;
    if (round.elsewhere) return kWhileAnotherWorks;
    return round.read == kBatchSize ? milliseconds(0) : kBetweenLooks;
  }

  /// The lock is held while Kafka is waited for, so that no other replica publishes the same.
  Round Work(postgres::Transaction& tx) {
    Round round;
    round.elsewhere = !tx.Execute(R"sql(
      SELECT pg_try_advisory_xact_lock(hashtextextended('accoil outbox ' || current_schema(), 0))
        AS mine
    )sql")
                           .Only()
                           .Get<bool>("mine");
    if (round.elsewhere) return round;

    std::vector<std::int64_t> ids;
    std::vector<OutgoingRecord> records;
    for (const auto& row : tx.Execute("SELECT id, topic, key, value, headers::text AS headers "
                                      "FROM outbox ORDER BY id LIMIT $1::integer",
                                      kBatchSize)) {
      ids.push_back(row.Get<std::int64_t>("id"));
      auto& record = records.emplace_back();
      record.topic = row.Get<std::string>("topic");
      record.key = row.Get<std::string>("key");
      if (!row.IsNull("value")) record.value = row.GetBytes("value");
      record.headers = nlohmann::json::parse(row.Get<std::string>("headers")).get<RecordHeaders>();
    }
    round.read = records.size();
    if (records.empty()) return round;

    const auto failed = producer.Publish(records, kPublishTimeout);
    if (!failed.empty()) {
      round.problem = std::to_string(failed.size()) + " records were not published, the first of " +
                      records[failed.front().index].topic + ": " + failed.front().problem;
    }
    std::vector<std::int64_t> done;
    for (const auto index : DoneWith(records, failed)) done.push_back(ids[index]);
    tx.Execute("DELETE FROM outbox WHERE id = ANY ($1::bigint[])", done);
    tx.AfterCommit([this, traces = TracesOf(records, failed)] {
      for (const auto& [traceparent, topic] : traces) {
        const telemetry::TraceScope scope(telemetry::ParseTraceparent(traceparent));
        logger.Step("an event was published", {{"topic", topic}});
      }
    });
    round.done = done.size();
    return round;
  }

  void Count() {
    next_count = Clock::now() + kBetweenCounts;
    const auto row = database.Transact([](postgres::Transaction& tx) {
      return tx.Execute(
          "SELECT count(*) AS records, "
          "coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS oldest FROM outbox");
    });
    backlog.Set(static_cast<double>(row.Only().Get<std::int64_t>("records")));
    oldest.Set(row.Only().Get<double>("oldest"));
  }

  milliseconds Failed(const std::string& problem) {
    ++failures;
    const auto rest = backoff.Delay(failures, random);
    logger.Warn("outbox cannot be published",
                {{"problem", problem}, {"retry_in_ms", rest.count()}});
    return rest;
  }

  postgres::Database& database;
  const telemetry::Logger logger;
  telemetry::Gauge backlog;
  telemetry::Gauge oldest;
  telemetry::Counter published;
  const core::Backoff backoff{milliseconds(200), milliseconds(5'000)};
  const core::RandomSource random = core::SystemRandom();
  int failures = 0;
  Clock::time_point next_count{};
  Producer producer;
  core::Loop loop;
};

OutboxRelay::OutboxRelay(const KafkaConfig& config, postgres::Database& database,
                         telemetry::Telemetry& telemetry)
    : implementation_(std::make_unique<Implementation>(config, database, telemetry)) {}

OutboxRelay::~OutboxRelay() = default;

void OutboxRelay::Start() { implementation_->loop.Start(); }
void OutboxRelay::Stop() { implementation_->loop.Stop(); }
void OutboxRelay::Wake() { implementation_->loop.Wake(); }

}  // namespace accoil::events
