#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "accoil/events/v1/events.pb.h"
#include "libs/telemetry/telemetry.h"

namespace accoil::load {

/// Where rows are written with nothing but an upsert, and how many in a transaction.
struct UpsertPlan {
  /// postgresql://role:password@host:port/database
  std::string url;
  /// A schema in which the role may make the table bare_trait, which has the columns and the key of
  /// the services' own.
  std::string schema;
  int batch = 500;
};

struct UpsertResult {
  std::chrono::duration<double> took{};
  /// What the server's process for the connection has spent; 0 when it is on another machine.
  std::chrono::duration<double> server_processor{};
};

/// Writes the changes by one connection, a statement and a transaction for each batch.
UpsertResult UpsertBare(const UpsertPlan& plan,
                        const std::vector<events::v1::TraitChanged>& changes,
                        telemetry::Telemetry& telemetry);

}  // namespace accoil::load
