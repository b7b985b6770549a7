#pragma once

#include <string>
#include <vector>

#include "libs/core/environment.h"
#include "libs/events/consumer.h"
#include "libs/intercom/client.h"
#include "libs/postgres/database.h"
#include "libs/rpc/server.h"
#include "services/connections/call_budget.h"
#include "services/connections/disconnects.h"
#include "services/connections/oauth.h"
#include "services/connections/secret_cipher.h"

namespace accoil::connections {

/// Every setting of the service, read once at the start.
struct Config {
  /// ACCOIL_LOG_LEVEL (info): debug, info, warn or error.
  std::string log_level;
  /// ACCOIL_ADMIN_ADDRESS: where /metrics, /healthz and /readyz are served.
  core::HostPort admin;
  /// core::DrainTimeFromEnvironment.
  std::chrono::milliseconds drain{};
  /// ACCOIL_GRPC_ADDRESS.
  rpc::ServerConfig rpc;
  /// ACCOIL_POSTGRES_*; the schema is connections.
  postgres::DatabaseConfig database;
  /// ACCOIL_KAFKA_*, ACCOIL_CONSUMER_*; the group is connections.
  events::ConsumerConfig consumer;
  /// ACCOIL_INTERCOM_TIMEOUT.
  intercom::Transport::Config intercom;
  /// ACCOIL_INTERCOM_BASE_URL: where every workspace is found, whatever its region; empty means the
  /// region's own address. For tests and proxies.
  std::string intercom_base_url;
  /// ACCOIL_INTERCOM_CLIENT_ID, ACCOIL_INTERCOM_CLIENT_SECRET (both or neither): the suite's own
  /// app at Intercom, by which products connect with OAuth; without it they connect by access
  /// tokens alone. The secret also signs the app's webhooks and canvas requests.
  /// ACCOIL_INTERCOM_AUTHORIZE_URL (https://app.intercom.com/oauth): Intercom's page that asks for
  /// consent.
  /// ACCOIL_PUBLIC_URL (required with a client id): where browsers reach the gateway; that and
  /// /intercom/oauth/callback has to be a redirect URL of the app.
  OAuth::Settings oauth;
  /// ACCOIL_DISCONNECT_PATIENCE (15min): how long attributes are archived before a disconnect is
  /// ended without.
  Disconnects::Settings disconnects;
  /// ACCOIL_ENCRYPTION_KEYS: "id:base64 of 32 bytes[,…]"; the first encrypts tokens and client
  /// secrets, all decrypt.
  /// To replace a key, put a new one before it and leave the old one until no row names it.
  std::vector<EncryptionKey> encryption_keys;
  /// ACCOIL_API_KEY_SECRET: base64 of at least 32 bytes. Changing it voids every API key.
  std::string api_key_secret;
  /// ACCOIL_BUDGET_WINDOW (10s, whole seconds): how long Intercom's rate-limit windows are.
  /// ACCOIL_BUDGET_GUARD (250ms): how far the database's clock may be from Intercom's without one
  /// refused call. ACCOIL_BUDGET_LONGEST_LEASE (3s): how long granted calls may wait to be sent.
  /// ACCOIL_BUDGET_CALL_TIMEOUT (12s): above the callers' ACCOIL_INTERCOM_TIMEOUT; when a caller
  /// died, its calls count against the limit for this long.
  BudgetSettings budget;

  /// Prints one line for each unset or malformed variable and exits with status 2.
  static Config FromEnvironment();
  /// As FromEnvironment, but leaves the problems in `environment`.
  static Config Read(core::Environment& environment);
};

}  // namespace accoil::connections
