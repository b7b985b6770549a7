#include "services/gateway/metrics.h"

#include <string>

namespace accoil::gateway {
namespace {

constexpr std::array kFaults{Fault::kMalformed, Fault::kUnknownField, Fault::kMissingField,
                             Fault::kWrongType, Fault::kInvalidValue};
constexpr std::array<const char*, 5> kAuthentications{"cached", "cached_unknown", "known",
                                                      "unknown", "unavailable"};

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
                                     telemetry::DurationBounds())) {
  for (const auto type : kItemTypes) {
    accepted_.push_back(metrics.MakeCounter("accoil_gateway_items_accepted_total",
                                            "Items that Kafka acknowledged, by type",
                                            {{"type", std::string(NameOf(type))}}));
  }
  std::vector<std::string> types;
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

}  // namespace accoil::gateway
