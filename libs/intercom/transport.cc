#include "libs/http/client.h"
#include "libs/intercom/client.h"

namespace accoil::intercom {
namespace {

using std::chrono::seconds;

/// The label of the metric: few values, whatever Intercom answers.
std::string OutcomeLabel(const http::Reply& reply) {
  switch (reply.result) {
    case http::Reply::Result::kNotSent:
      return "not_sent";
    case http::Reply::Result::kUnknown:
      return "no_answer";
    case http::Reply::Result::kAnswered:
      break;
  }
  if (reply.status == 401 || reply.status == 404 || reply.status == 429) {
    return std::to_string(reply.status);
  }
  return std::to_string(reply.status / 100) + "xx";
}

}  // namespace

Transport::Config Transport::Config::FromEnvironment(core::Environment& environment) {
  Config config;
  config.timeout =
      environment.Duration("ACCOIL_INTERCOM_TIMEOUT", seconds(10), seconds(1), seconds(60));
  return config;
}

struct Transport::Implementation {
  Implementation(Config settings, telemetry::Telemetry& telemetry)
      : config(settings), telemetry(telemetry) {}

  http::Client& ClientFor(const std::string& base_url) {
    const std::lock_guard lock(mutex);
    auto& client = clients[base_url];
    if (!client) {
      client = std::make_unique<http::Client>(
          http::ClientConfig{.base_url = base_url, .timeout = config.timeout});
    }
    return *client;
  }

  void Ended(const char* endpoint, const http::Reply& reply, std::chrono::duration<double> took) {
    telemetry.logger().Step(
        "Intercom was called",
        {{"endpoint", endpoint}, {"outcome", OutcomeLabel(reply)}, {"ms", 1000 * took.count()}});
    telemetry.metrics()
        .MakeCounter("accoil_intercom_calls_total", "Calls to Intercom by endpoint and outcome.",
                     {{"endpoint", endpoint}, {"outcome", OutcomeLabel(reply)}})
        .Increment();
    telemetry.metrics()
        .MakeHistogram("accoil_intercom_call_duration_seconds",
                       "From sending a call to Intercom to having its answer.",
                       telemetry::DurationBounds(), {{"endpoint", endpoint}})
        .Observe(took.count());
  }

  const Config config;
  telemetry::Telemetry& telemetry;
  std::mutex mutex;
  // A handful: Intercom has three regions.
  std::map<std::string, std::unique_ptr<http::Client>> clients;
};

Transport::Transport(Config config, telemetry::Telemetry& telemetry)
    : implementation_(std::make_unique<Implementation>(config, telemetry)) {}

Transport::~Transport() = default;

std::chrono::milliseconds Transport::timeout() const { return implementation_->config.timeout; }

http::Reply Transport::Send(const std::string& base_url, const std::string& token,
                            const Call& call) {
  http::Headers headers{{"Accept", "application/json"},
                        {"Intercom-Version", "2.14"},
                        {"User-Agent", "accoil-intercom/" ACCOIL_VERSION}};
  if (!token.empty()) headers["Authorization"] = "Bearer " + token;
  if (!call.body.empty()) headers["Content-Type"] = call.content_type;
  const auto began = std::chrono::steady_clock::now();
  auto reply =
      implementation_->ClientFor(base_url).Send(call.method, call.path, headers, call.body);
  implementation_->Ended(call.endpoint, reply, std::chrono::steady_clock::now() - began);
  return reply;
}

}  // namespace accoil::intercom
