#include "libs/postgres/database.h"

#include <deque>
#include <pqxx/pqxx>

#include "libs/postgres/pqxx_result.h"
#include "libs/postgres/pqxx_session.h"

namespace accoil::postgres {
namespace {

constexpr int kMostAttempts = 5;

}  // namespace

DatabaseConfig DatabaseConfig::FromEnvironment(core::Environment& environment, std::string schema) {
  using std::chrono::minutes;
  using std::chrono::seconds;
  DatabaseConfig config;
  config.url = environment.Secret("ACCOIL_POSTGRES_URL");
  if (!config.url.empty() && !config.url.starts_with("postgresql://") &&
      !config.url.starts_with("postgres://")) {
    environment.Complain("ACCOIL_POSTGRES_URL",
                         "must be a URL such as postgresql://role:password@host:5432/database");
  }
  config.schema = std::move(schema);
  config.pool_size = static_cast<int>(environment.Integer("ACCOIL_POSTGRES_POOL_SIZE", 8, 2, 200));
  config.pool_timeout =
      environment.Duration("ACCOIL_POSTGRES_POOL_TIMEOUT", seconds(5), seconds(1), minutes(1));
  config.statement_timeout = environment.Duration("ACCOIL_POSTGRES_STATEMENT_TIMEOUT", seconds(30),
                                                  seconds(1), minutes(10));
  return config;
}

/// A connection and the names of what was prepared on it.
struct Connection {
  explicit Connection(const DatabaseConfig& config) : connection(WithDefaults(config.url)) {
    // A transaction must never continue on another session behind our back. libpqxx 7 never does
    // that and has no such method; 6.4 deprecates it without another way.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
    pqxx::nontransaction session(connection);
    session.exec("SET search_path = " + session.quote_name(config.schema));
    session.exec("SET TimeZone = 'UTC'");
    session.exec("SET DateStyle = 'ISO, YMD'");
    session.exec("SET bytea_output = 'hex'");
    session.exec("SET client_min_messages = warning");
    session.exec("SET statement_timeout = " + std::to_string(config.statement_timeout.count()));
    session.exec("SET idle_in_transaction_session_timeout = 60000");
  }

  const std::string& Prepared(std::string_view sql) {
    auto found = names.find(sql);
    if (found == names.end()) {
      // The deque keeps the text that the map's key points to.
      texts.emplace_back(sql);
      found = names.emplace(texts.back(), "s" + std::to_string(names.size())).first;
      connection.prepare(found->second, texts.back());
    }
    return found->second;
  }

  pqxx::connection connection;
  std::deque<std::string> texts;
  std::map<std::string_view, std::string> names;
};

struct Transaction::Implementation {
  Implementation(Connection& connection, pqxx::work& work) : connection(connection), work(work) {}

  Connection& connection;
  pqxx::work& work;
  bool did_something = false;
  std::vector<std::function<void()>> after_commit;
};

namespace {

/// They live as long as the parameters.
std::vector<const char*> ValuesOf(const std::vector<Parameter>& parameters) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const auto& parameter : parameters) {
    values.push_back(parameter.text() ? parameter.text()->c_str() : nullptr);
  }
  return values;
}

}  // namespace

Result Transaction::Run(std::string_view sql, const std::vector<Parameter>& parameters) {
  const auto values = ValuesOf(parameters);
  auto rows = implementation_.work.exec_prepared(implementation_.connection.Prepared(sql),
                                                 pqxx::prepare::make_dynamic_params(values));
  implementation_.did_something = true;
  return Result(std::make_shared<ResultRows>(ResultRows{std::move(rows)}));
}

Result Transaction::ExecuteOnce(const std::string& sql, const std::vector<Parameter>& parameters) {
  const auto values = ValuesOf(parameters);
  auto rows = implementation_.work.exec_params(sql, pqxx::prepare::make_dynamic_params(values));
  implementation_.did_something = true;
  return Result(std::make_shared<ResultRows>(ResultRows{std::move(rows)}));
}

void Transaction::ExecuteScript(const std::string& sql) {
  implementation_.work.exec(sql);
  implementation_.did_something = true;
}

void Transaction::AfterCommit(std::function<void()> work) {
  implementation_.after_commit.push_back(std::move(work));
}

