#pragma once

#include <chrono>
#include <string>

#include "libs/core/environment.h"
#include "libs/events/consumer.h"
#include "libs/intercom/client.h"
#include "libs/postgres/database.h"
#include "libs/rpc/server.h"

namespace accoil::tagging {

/// How rules are evaluated.
struct RuleConfig {
  /// ACCOIL_FILTER_PATIENCE: how long after a subject has entered a trigger its filter may become
  /// true, since traits and segments come by different topics and in any order.
  std::chrono::milliseconds filter_patience{std::chrono::minutes(1)};
  /// ACCOIL_RULE_CLOCK: how often it is looked for what has become true or false by the passing of
  /// time alone.
  std::chrono::milliseconds clock{std::chrono::minutes(1)};
  /// ACCOIL_PREVIEW_TIME: how long a preview looks at subjects before it answers what it has.
  std::chrono::milliseconds preview_time{std::chrono::seconds(8)};
};

/// How tags get to Intercom.
struct DeliveryConfig {
  /// ACCOIL_TAG_WINDOW: what comes within this time after the first of a workspace and tag goes
  /// along in one call. Longer saves calls, shorter shows tags sooner.
  std::chrono::milliseconds window{1'000};
  /// ACCOIL_TAG_BATCH: contacts or companies a call. Intercom takes 100.
  int batch = 100;
  /// ACCOIL_TAG_WAIT: how long a tag waits for its subject to be matched.
  std::chrono::milliseconds wait{std::chrono::hours(24 * 14)};
  /// ACCOIL_TAG_DISPATCHERS: how many workspaces are worked on at a time.
  int dispatchers = 4;
  /// ACCOIL_TAG_CLAIM: how long a claimed batch belongs to its worker; a dead worker's come due
  /// again after it. At least three times ACCOIL_INTERCOM_TIMEOUT.
  std::chrono::milliseconds claim{60'000};
  /// ACCOIL_TAG_HISTORY: how long the audit is kept.
  std::chrono::milliseconds history{std::chrono::hours(24 * 365)};
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
  rpc::ServerConfig rpc;
  postgres::DatabaseConfig database;
  events::ConsumerConfig consumer;
  intercom::Transport::Config intercom;
  RuleConfig rules;
  DeliveryConfig delivery;

  /// Prints what is unset or malformed and exits with status 2.
  static Config FromEnvironment();
  /// Reads the settings; what is unset or malformed is left in the environment's problems.
  static Config Read(core::Environment& environment);
};

}  // namespace accoil::tagging
