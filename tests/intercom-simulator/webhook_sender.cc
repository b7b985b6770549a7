#include "tests/intercom-simulator/webhook_sender.h"

#include "tests/intercom-simulator/render.h"
#include "tests/intercom-simulator/signature.h"
#include "tests/intercom-simulator/url.h"

namespace accoil::simulator {
namespace {

/// Enough that a receiver which lets some wait does not hold up the rest.
constexpr int kThreads = 4;
constexpr int kMostAttempts = 2;

}  // namespace

void WebhookSender::Start() {
  for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { Run(); });
}

void WebhookSender::Stop() {
  simulation_.webhooks().Close();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void WebhookSender::Run() {
  while (auto delivery = simulation_.webhooks().Take()) {
    const auto settings = simulation_.settings();
    auto sent = Send(std::move(*delivery), settings.webhook_timeout);
    std::optional<WebhookQueue::TimePoint> retry_due;
    if (!sent.Delivered() && sent.delivery.attempt < kMostAttempts) {
      retry_due = std::chrono::steady_clock::now() + settings.webhook_retry;
    }
    simulation_.webhooks().Done(std::move(sent), retry_due);
  }
}

SentDelivery WebhookSender::Send(Delivery delivery, std::chrono::milliseconds timeout) {
  const auto began = std::chrono::steady_clock::now();
  SentDelivery sent;
  sent.time = simulation_.Now();
  if (delivery.attempt == 1) delivery.first_sent_at = Moment{sent.time}.seconds();

  http::Headers headers = {{"Content-Type", "application/json"},
                           {"Accept", "application/json"},
                           {"User-Agent", "intercom-parrot-service-client/1.0"}};
  std::string body;
  if (delivery.kind == Delivery::Kind::kUninstallNotice) {
    body = R"({"app_id":)" + Quoted(delivery.notification.workspace) + "}";
    headers["X-Body-Signature"] = BodySignature(delivery.client_secret, body);
  } else {
    body = NotificationBody(delivery.notification, delivery.attempt, delivery.first_sent_at);
    headers["X-Hub-Signature"] = HubSignature(delivery.client_secret, body);
  }
  try {
    const auto url = SplitUrl(delivery.url);
    const auto reply =
        ClientFor(url.base, timeout)->Send("POST", url.path_and_query, headers, body);
    sent.status = reply.status;
    sent.error = reply.error;
  } catch (const std::exception& error) {
    // A URL that no client can be made for.
    sent.error = error.what();
  }
  sent.delivery = std::move(delivery);
  sent.duration = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - began);
  return sent;
}

std::shared_ptr<http::Client> WebhookSender::ClientFor(const std::string& base_url,
                                                       std::chrono::milliseconds timeout) {
  const std::lock_guard lock(mutex_);
  auto& client = clients_[{base_url, timeout}];
  if (!client) {
    client = std::make_shared<http::Client>(
        http::ClientConfig{.base_url = base_url, .timeout = timeout, .answer_limit = 1 << 20});
  }
  return client;
}

}  // namespace accoil::simulator