struct Database::Implementation {
  Implementation(DatabaseConfig config, telemetry::Telemetry& telemetry)
      : config(std::move(config)),
        logger(telemetry.logger()),
        in_use(telemetry.metrics().MakeGauge("accoil_postgres_connections_in_use",
                                             "Connections of the pool that run a transaction.")),
        open_idle(telemetry.metrics().MakeGauge("accoil_postgres_connections_idle",
                                                "Open connections of the pool that wait for one.")),
        waiting(telemetry.metrics().MakeGauge("accoil_postgres_waiting",
                                              "Transactions that wait for a connection now.")),
        waits(telemetry.metrics().MakeHistogram(
            "accoil_postgres_wait_seconds",
            "How long a transaction waited for a connection of the pool.",
            telemetry::DurationBounds())),
        waited_in_vain(telemetry.metrics().MakeCounter(
            "accoil_postgres_waits_given_up_total",
            "Transactions that got no connection of the pool in time.")),
        transactions(telemetry.metrics().MakeHistogram(
            "accoil_postgres_transaction_duration_seconds",
            "From taking a connection to the end of the commit.", telemetry::DurationBounds())),
        failures(telemetry.metrics().MakeCounter(
            "accoil_postgres_failures_total",
            "Transactions that ended because the server could not be reached.")),
        repeats(telemetry.metrics().MakeCounter(
            "accoil_postgres_repeats_total",
            "Transactions run again after a deadlock or serialization failure.")) {
    telemetry.metrics()
        .MakeGauge("accoil_postgres_connections_limit",
                   "Connections that the pool may have at most.")
        .Set(this->config.pool_size);
  }

  std::unique_ptr<Connection> Take() {
    const auto began = std::chrono::steady_clock::now();
    std::unique_lock lock(mutex);
    waiting.Add(1);
    const bool room =
        returned.wait_for(lock, config.pool_timeout, [this] { return taken < config.pool_size; });
    waiting.Add(-1);
    waits.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    if (!room) {
      waited_in_vain.Increment();
      throw DatabaseUnavailable("no connection of the pool became free within " +
                                    std::to_string(config.pool_timeout.count()) + "ms",
                                false);
    }
    ++taken;
    in_use.Set(taken);
    if (idle.empty()) return nullptr;
    auto connection = std::move(idle.back());
    idle.pop_back();
    CountIdle();
    return connection;
  }

  void GiveBack(std::unique_ptr<Connection> connection) {
    {
      const std::lock_guard lock(mutex);
      --taken;
      in_use.Set(taken);
      if (connection) idle.push_back(std::move(connection));
      CountIdle();
    }
    returned.notify_one();
  }

  /// All that stood idle is as broken as the one that failed.
  void DropIdle() {
    std::vector<std::unique_ptr<Connection>> dropped;
    const std::lock_guard lock(mutex);
    dropped.swap(idle);
    CountIdle();
  }

  /// With the mutex held.
  void CountIdle() { open_idle.Set(static_cast<double>(idle.size())); }

  DatabaseConfig config;
  telemetry::Logger logger;
  telemetry::Gauge in_use;
  telemetry::Gauge open_idle;
  telemetry::Gauge waiting;
  telemetry::Histogram waits;
  telemetry::Counter waited_in_vain;
  telemetry::Histogram transactions;
  telemetry::Counter failures;
  telemetry::Counter repeats;

  std::mutex mutex;
  std::condition_variable returned;
  std::vector<std::unique_ptr<Connection>> idle;
  int taken = 0;
};

namespace {

/// Takes a connection for its lifetime; Keep gives it back whole, otherwise it is closed.
class Lease {
 public:
  template <typename Pool>
  explicit Lease(Pool& pool)
      : connection_(pool.Take()), give_back_([&pool](std::unique_ptr<Connection> connection) {
          pool.GiveBack(std::move(connection));
        }) {}
  ~Lease() { give_back_(keep_ ? std::move(connection_) : nullptr); }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  bool reused() const { return reused_; }
  Connection& Open(const DatabaseConfig& config) {
    reused_ = connection_ != nullptr;
    if (!connection_) connection_ = std::make_unique<Connection>(config);
    return *connection_;
  }
  void Keep() { keep_ = true; }

 private:
  std::unique_ptr<Connection> connection_;
  std::function<void(std::unique_ptr<Connection>)> give_back_;
  bool reused_ = false;
  bool keep_ = false;
};

}  // namespace

Database::Database(DatabaseConfig config, std::vector<std::vector<Migration>> migrations,
                   telemetry::Telemetry& telemetry)
    : implementation_(std::make_unique<Implementation>(std::move(config), telemetry)) {
  Migrate(migrations);
}

Database::~Database() = default;

