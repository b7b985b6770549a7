#pragma once

#include <array>
#include <chrono>
#include <map>
#include <string>
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

/// Why a webhook was refused.
enum class WebhookRefusal { kUnsigned, kWrongSignature, kMalformed };

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
  /// A caller sent more requests than its rate allows.
  void OverRate();
  /// A notification of Intercom's was answered with 200. `topic` is one of WebhookKind's names in
  /// lower case, or ping, other or names_nothing.
  void WebhookTaken(const std::string& topic);
  void WebhookRefused(WebhookRefusal reason);
  /// Kafka did not acknowledge a notification in time.
  void WebhookUnacknowledged();
  /// A canvas request was answered. `kind`: initialize or submit; `outcome`: rendered, unavailable,
  /// unsigned, wrong_signature or malformed.
  void CanvasEnded(const std::string& kind, const std::string& outcome,
                   std::chrono::nanoseconds took);
  /// An attempt to connect a workspace by OAuth came to its end. `outcome` is one of
  /// ConnectOutcome's names in lower case, or one of the gateway's own.
  void ConnectEnded(const std::string& outcome);

 private:
  std::vector<telemetry::Counter> accepted_;
  std::vector<telemetry::Counter> refused_;
  telemetry::Counter batches_refused_;
  telemetry::Counter batches_turned_away_;
  telemetry::Counter in_doubt_;
  telemetry::Histogram publish_;
  std::vector<telemetry::Counter> authentications_;
  telemetry::Counter over_rate_;
  std::map<std::string, telemetry::Counter> webhooks_taken_;
  std::vector<telemetry::Counter> webhooks_refused_;
  telemetry::Counter webhooks_unacknowledged_;
  std::map<std::string, telemetry::Counter> connects_;
  std::map<std::pair<std::string, std::string>, telemetry::Counter> canvases_;
  std::map<std::string, telemetry::Histogram> canvas_durations_;
};

}  // namespace accoil::gateway
