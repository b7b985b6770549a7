#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "libs/core/clock.h"
#include "libs/http/message.h"
#include "libs/telemetry/log.h"
#include "services/gateway/metrics.h"
#include "services/gateway/route.h"
#include "services/gateway/signers.h"
#include "services/gateway/upstreams.h"
#include "services/gateway/webhook.h"

namespace accoil::gateway {

struct WebhookConfig {
  /// How long Kafka may take to acknowledge a notification. Intercom waits five seconds in all.
  std::chrono::milliseconds publish_timeout{3'000};
};

/// Takes Intercom's notifications into Kafka. Any thread.
///
/// 200 {}: Kafka has acknowledged it, or it is none that the suite makes use of. 401: not signed by
/// an app that may speak of its workspace; nothing of it was looked at. 400: signed, but no
/// notification. 503: it is not in Kafka, as far as is known; Intercom delivers it again after a
/// minute. Never 410, which would end the subscription, nor 429, which would slow it down.
class WebhookHandlers {
 public:
  /// All references outlive it.
  WebhookHandlers(AppSecrets& app_secrets, EventSink& sink, const core::Clock& clock,
                  WebhookConfig config, Metrics& metrics, telemetry::Logger logger);

  http::Response Receive(const Call& call);
  /// Intercom sends HEAD to see whether the address of a webhook exists.
  http::Response Exists() const;

 private:
  http::Response Take(const Webhook& webhook);
  http::Response Publish(const events::v1::IntercomWebhook& event);
  http::Response Unacknowledged(const std::string& problem);

  Signers signers_;
  EventSink& sink_;
  const core::Clock& clock_;
  const WebhookConfig config_;
  Metrics& metrics_;
  telemetry::Logger logger_;
  std::atomic<int> waiting_for_kafka_ = 0;
};

}  // namespace accoil::gateway
