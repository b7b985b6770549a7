#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "libs/core/environment.h"
#include "libs/events/kafka_config.h"
#include "libs/http/server.h"
#include "services/gateway/api_keys.h"
#include "services/gateway/canvas_handlers.h"
#include "services/gateway/grpc_upstreams.h"
#include "services/gateway/ingest.h"
#include "services/gateway/rate_limiter.h"

namespace accoil::gateway {

/// The gateway's settings, each with its environment variable.
struct Config {
  /// ACCOIL_LOG_LEVEL (info): debug, info, warn or error.
  std::string log_level;
  /// ACCOIL_KAFKA_…: see events::KafkaConfig.
  events::KafkaConfig kafka;
  /// ACCOIL_HTTP_ADDRESS: where the REST API listens.
  /// ACCOIL_BODY_LIMIT (1048576): bytes of a request's body; raise it for items with long texts.
  /// Tagging by hand takes 4 MiB where this is less.
  /// ACCOIL_REQUEST_TIMEOUT (10s): how long a client may take to send a request's headers, and then
  /// its body.
  /// ACCOIL_IDLE_TIMEOUT (60s): how long a connection stays open between two requests; longer than
  /// any proxy before the gateway keeps it.
  /// ACCOIL_HTTP_CONNECTIONS (10000): connections open at once.
  /// ACCOIL_HTTP_MEMORY (268435456): bytes of bodies and answers that all connections hold
  /// together. ACCOIL_HTTP_THREADS (32): requests answered at once; each waits for Kafka or another
  /// service. ACCOIL_HTTP_QUEUE (1024): requests that wait for a thread; more are answered with
  /// 503.
  http::ServerConfig http;
  /// ACCOIL_ADMIN_ADDRESS: where /metrics, /healthz and /readyz listen; for operators alone.
  core::HostPort admin_address;
  /// core::DrainTimeFromEnvironment.
  std::chrono::milliseconds drain{};
  /// ACCOIL_OPERATOR_KEY: the credential that makes products and their first keys, at least 16
  /// characters.
  std::string operator_key;
  /// ACCOIL_PUBLISH_TIMEOUT (5s): how long Kafka may take to acknowledge a batch before it is
  /// answered with 503.
  IngestConfig ingest;
  /// ACCOIL_API_KEY_CACHE (10s): how long a key is believed without asking; one that was revoked
  /// through another replica works for this much longer.
  /// ACCOIL_API_KEY_CACHE_UNKNOWN (5s): how long a key that nobody has is refused without asking; a
  /// key that was guessed before it was made works only after it.
  /// ACCOIL_API_KEY_CACHE_SIZE (10000): keys remembered of each sort.
  ApiKeyCacheConfig api_keys;
  /// ACCOIL_API_KEY_RATE (100): requests a second that one key may send in the long run, the
  /// operator's too; raise it for customers who send small batches often.
  /// ACCOIL_API_KEY_BURST (200): requests that it may send at once after a pause.
  RateLimiterConfig rate;
  /// ACCOIL_CONNECTIONS_ADDRESS, ACCOIL_MATCHER_ADDRESS, ACCOIL_TRAIT_SYNC_ADDRESS,
  /// ACCOIL_WIDGET_ADDRESS, ACCOIL_TAGGING_ADDRESS: the gRPC addresses of the other services.
  UpstreamAddresses upstreams;
  /// ACCOIL_RPC_TIMEOUT (3s): how long another service may take to answer.
  /// ACCOIL_CONNECT_TIMEOUT (15s): the same for joining a workspace, which asks Intercom.
  /// ACCOIL_WHOLE_PRODUCT_TIMEOUT (30s): the same for previews, retries, lists and tagging by hand,
  /// which may look at all subjects of a product.
  RpcTimeouts rpc;
  /// ACCOIL_CANVAS_TIMEOUT (2500ms): how long a canvas may take in all before one that offers
  /// another try is answered; Intercom waits ten seconds.
  CanvasConfig canvas;

  /// Prints every problem on standard error and exits with status 2 if there are any.
  static Config FromEnvironment();
  /// The same, gathering the problems in `environment`.
  static Config From(core::Environment& environment);
};

}  // namespace accoil::gateway
