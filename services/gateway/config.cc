#include "services/gateway/config.h"

#include "libs/core/run.h"

namespace accoil::gateway {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

Config Config::FromEnvironment() {
  core::Environment environment;
  auto config = From(environment);
  environment.FinishOrExit();
  return config;
}

Config Config::From(core::Environment& environment) {
  Config config;
  config.log_level =
      environment.Choice("ACCOIL_LOG_LEVEL", "info", {"debug", "info", "warn", "error"});
  config.kafka = events::KafkaConfig::FromEnvironment(environment);

  auto& http = config.http;
  http.address = environment.Address("ACCOIL_HTTP_ADDRESS");
  http.body_limit = static_cast<std::size_t>(
      environment.Integer("ACCOIL_BODY_LIMIT", 1 << 20, 1 << 10, 64 << 20));
  http.request_timeout = environment.Duration("ACCOIL_REQUEST_TIMEOUT", 10s, 100ms, 5min);
  http.header_timeout = http.request_timeout;
  http.idle_timeout = environment.Duration("ACCOIL_IDLE_TIMEOUT", 60s, 100ms, 1h);
  http.connections = static_cast<std::size_t>(
      environment.Integer("ACCOIL_HTTP_CONNECTIONS", 10'000, 1, 1'000'000));
  http.memory_limit = static_cast<std::size_t>(
      environment.Integer("ACCOIL_HTTP_MEMORY", 256 << 20, 1 << 20, std::int64_t{64} << 30));
  http.threads = static_cast<int>(environment.Integer("ACCOIL_HTTP_THREADS", 32, 1, 1024));
  http.queue_limit = static_cast<int>(environment.Integer("ACCOIL_HTTP_QUEUE", 1024, 1, 100'000));
  config.admin_address = environment.Address("ACCOIL_ADMIN_ADDRESS");
  config.drain = core::DrainTimeFromEnvironment(environment);

  constexpr std::size_t kShortestKey = 16;
  config.operator_key = environment.Secret("ACCOIL_OPERATOR_KEY");
  if (!config.operator_key.empty() && config.operator_key.size() < kShortestKey) {
    environment.Complain("ACCOIL_OPERATOR_KEY", "must have at least 16 characters");
  }

  config.ingest.publish_timeout = environment.Duration("ACCOIL_PUBLISH_TIMEOUT", 5s, 100ms, 1min);
  auto& keys = config.api_keys;
  keys.known_for = environment.Duration("ACCOIL_API_KEY_CACHE", 10s, 0ms, 1h);
  keys.unknown_for = environment.Duration("ACCOIL_API_KEY_CACHE_UNKNOWN", 5s, 0ms, 5min);
  keys.capacity = static_cast<std::size_t>(
      environment.Integer("ACCOIL_API_KEY_CACHE_SIZE", 10'000, 1, 1'000'000));
  config.rate.rate =
      static_cast<double>(environment.Integer("ACCOIL_API_KEY_RATE", 100, 1, 1'000'000));
  config.rate.burst =
      static_cast<double>(environment.Integer("ACCOIL_API_KEY_BURST", 200, 1, 1'000'000));

  config.upstreams.connections =
      rpc::Target::FromEnvironment(environment, "ACCOIL_CONNECTIONS_ADDRESS");
  config.upstreams.matcher = rpc::Target::FromEnvironment(environment, "ACCOIL_MATCHER_ADDRESS");
  config.upstreams.trait_sync =
      rpc::Target::FromEnvironment(environment, "ACCOIL_TRAIT_SYNC_ADDRESS");
  config.upstreams.widget = rpc::Target::FromEnvironment(environment, "ACCOIL_WIDGET_ADDRESS");
  config.upstreams.tagging = rpc::Target::FromEnvironment(environment, "ACCOIL_TAGGING_ADDRESS");
  config.canvas.timeout = environment.Duration("ACCOIL_CANVAS_TIMEOUT", 2500ms, 50ms, 9s);
  config.rpc.ordinary = environment.Duration("ACCOIL_RPC_TIMEOUT", 3s, 50ms, 1min);
  config.rpc.connect = environment.Duration("ACCOIL_CONNECT_TIMEOUT", 15s, 1s, 1min);
  config.rpc.whole_product = environment.Duration("ACCOIL_WHOLE_PRODUCT_TIMEOUT", 30s, 1s, 10min);
  return config;
}

}  // namespace accoil::gateway
