#include "libs/postgres/database.h"

#include <thread>

#include "tests/catch.h"
#include "tests/integration/postgres_fixture.h"
#include "tests/integration/wait.h"

namespace accoil::postgres {
namespace {

const std::vector<Migration> kMigrations{
    {"0001_thing", "CREATE TABLE thing (id bigint PRIMARY KEY, name text NOT NULL UNIQUE)"}};

std::unique_ptr<Database> Open(test::PostgresFixture& postgres) {
  return postgres.Open({kMigrations});
}

}  // namespace

TEST_CASE("values come back from the database as they went in") {
  test::PostgresFixture postgres;
  const auto database = Open(postgres);
  const auto now = core::FromMicroseconds(1'734'537'430'000'250);
  database->Transact([&](Transaction& tx) {
    const auto result = tx.Execute(
        "SELECT $1::bigint AS i, $2::float8 AS d, $3::bool AS b, $4::text AS t, "
        "$5::timestamptz AS w, $6::text[] AS ts, $7::bigint[] AS ns, $8::text AS missing, "
        "$9::bytea AS bytes",
        std::int64_t{-7}, 0.1, true, "Zoë's \"x\"", now,
        std::vector<std::string>{"a,b", "q\"\\", "", "{}"}, std::vector<std::int64_t>{1, -2},
        std::optional<std::string>(), Bytea(std::string_view("\0\xff!", 3)));
    const auto row = result.Only();
    CHECK(row.Get<std::int64_t>("i") == -7);
    CHECK(row.Get<core::ProductId>("i") == core::ProductId(-7));
    CHECK(row.Get<double>("d") == 0.1);
    CHECK(row.Get<bool>("b"));
    CHECK(row.Get<std::string>("t") == "Zoë's \"x\"");
    CHECK(row.Get<core::TimePoint>("w") == now);
    CHECK(row.Get<std::vector<std::string>>("ts") ==
          std::vector<std::string>{"a,b", "q\"\\", "", "{}"});
    CHECK(row.Get<std::vector<std::int64_t>>("ns") == std::vector<std::int64_t>{1, -2});
    CHECK_FALSE(row.Get<std::optional<std::string>>("missing"));
    CHECK(row.GetBytes("bytes") == std::string("\0\xff!", 3));
    CHECK_THROWS_AS(row.Get<std::string>("missing"), std::logic_error);
    CHECK_THROWS_AS(row.Get<std::string>("no such column"), std::logic_error);
  });
}

TEST_CASE("a row outlives the result that it was taken from") {
  test::PostgresFixture postgres;
  const auto database = Open(postgres);
  const auto row = database->Transact(
      [](Transaction& tx) { return tx.Execute("SELECT 'still here' AS t").Only(); });
  CHECK(row.Get<std::string>("t") == "still here");
}

TEST_CASE("what throws is rolled back, what ends is committed, and only then followed up") {
  test::PostgresFixture postgres;
  const auto database = Open(postgres);
  int followed_up = 0;
  const auto insert = [&](Transaction& tx) {
    tx.Execute("INSERT INTO thing VALUES (1, 'one')");
    tx.AfterCommit([&] { ++followed_up; });
  };
  CHECK_THROWS_AS(database->Transact([&](Transaction& tx) {
    insert(tx);
    throw std::runtime_error("changed my mind");
  }),
                  std::runtime_error);
  CHECK(postgres.Number("SELECT count(*) FROM thing") == 0);
  CHECK(followed_up == 0);
  database->Transact(insert);
  CHECK(postgres.Number("SELECT count(*) FROM thing") == 1);
  CHECK(followed_up == 1);
}

TEST_CASE("a broken constraint says which, and the pool stays usable") {
  test::PostgresFixture postgres;
  const auto database = Open(postgres);
  const auto insert = [](Transaction& tx) { tx.Execute("INSERT INTO thing VALUES (1, 'one')"); };
  database->Transact(insert);
  try {
    database->Transact(insert);
    FAIL("nothing was thrown");
  } catch (const SqlError& error) {
    CHECK(error.unique_violation());
    CHECK(error.bad_data());
  }
  CHECK_FALSE(database->Problem());
}

TEST_CASE("replicas that start together migrate once") {
  test::PostgresFixture postgres;
  std::vector<std::thread> replicas;
  std::atomic<int> opened = 0;
  for (int i = 0; i < 4; ++i) {
    replicas.emplace_back([&] {
      Open(postgres);
      ++opened;
    });
  }
  for (auto& replica : replicas) replica.join();
  CHECK(opened == 4);
  CHECK(postgres.Number("SELECT count(*) FROM schema_migration") == 1);
}

TEST_CASE("a new migration is applied to what is there, and a changed one is refused") {
  test::PostgresFixture postgres;
  Open(postgres);
  auto more = kMigrations;
  more.push_back({"0002_size", "ALTER TABLE thing ADD COLUMN size bigint"});
  postgres.Open({more});
  CHECK(postgres.Number("SELECT count(size) FROM thing") == 0);
  more[0].sql += " -- changed";
  CHECK_THROWS_AS(postgres.Open({more}), std::logic_error);
}

TEST_CASE("a migration that fails leaves nothing behind") {
  test::PostgresFixture postgres;
  auto broken = kMigrations;
  broken.push_back({"0002_broken", "CREATE TABLE half (id bigint); SELECT no_such_function()"});
  CHECK_THROWS_AS(postgres.Open({broken}), SqlError);
  CHECK(postgres.Number("SELECT count(*) FROM pg_tables WHERE tablename = 'half'") == 0);
  Open(postgres);
}

TEST_CASE("transactions that block one another crosswise both end") {
  test::PostgresFixture postgres;
  const auto database = Open(postgres);
  database->Transact(
      [](Transaction& tx) { tx.Execute("INSERT INTO thing VALUES (1, 'one'), (2, 'two')"); });
  std::atomic<int> holding = 0;
  const auto update = [&](int first, int second) {
    database->Transact([&](Transaction& tx) {
      tx.Execute("UPDATE thing SET name = name || '!' WHERE id = $1", first);
      ++holding;
      // Both hold their first row at the first attempt, so that a deadlock is certain.
      test::WaitUntil([&] { return holding >= 2; });
      tx.Execute("UPDATE thing SET name = name || '!' WHERE id = $1", second);
    });
  };
  std::thread one([&] { update(1, 2); });
  std::thread two([&] { update(2, 1); });
  one.join();
  two.join();
  CHECK(postgres.Text("SELECT name FROM thing WHERE id = 1") == "one!!");
  CHECK(postgres.Text("SELECT name FROM thing WHERE id = 2") == "two!!");
}

TEST_CASE("a database that went away is Unavailable and is used again when it is back") {
  test::PostgresFixture postgres;
  const auto database = Open(postgres);
  CHECK_FALSE(database->Problem());
  postgres.GoAway();
  CHECK_THROWS_AS(database->Transact([](Transaction& tx) { tx.Execute("SELECT 1"); }),
                  DatabaseUnavailable);
  CHECK(database->Problem());
  postgres.ComeBack();
  CHECK_FALSE(database->Problem());
}

TEST_CASE("when all connections are taken, one waits, then gives up as Unavailable") {
  test::PostgresFixture postgres;
  auto config = postgres.config();
  config.pool_size = 1;
  config.pool_timeout = std::chrono::milliseconds(50);
  Database database(config, {kMigrations}, postgres.telemetry());
  database.Transact([&](Transaction& tx) {
    tx.Execute("SELECT 1");
    CHECK_THROWS_AS(database.Transact([](Transaction& inner) { inner.Execute("SELECT 1"); }),
                    DatabaseUnavailable);
  });
  CHECK_FALSE(database.Problem());
}

}  // namespace accoil::postgres
