#include "services/gateway/webhook_handlers.h"

#include <nlohmann/json.hpp>

#include "libs/core/errors.h"
#include "libs/events/event.h"
#include "services/gateway/enum_json.h"
#include "services/gateway/json_message.h"
#include "services/gateway/waiting.h"

namespace accoil::gateway {
namespace {

http::Response Taken() { return JsonResponse(200, nlohmann::ordered_json::object()); }

}  // namespace

WebhookHandlers::WebhookHandlers(AppSecrets& app_secrets, EventSink& sink, const core::Clock& clock,
                                 WebhookConfig config, Metrics& metrics, telemetry::Logger logger)
    : signers_(app_secrets),
      sink_(sink),
      clock_(clock),
      config_(config),
      metrics_(metrics),
      logger_(std::move(logger)) {}

http::Response WebhookHandlers::Exists() const { return {}; }

http::Response WebhookHandlers::Receive(const Call& call) {
  const auto& request = call.request;
  // The notice that an app was uninstalled is signed as canvas requests are.
  const auto form = request.Header(HeaderOf(SignatureForm::kHub)).empty() &&
                            !request.Header(HeaderOf(SignatureForm::kBody)).empty()
                        ? SignatureForm::kBody
                        : SignatureForm::kHub;
  if (request.Header(HeaderOf(form)).empty()) {
    metrics_.WebhookRefused(WebhookRefusal::kUnsigned);
    return RefuseUnsigned(form);
  }
  const auto signer = signers_.Find(request, form);
  if (!signer) {
    metrics_.WebhookRefused(WebhookRefusal::kWrongSignature);
    return RefuseWrongSignature(form);
  }
  if (auto refusal = CheckMediaType(request, {"application/json"}).refusal) {
    metrics_.WebhookRefused(WebhookRefusal::kMalformed);
    return *std::move(refusal);
  }
  Webhook webhook;
  try {
    webhook = ReadWebhook(request.body, clock_.Now());
  } catch (const core::InvalidArgument& error) {
    metrics_.WebhookRefused(WebhookRefusal::kMalformed);
    logger_.Warn("a signed notification cannot be read", {{"error", error.what()}});
    throw;
  }
  // A ping may come without a workspace.
  if (!webhook.workspace_id.empty() && !signer->MaySpeakOf(webhook.workspace_id)) {
    // The same answer as above: the owner of one app finds out nothing about other workspaces.
    metrics_.WebhookRefused(WebhookRefusal::kWrongSignature);
    return RefuseWrongSignature(form);
  }
  return Take(webhook);
}

http::Response WebhookHandlers::Take(const Webhook& webhook) {
  switch (webhook.fate) {
    case Webhook::Fate::kEvent:
      return Publish(webhook.event);
    case Webhook::Fate::kPing:
      metrics_.WebhookTaken("ping");
      return Taken();
    case Webhook::Fate::kOtherTopic:
      metrics_.WebhookTaken("other");
      return Taken();
    case Webhook::Fate::kNamesNothing:
      // Refusing it would bring it again, and in the end cost the subscription.
      metrics_.WebhookTaken("names_nothing");
      logger_.Warn(
          "a notification names no contact or company",
          {{"workspace_id", webhook.workspace_id}, {"kind", EnumToJson(webhook.event.kind())}});
      return Taken();
  }
  return Taken();
}

http::Response WebhookHandlers::Publish(const events::v1::IntercomWebhook& event) {
  const Waiting waiting(waiting_for_kafka_);
  if (waiting.place() > kMostWaitingForKafka && sink_.Problem()) {
    return Unacknowledged("Kafka cannot be reached");
  }
  const std::vector records{events::ToRecord(event)};
  const auto failures = sink_.Publish(records, config_.publish_timeout);
  if (!failures.empty()) return Unacknowledged(failures.front().problem);
  metrics_.WebhookTaken(EnumToJson(event.kind()));
  return Taken();
}

http::Response WebhookHandlers::Unacknowledged(const std::string& problem) {
  metrics_.WebhookUnacknowledged();
  logger_.Warn("a notification is not in Kafka", {{"error", problem}});
  auto response = http::Problem(503, "the notification could not be kept now; send it again");
  response.headers["Retry-After"] = "60";
  return response;
}

}  // namespace accoil::gateway
