#pragma once

#include <cstddef>
#include <string>

#include "libs/core/environment.h"
#include "libs/events/consumer.h"
#include "libs/postgres/database.h"
#include "libs/rpc/server.h"
#include "services/widget/links.h"

namespace accoil::widget {

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
  /// ACCOIL_POSTGRES_*; the schema is widget.
  postgres::DatabaseConfig database;
  /// ACCOIL_KAFKA_*, ACCOIL_CONSUMER_*; the group is widget.
  events::ConsumerConfig consumer;
  /// ACCOIL_USER_LINK, ACCOIL_ACCOUNT_LINK (empty): where "Open in Accoil" leads, with the
  /// placeholders {product}, {profile} and {id}; without one there is no link.
  LinkTemplates links;

  /// ACCOIL_CACHE_BYTES (128 MiB): memory for facts that canvases show, so that they need not be
  /// read from the database each time; 0: none is kept. 100,000 users take about 50 MB.
  std::size_t cache_bytes = std::size_t{128} << 20;

  /// Prints one line for each unset or malformed variable and exits with status 2.
  static Config FromEnvironment();
  /// As FromEnvironment, but leaves the problems in `environment`.
  static Config Read(core::Environment& environment);
};

}  // namespace accoil::widget
