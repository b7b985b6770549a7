#pragma once

#include <chrono>
#include <string>

#include "libs/core/environment.h"
#include "libs/events/consumer.h"
#include "libs/intercom/client.h"
#include "libs/postgres/database.h"
#include "libs/rpc/server.h"
#include "services/trait-sync/wanted_attributes.h"

namespace accoil::traitsync {

/// How deliveries are made.
struct DeliveryConfig {
  /// ACCOIL_TRAIT_WINDOW: changes of a subject within this time after the first go together in one
  /// call. Longer saves calls, shorter shows changes sooner.
  std::chrono::milliseconds window{2'000};
  /// ACCOIL_DELIVERY_DISPATCHERS: how many products are worked on at a time. More keep slow
  /// workspaces from holding up others.
  int dispatchers = 4;
  /// ACCOIL_DELIVERY_CONCURRENCY: calls under way at a time, for each dispatcher.
  int concurrency = 16;
  /// ACCOIL_DELIVERY_CLAIM: how long a claimed delivery or clean-up belongs to its worker; a dead
  /// worker's come due again after it. At least three times ACCOIL_INTERCOM_TIMEOUT.
  std::chrono::milliseconds claim{60'000};
  /// ACCOIL_SWEEP_INTERVAL: how often every subject is looked at again, and a value or definition
  /// that Intercom refused is tried again.
  std::chrono::milliseconds sweep_interval{std::chrono::hours(24)};
  /// ACCOIL_ARCHIVE_RETRY: how often an attribute that Intercom would not archive, because
  /// something in the workspace depends on it, is tried again.
  std::chrono::milliseconds archive_retry{std::chrono::hours(24)};
  /// ACCOIL_WAITING_TOO_LONG: a delivery that is due longer than this is told as a problem.
  std::chrono::milliseconds waiting_too_long{std::chrono::minutes(10)};
  /// ACCOIL_ATTRIBUTE_TEXT_LIMIT, ACCOIL_ATTRIBUTE_NAME_LIMIT: characters that Intercom takes in a
  /// text value and in the name of an attribute.
  AttributeLimits limits;
};

/// Everything that may be set.
struct Config {
  /// ACCOIL_LOG_LEVEL: debug, info, warn or error.
  std::string log_level;
  /// ACCOIL_ADMIN_ADDRESS: where /metrics, /healthz and /readyz listen.
  core::HostPort admin;
  /// core::DrainTimeFromEnvironment.
  std::chrono::milliseconds drain{};
  /// ACCOIL_CONNECTIONS_ADDRESS: where connections answers.
  rpc::Target connections;
  /// ACCOIL_MATCHER_ADDRESS: where matcher answers.
  rpc::Target matcher;
  rpc::ServerConfig rpc;
  postgres::DatabaseConfig database;
  events::ConsumerConfig consumer;
  intercom::Transport::Config intercom;
  DeliveryConfig delivery;

  /// Prints what is unset or malformed and exits with status 2.
  static Config FromEnvironment();
  /// Reads the settings; what is unset or malformed is left in the environment's problems.
  static Config Read(core::Environment& environment);
};

}  // namespace accoil::traitsync
