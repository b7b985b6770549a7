#pragma once

#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "libs/core/clock.h"
#include "libs/events/event.h"

namespace accoil::postgres {
class Transaction;
}

namespace accoil::events {

/// An event with what its record said of it.
template <typename Message>
struct Received {
  Message event;
  std::string key;
  /// W3C trace context of its cause; empty when it had none.
  std::string traceparent;
  /// When it was written to Kafka.
  core::TimePoint published_at;
};

/// The events of one polled batch, by type: each key once, the one with the highest version, in key
/// order, so that a batched statement touches a row once and rows in the same order everywhere.
class Batch {
 public:
  template <typename Message>
  std::span<const Received<Message>> Of() const {
    return std::get<std::vector<Received<Message>>>(events_);
  }
  template <typename Message>
  void Add(Received<Message> received) {
    std::get<std::vector<Received<Message>>>(events_).push_back(std::move(received));
  }
  /// Brings the events into the promised form; called once, after the last Add.
  void Seal();
  bool empty() const;

 private:
  std::tuple<std::vector<Received<v1::SubjectIdentified>>, std::vector<Received<v1::TraitChanged>>,
             std::vector<Received<v1::SegmentEntered>>, std::vector<Received<v1::SegmentExited>>,
             std::vector<Received<v1::UserMatched>>, std::vector<Received<v1::ProfileChanged>>,
             std::vector<Received<v1::ConnectionChanged>>,
             std::vector<Received<v1::IntercomWebhook>>, std::vector<Received<v1::TagApplied>>>
      events_;
};

/// What a service does with its events.
class BatchHandler {
 public:
  virtual ~BatchHandler() = default;
  /// Applies a batch inside the transaction that also advances the partitions' offsets. Runs on the
  /// consumer's thread and may be called again with the same events (the transaction was rolled
  /// back) or with part of them: when it throws what is the records' fault, the batch is halved
  /// until the record that cannot be applied stands alone; that one goes to dead-letter. Not their
  /// fault are core::Unavailable and DeadlineExceeded, and an SqlError for a condition of the
  /// database (no disk, a statement's time-out, a missing table or right): then the same batch is
  /// tried again, with growing pauses, until it succeeds.
  virtual void Apply(postgres::Transaction& tx, const Batch& batch) = 0;
};

}  // namespace accoil::events
