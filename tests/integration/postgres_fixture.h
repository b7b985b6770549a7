#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libs/postgres/database.h"
#include "libs/telemetry/telemetry.h"

namespace accoil::test {

/// A schema of its own in the PostgreSQL of ACCOIL_TEST_POSTGRES_URL (a superuser's), and a role
/// that owns it, as a service has them. Both go when it goes, so let it outlive every Database.
///
///   PostgresFixture postgres;
///   auto database = postgres.Open({events::Migrations(), matcher::Migrations()});
///   matcher::Store store{*database};
///   CHECK(postgres.Number("SELECT count(*) FROM subject") == 3);
class PostgresFixture {
 public:
  PostgresFixture();
  ~PostgresFixture();
  PostgresFixture(const PostgresFixture&) = delete;
  PostgresFixture& operator=(const PostgresFixture&) = delete;

  /// How the role reaches the schema; timeouts are short.
  const postgres::DatabaseConfig& config() const { return config_; }
  /// A pool of the role's, with the schema migrated. May be called again, for another replica.
  std::unique_ptr<postgres::Database> Open(
      std::vector<std::vector<postgres::Migration>> migrations);

  /// Runs a statement in the schema, as superuser, also while the role is away.
  void Run(const std::string& sql);
  /// The only value of the only row.
  std::int64_t Number(const std::string& sql);
  std::string Text(const std::string& sql);
  /// The first column of all rows.
  std::vector<std::string> Texts(const std::string& sql);

  /// Takes the database away from the role: its sessions are ended, new ones refused.
  void GoAway();
  void ComeBack();

  /// Telemetry that logs nothing, for whatever needs one.
  telemetry::Telemetry& telemetry() { return telemetry_; }

 private:
  telemetry::Telemetry telemetry_{"test", "off"};
  postgres::DatabaseConfig config_;
  std::unique_ptr<postgres::Database> superuser_;
};

}  // namespace accoil::test