void Database::RunTransaction(const std::function<void(Transaction&)>& work) {
  auto& pool = *implementation_;
  const auto began = std::chrono::steady_clock::now();
  for (int attempt = 1;; ++attempt) {
    Lease lease(pool);
    bool committing = false;
    bool did_something = false;
    std::vector<std::function<void()>> after_commit;
    try {
      auto& connection = lease.Open(pool.config);
      pqxx::work session(connection.connection);
      Transaction::Implementation state(connection, session);
      Transaction transaction(state);
      try {
        work(transaction);
      } catch (...) {
        did_something = state.did_something;
        // Rolled back by the session's destructor; a session that can still do that is whole.
        if (connection.connection.is_open()) lease.Keep();
        throw;
      }
      did_something = state.did_something;
      committing = true;
      session.commit();
      lease.Keep();
      after_commit = std::move(state.after_commit);
    } catch (const pqxx::deadlock_detected&) {
      pool.repeats.Increment();
      if (attempt >= kMostAttempts) throw SqlError("deadlock, again and again", "40P01");
      continue;
    } catch (const pqxx::serialization_failure&) {
      pool.repeats.Increment();
      if (attempt >= kMostAttempts)
        throw SqlError("serialization failure, again and again", "40001");
      continue;
    } catch (const pqxx::in_doubt_error& error) {
      pool.failures.Increment();
      throw DatabaseUnavailable(FirstLine(error.what()), true);
    } catch (const pqxx::broken_connection& error) {
      pool.DropIdle();
      if (lease.reused() && !did_something && attempt < kMostAttempts) continue;
      pool.failures.Increment();
      throw DatabaseUnavailable(FirstLine(error.what()), committing);
    } catch (const pqxx::sql_error& error) {
      // Class 57 is the operator's doing: shutdown, crash recovery, not started yet.
      if (error.sqlstate().starts_with("57P")) {
        pool.DropIdle();
        pool.failures.Increment();
        throw DatabaseUnavailable(FirstLine(error.what()), committing);
      }
      throw SqlError(FirstLine(error.what()), error.sqlstate());
    }
    pool.transactions.Observe(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    for (const auto& then : after_commit) then();
    return;
  }
}

std::optional<std::string> Database::Problem() {
  try {
    Transact([](Transaction& tx) { tx.Execute("SELECT 1"); });
    return std::nullopt;
  } catch (const std::exception& error) {
    return error.what();
  }
}

void Database::Migrate(const std::vector<std::vector<Migration>>& migrations) {
  const auto give_up = std::chrono::steady_clock::now() + implementation_->config.startup_timeout;
  const auto& schema = implementation_->config.schema;
  const auto migrate = [&](Transaction& tx) {
    // Replicas that start together queue here; the lock goes with the transaction.
    tx.Execute("SELECT pg_advisory_xact_lock(hashtextextended('accoil migrations ' || $1, 0))",
               schema);
    // CREATE SCHEMA IF NOT EXISTS would ask for a right that the service's role need not have.
    if (tx.Execute("SELECT 1 AS found FROM pg_namespace WHERE nspname = $1", schema).empty()) {
      tx.ExecuteScript("CREATE SCHEMA \"" + schema + "\"");
    }
    tx.ExecuteScript(
        "CREATE TABLE IF NOT EXISTS schema_migration (name text PRIMARY KEY, sql text NOT NULL, "
        "applied_at timestamptz NOT NULL DEFAULT now())");
    std::map<std::string, std::string> applied;
    for (const auto& row : tx.Execute("SELECT name, sql FROM schema_migration")) {
      applied[row.Get<std::string>("name")] = row.Get<std::string>("sql");
    }
    for (const auto& list : migrations) {
      for (const auto& migration : list) {
        const auto found = applied.find(migration.name);
        if (found == applied.end()) {
          tx.ExecuteScript(migration.sql);
          tx.Execute("INSERT INTO schema_migration (name, sql) VALUES ($1, $2)", migration.name,
                     migration.sql);
          implementation_->logger.Info("migrated",
                                       {{"schema", schema}, {"migration", migration.name}});
        } else if (found->second != migration.sql) {
          throw std::logic_error("migration " + migration.name + " of schema " + schema +
                                 " was applied with another text; a migration never changes");
        }
      }
    }
  };
  while (true) {
    try {
      Transact(migrate);
      return;
    } catch (const DatabaseUnavailable& error) {
      if (std::chrono::steady_clock::now() >= give_up) throw;
      implementation_->logger.Warn("waiting for the database", {{"problem", error.what()}});
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
  }
}

}  // namespace accoil::postgres
