#include "services/gateway/ingest.h"

#include <nlohmann/json.hpp>
#include <string>

#include "libs/core/errors.h"
#include "libs/events/event.h"
#include "libs/telemetry/trace.h"
#include "services/gateway/json_message.h"
#include "services/gateway/waiting.h"

namespace accoil::gateway {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kNdjson = "application/x-ndjson";
constexpr const char* kRetryAfterSeconds = "1";

ordered_json RefusedToJson(const std::vector<Refusal>& refused) {
  auto list = ordered_json::array();
  for (const auto& [index, problem] : refused) {
    list.push_back({{"index", index}, {"field", problem.field}, {"problem", problem.problem}});
  }
  return list;
}

/// "items[3].trait: …", as the list says it too, for people who read the detail alone.
std::string Describe(const Refusal& refusal) {
  const auto& [index, problem] = refusal;
  auto text = "items[" + std::to_string(index) + "]";
  if (!problem.field.empty()) {
    text += (problem.field.front() == '[' ? "" : ".") + problem.field;
  }
  return text + ": " + problem.problem;
}

/// A problem with members of its own, which RFC 9457 calls extensions.
http::Response ProblemWith(int status, const std::string& detail, const ordered_json& members) {
  auto response = http::Problem(status, detail);
  auto body = ordered_json::parse(response.body);
  body.update(members);
  response.body = JsonResponse(status, body).body;
  return response;
}

http::Response AllRefused(const std::vector<Refusal>& refused) {
  const auto count = std::to_string(refused.size());
  return ProblemWith(
      400,
      "none of the " + count + " items can be accepted; the first: " + Describe(refused.front()),
      {{"accepted", 0}, {"refused", RefusedToJson(refused)}});
}

http::Response NotAcknowledged(const std::string& detail, std::size_t accepted,
                               const std::vector<std::size_t>& in_doubt,
                               const std::vector<Refusal>& refused) {
  ordered_json members{{"accepted", accepted}, {"in_doubt", in_doubt}};
  if (!refused.empty()) members["refused"] = RefusedToJson(refused);
  auto response = ProblemWith(503, detail, members);
  response.headers["Retry-After"] = kRetryAfterSeconds;
  return response;
}

}  // namespace

Ingest::Ingest(EventSink& sink, const core::Clock& clock, IngestConfig config, Metrics& metrics,
               telemetry::Logger logger)
    : sink_(sink),
      clock_(clock),
      config_(config),
      metrics_(metrics),
      logger_(std::move(logger)),
      versions_(clock) {}

http::Response Ingest::Accept(const Call& call) {
  auto media_type = CheckMediaType(call.request, {kJson, kNdjson});
  if (media_type.refusal) return *std::move(media_type.refusal);
  const auto raw_items =
      Split(call.request, media_type.type == kJson ? BatchFormat::kJson : BatchFormat::kNdjson);
  const auto first_version = versions_.Take(static_cast<std::int64_t>(raw_items.size()));
  const auto batch = ParseItems(raw_items, call.product, clock_.Now(), first_version);
  for (const auto& refusal : batch.refused) metrics_.ItemRefused(refusal.problem);
  if (batch.items.empty()) return AllRefused(batch.refused);

  return Publish(call, batch);
}

http::Response Ingest::Publish(const Call& call, const ParsedBatch& batch) {
  const Waiting waiting(waiting_for_kafka_);
  if (waiting.place() > kMostWaitingForKafka && sink_.Problem()) {
    metrics_.BatchTurnedAway();
    return NotAcknowledged("Kafka cannot be reached now and nothing was sent; send it again", 0, {},
                           batch.refused);
  }
  const auto in_doubt = Send(batch);
  const auto accepted = batch.items.size() - in_doubt.size();
  if (!in_doubt.empty()) {
    logger_.Warn("Kafka did not acknowledge items in time",
                 {{"product_id", call.product.value()}, {"items", in_doubt.size()}});
    return NotAcknowledged(std::to_string(in_doubt.size()) +
                               " items were not acknowledged in time and may or may not have "
                               "arrived; send them again",
                           accepted, in_doubt, batch.refused);
  }
  logger_.Step("items are in Kafka", {{"product_id", call.product.value()},
                                      {"accepted", accepted},
                                      {"refused", batch.refused.size()}});
  if (batch.refused.empty()) return JsonResponse(202, {{"accepted", accepted}});
  return JsonResponse(207, {{"accepted", accepted}, {"refused", RefusedToJson(batch.refused)}});
}

std::vector<std::string_view> Ingest::Split(const http::Request& request, BatchFormat format) {
  try {
    return SplitBatch(request.body, format, config_.most_items);
  } catch (const core::InvalidArgument&) {
    metrics_.BatchRefused();
    throw;
  }
}

std::vector<std::size_t> Ingest::Send(const ParsedBatch& batch) {
  const telemetry::TraceScope trace(telemetry::TraceForEach(batch.items.size()));
  std::vector<events::OutgoingRecord> records;
  records.reserve(batch.items.size());
  for (const auto& accepted : batch.items) {
    records.push_back(
        std::visit([](const auto& event) { return events::ToRecord(event); }, accepted.item.event));
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto failures = sink_.Publish(records, config_.publish_timeout);
  metrics_.Published(std::chrono::steady_clock::now() - begin);

  std::vector<bool> acknowledged(records.size(), true);
  for (const auto& failure : failures) acknowledged.at(failure.index) = false;
  std::vector<std::size_t> in_doubt;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (acknowledged[i]) {
      metrics_.ItemAccepted(batch.items[i].item.type);
    } else {
      in_doubt.push_back(batch.items[i].index);
    }
  }
  metrics_.ItemsInDoubt(in_doubt.size());
  return in_doubt;
}

}  // namespace accoil::gateway
