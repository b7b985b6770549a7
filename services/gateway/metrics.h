#pragma once

#include <array>
#include <chrono>
#include <string_view>
#include <vector>

#include "libs/telemetry/telemetry.h"
#include "services/gateway/item.h"

namespace accoil::gateway {

/// How an API key was recognised, or not.
enum class Authentication {
  /// From the cache, as a known key.
  kCached,
  /// From the cache, as nobody's.
  kCachedUnknown,
  kKnown,
  kUnknown,
  /// connections did not answer.
  kUnavailable,
};

/// The gateway's metrics, behind methods that say what happened. Requests and their durations are
/// counted by http::Server. Any thread.
class Metrics {
 public:
  /// `metrics` outlives it.
  explicit Metrics(telemetry::Metrics& metrics);

  /// Kafka acknowledged an item.
  void ItemAccepted(ItemType type);
  void ItemRefused(const ItemProblem& problem);
  /// A batch as a whole was refused: its items could not be told apart.
  void BatchRefused();
  /// Kafka did not acknowledge items of a batch in time.
  void ItemsInDoubt(std::size_t items);
  /// A batch was not sent because Kafka cannot be reached and others wait for it.
  void BatchTurnedAway();
  /// How long Kafka took for a batch.
  void Published(std::chrono::nanoseconds duration);
  void Authenticated(Authentication how);

 private:
  std::vector<telemetry::Counter> accepted_;
  std::vector<telemetry::Counter> refused_;
  telemetry::Counter batches_refused_;
  telemetry::Counter batches_turned_away_;
  telemetry::Counter in_doubt_;
  telemetry::Histogram publish_;
  std::vector<telemetry::Counter> authentications_;
};

}  // namespace accoil::gateway
