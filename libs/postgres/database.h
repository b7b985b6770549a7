#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "libs/core/environment.h"
#include "libs/core/errors.h"
#include "libs/postgres/migrations.h"
#include "libs/postgres/parameter.h"
#include "libs/postgres/result.h"
#include "libs/telemetry/telemetry.h"

/// PostgreSQL through libpqxx. Everything that knows libpqxx is in the .cc files of this library.
namespace accoil::postgres {

struct DatabaseConfig {
  /// postgresql://role:password@host:port/database
  std::string url;
  /// The service's own schema, first and only in the search path.
  std::string schema;
  int pool_size = 8;
  /// How long to wait for a connection of the pool.
  std::chrono::milliseconds pool_timeout{5'000};
  /// The server gives up a statement after this long.
  std::chrono::milliseconds statement_timeout{30'000};
  /// How long Migrate waits for a server that is not there yet.
  std::chrono::milliseconds startup_timeout{60'000};

  /// ACCOIL_POSTGRES_URL (required), ACCOIL_POSTGRES_POOL_SIZE, ACCOIL_POSTGRES_POOL_TIMEOUT,
  /// ACCOIL_POSTGRES_STATEMENT_TIMEOUT.
  static DatabaseConfig FromEnvironment(core::Environment& environment, std::string schema);
};

/// The server refused a statement: a broken constraint, a bad value. `sqlstate` is the five
/// characters of PostgreSQL's appendix A.
class SqlError : public std::runtime_error {
 public:
  SqlError(const std::string& message, std::string sqlstate)
      : std::runtime_error(message), sqlstate_(std::move(sqlstate)) {}
  const std::string& sqlstate() const { return sqlstate_; }
  bool unique_violation() const { return sqlstate_ == "23505"; }
  /// Whether the values given are at fault (classes 22 and 23), so that the same statement will
  /// never succeed.
  bool bad_data() const { return sqlstate_.starts_with("22") || sqlstate_.starts_with("23"); }

 private:
  std::string sqlstate_;
};

/// The server cannot be reached, broke the connection, or the pool is exhausted. When it happens
/// during a commit, whether the commit was done is unknown (in_doubt).
class DatabaseUnavailable : public core::Unavailable {
 public:
  DatabaseUnavailable(const std::string& message, bool in_doubt)
      : core::Unavailable(message), in_doubt_(in_doubt) {}
  bool in_doubt() const { return in_doubt_; }

 private:
  bool in_doubt_;
};

/// A transaction under way, READ COMMITTED. Lives only within Database::Transact and belongs to its
/// thread.
class Transaction {
 public:
  /// Runs a statement with $1, $2, … . Statements are prepared once a connection: give texts that
  /// recur, never one with values pasted in.
  template <typename... Values>
  Result Execute(std::string_view sql, const Values&... values) {
    return Run(sql, {Parameter(values)...});
  }
  /// Runs a statement that does not recur, planned for these parameters and then forgotten.
  Result ExecuteOnce(const std::string& sql, const std::vector<Parameter>& parameters);
  /// Several statements without parameters, not prepared.
  void ExecuteScript(const std::string& sql);
  /// Calls `work` once the transaction has committed, for example to wake a loop.
  void AfterCommit(std::function<void()> work);

 private:
  friend class Database;
  struct Implementation;
  explicit Transaction(Implementation& implementation) : implementation_(implementation) {}
  Result Run(std::string_view sql, const std::vector<Parameter>& parameters);

  Implementation& implementation_;
};

/// A pool of connections to one service's schema. Any thread.
class Database {
 public:
  /// Migrates the schema (see Migrate) with every list in order, libraries' before the service's.
  Database(DatabaseConfig config, std::vector<std::vector<Migration>> migrations,
           telemetry::Telemetry& telemetry);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Runs `work` in a transaction and commits it. What `work` throws rolls back and is thrown on. A
  /// deadlock or serialization failure runs it again, up to five times: `work` must have no other
  /// effects. A connection that turns out broken before the work did anything is replaced.
  template <typename Work>
  auto Transact(Work&& work) {
    using Answer = std::invoke_result_t<Work, Transaction&>;
    if constexpr (std::is_void_v<Answer>) {
      RunTransaction([&](Transaction& tx) { work(tx); });
    } else {
      std::optional<Answer> answer;
      RunTransaction([&](Transaction& tx) { answer.emplace(work(tx)); });
      return std::move(*answer);
    }
  }

  /// Why the database cannot be used now; nothing when it can. For readiness checks.
  std::optional<std::string> Problem();

 private:
  struct Implementation;
  void RunTransaction(const std::function<void(Transaction&)>& work);
  /// Creates the schema if it is missing and applies what has not been applied, one replica at a
  /// time (advisory lock). Refuses a database where an applied migration has another text.
  void Migrate(const std::vector<std::vector<Migration>>& migrations);

  std::unique_ptr<Implementation> implementation_;
};

}  // namespace accoil::postgres
