#include "services/gateway/metrics.h"

#include <string>

#include "accoil/connections/v1/connections.pb.h"
#include "accoil/events/v1/events.pb.h"
#include "services/gateway/enum_json.h"

namespace accoil::gateway {
namespace {

constexpr std::array kFaults{Fault::kMalformed, Fault::kUnknownField, Fault::kMissingField,
                             Fault::kWrongType, Fault::kInvalidValue};
constexpr std::array<const char*, 5> kAuthentications{"cached", "cached_unknown", "known",
                                                      "unknown", "unavailable"};
constexpr std::array<const char*, 3> kWebhookRefusals{"unsigned", "wrong_signature", "malformed"};
// Besides those that an enum of the contracts names.
constexpr std::array<const char*, 3> kOtherTopics{"ping", "other", "names_nothing"};
constexpr std::array<const char*, 6> kOtherOutcomes{"denied",
                                                    "malformed",
                                                    "failed",
                                                    "installation_claimed",
                                                    "installation_unknown",
                                                    "installation_refused"};

/// The names of an enum's values in lower case, and others.
template <typename Enum, std::size_t kOthers>
std::vector<std::string> NamesOf(const std::array<const char*, kOthers>& others) {
  std::vector<std::string> names(others.begin(), others.end());
  const auto& descriptor = *google::protobuf::GetEnumDescriptor<Enum>();
  for (int i = 0; i < descriptor.value_count(); ++i) {
    names.push_back(EnumToJson(static_cast<Enum>(descriptor.value(i)->number())));
  }
  return names;
}

}  // namespace

Metrics::Metrics(telemetry::Metrics& metrics)
    : batches_refused_(metrics.MakeCounter(
          "accoil_gateway_batches_refused_total",
          "Batches refused as a whole because their items could not be told apart")),
      batches_turned_away_(metrics.MakeCounter(
          "accoil_gateway_batches_turned_away_total",
          "Batches not sent because Kafka cannot be reached and others wait for it already")),
      in_doubt_(metrics.MakeCounter("accoil_gateway_items_in_doubt_total",
                                    "Valid items that Kafka did not acknowledge in time")),
      publish_(metrics.MakeHistogram("accoil_gateway_publish_duration_seconds",
                                     "From handing a batch to Kafka to its last acknowledgement",
                                     telemetry::DurationBounds())),
      over_rate_(metrics.MakeCounter("accoil_gateway_requests_over_rate_total",
                                     "Requests refused because their key had sent too many")),
      webhooks_unacknowledged_(
          metrics.MakeCounter("accoil_gateway_webhooks_unacknowledged_total",
                              "Intercom's notifications that Kafka did not acknowledge in time")) {
  for (const auto type : kItemTypes) {
    accepted_.push_back(metrics.MakeCounter("accoil_gateway_items_accepted_total",
                                            "Items that Kafka acknowledged, by type",
                                            {{"type", std::string(NameOf(type))}}));
  }
  std::vector<std::string> types;
  types.reserve(kItemTypes.size() + 1);
  for (const auto type : kItemTypes) types.emplace_back(NameOf(type));
  types.emplace_back("unknown");
  for (const auto& type : types) {
    for (const auto fault : kFaults) {
      refused_.push_back(metrics.MakeCounter(
          "accoil_gateway_items_refused_total",
          "Items refused, by type (unknown when it cannot be read) and the kind of rule they break",
          {{"type", type}, {"reason", std::string(NameOf(fault))}}));
    }
  }
  for (const auto* how : kAuthentications) {
    authentications_.push_back(
        metrics.MakeCounter("accoil_gateway_authentications_total",
                            "API keys looked at, by how they were recognised", {{"result", how}}));
  }
  for (const auto& topic : NamesOf<events::v1::WebhookKind>(kOtherTopics)) {
    webhooks_taken_.emplace(
        topic, metrics.MakeCounter("accoil_gateway_webhooks_total",
                                   "Intercom's notifications answered with 200, by what they tell",
                                   {{"topic", topic}}));
  }
  for (const auto* reason : kWebhookRefusals) {
    webhooks_refused_.push_back(metrics.MakeCounter("accoil_gateway_webhooks_refused_total",
                                                    "Notifications refused, by what is wrong",
                                                    {{"reason", reason}}));
  }
  for (const auto& outcome : NamesOf<connections::v1::ConnectOutcome>(kOtherOutcomes)) {
    connects_.emplace(outcome,
                      metrics.MakeCounter("accoil_gateway_connects_total",
                                          "Ends of attempts to connect a workspace by OAuth",
                                          {{"outcome", outcome}}));
  }
  for (const std::string kind : {"initialize", "submit"}) {
    for (const std::string outcome :
         {"rendered", "unavailable", "unsigned", "wrong_signature", "malformed"}) {
      canvases_.emplace(std::pair(kind, outcome),
                        metrics.MakeCounter("accoil_gateway_canvases_total",
                                            "Canvas requests of the Inbox, by how they ended",
                                            {{"kind", kind}, {"outcome", outcome}}));
    }
    canvas_durations_.emplace(kind,
                              metrics.MakeHistogram("accoil_gateway_canvas_duration_seconds",
                                                    "From a canvas request to its answer",
                                                    telemetry::DurationBounds(), {{"kind", kind}}));
  }
}

void Metrics::ItemAccepted(ItemType type) {
  accepted_.at(static_cast<std::size_t>(type)).Increment();
}

void Metrics::ItemRefused(const ItemProblem& problem) {
  const auto type =
      problem.type ? static_cast<std::size_t>(*problem.type) : kItemTypes.size();  // unknown: last
  refused_.at(type * kFaults.size() + static_cast<std::size_t>(problem.fault)).Increment();
}

void Metrics::BatchRefused() { batches_refused_.Increment(); }

void Metrics::BatchTurnedAway() { batches_turned_away_.Increment(); }

void Metrics::ItemsInDoubt(std::size_t items) { in_doubt_.Increment(static_cast<double>(items)); }

void Metrics::Published(std::chrono::nanoseconds duration) {
  publish_.Observe(std::chrono::duration<double>(duration).count());
}

void Metrics::Authenticated(Authentication how) {
  authentications_.at(static_cast<std::size_t>(how)).Increment();
}

void Metrics::OverRate() { over_rate_.Increment(); }

void Metrics::WebhookTaken(const std::string& topic) { webhooks_taken_.at(topic).Increment(); }

void Metrics::WebhookRefused(WebhookRefusal reason) {
  webhooks_refused_.at(static_cast<std::size_t>(reason)).Increment();
}

void Metrics::WebhookUnacknowledged() { webhooks_unacknowledged_.Increment(); }

void Metrics::CanvasEnded(const std::string& kind, const std::string& outcome,
                          std::chrono::nanoseconds took) {
  canvases_.at({kind, outcome}).Increment();
  canvas_durations_.at(kind).Observe(std::chrono::duration<double>(took).count());
}

void Metrics::ConnectEnded(const std::string& outcome) { connects_.at(outcome).Increment(); }

}  // namespace accoil::gateway
