#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <vector>

#include "libs/core/clock.h"
#include "libs/http/message.h"
#include "libs/telemetry/log.h"
#include "services/gateway/batch_frame.h"
#include "services/gateway/batch_parser.h"
#include "services/gateway/metrics.h"
#include "services/gateway/route.h"
#include "services/gateway/upstreams.h"
#include "services/gateway/version_source.h"

namespace accoil::gateway {

struct IngestConfig {
  /// How long Kafka may take to acknowledge a batch.
  std::chrono::milliseconds publish_timeout{5'000};
  /// Items of one request.
  std::size_t most_items = 1'000;
};

/// Takes batches of items into Kafka. Any thread.
///
/// 202 {"accepted":N}: Kafka has acknowledged every item. 207 {"accepted":N,"refused":[{"index",
/// "field","problem"}]}: the same of all but those refused. 400: nothing was accepted; lists what
/// was wrong with each, or why the items could not be told apart. 503 with Retry-After: Kafka did
/// not acknowledge all in time; "in_doubt" has the indexes of items that may or may not have
/// arrived, the others ("accepted" of them) have. Sending items again does no harm.
///
/// While Kafka cannot be reached, only a few batches wait for it; more are answered with 503 at
/// once, so that the server's threads are left to other requests.
class Ingest {
 public:
  /// All references outlive it.
  Ingest(EventSink& sink, const core::Clock& clock, IngestConfig config, Metrics& metrics,
         telemetry::Logger logger);

  http::Response Accept(const Call& call);

 private:
  std::vector<std::string_view> Split(const http::Request& request, BatchFormat format);
  /// Sends the batch's items and answers what became of them.
  http::Response Publish(const Call& call, const ParsedBatch& batch);
  /// Answers the indexes (of the batch) of items that were not acknowledged.
  std::vector<std::size_t> Send(const ParsedBatch& batch);

  EventSink& sink_;
  const core::Clock& clock_;
  const IngestConfig config_;
  Metrics& metrics_;
  telemetry::Logger logger_;
  VersionSource versions_;
  std::atomic<int> waiting_for_kafka_ = 0;
};

}  // namespace accoil::gateway
