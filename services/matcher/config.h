#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "libs/core/backoff.h"
#include "libs/core/environment.h"
#include "libs/events/consumer.h"
#include "libs/intercom/client.h"
#include "libs/postgres/database.h"
#include "libs/rpc/server.h"

namespace accoil::matcher {

/// How matching works; tests set it directly.
struct MatchingConfig {
  /// A run over all users of a product begins so long after the one before.
  std::chrono::milliseconds interval{std::chrono::hours(6)};
  /// Changed users are looked at once no more came for so long …
  std::chrono::milliseconds quiet{1'000};
  /// … but at the latest so long after the first.
  std::chrono::milliseconds longest{5'000};
  /// Values of one search.
  int search_batch = 100;
  /// For so long after all contacts were read, those that were found need not be asked for.
  std::chrono::milliseconds fresh{std::chrono::minutes(10)};
  /// Details of companies, and long lists of a contact's companies, are read again after so long.
  std::chrono::milliseconds company_age{std::chrono::hours(24)};
  /// A new or changed user whom a search finds no contact for is looked at again after each of
  /// these: a contact that was just created can be missing from search for minutes.
  std::vector<std::chrono::milliseconds> look_again{
      std::chrono::minutes(1), std::chrono::minutes(5), std::chrono::minutes(15)};
  /// So many contacts that a run did not come across are asked for one by one, to learn whether
  /// they are gone; the rest wait for the next run.
  int confirmations = 5'000;
  /// Users, and accounts, that are decided in one transaction.
  int users_per_step = 1'000;
  int accounts_per_step = 500;
  /// Products that one replica works for at the same time.
  int workers = 2;
  /// How often an idle worker looks for work.
  std::chrono::milliseconds poll{200};
  /// A replica that shows no sign of life for so long loses its product to another.
  std::chrono::milliseconds claim{std::chrono::minutes(2)};
  /// How soon work that failed is tried again.
  core::Backoff backoff{.first = std::chrono::seconds(1), .longest = std::chrono::minutes(5)};
};

struct Config {
  std::string log_level;
  postgres::DatabaseConfig database;
  events::ConsumerConfig consumer;
  rpc::ServerConfig rpc;
  core::HostPort admin_address;
  /// core::DrainTimeFromEnvironment.
  std::chrono::milliseconds drain{};
  rpc::Target connections_address;
  intercom::Transport::Config intercom;
  MatchingConfig matching;

  /// Reads the environment; prints what is unset or malformed, one line each, and exits with
  /// status 2 if anything is.
  static Config FromEnvironment();
  /// Reads the settings; what is unset or malformed is left in the environment's problems.
  static Config Read(core::Environment& environment);
};

}  // namespace accoil::matcher
