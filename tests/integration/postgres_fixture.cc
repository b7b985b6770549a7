#include "tests/integration/postgres_fixture.h"

#include <boost/uuid/uuid_generators.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <cstdlib>

namespace accoil::test {
namespace {

constexpr const char* kPassword = "only-for-tests";

std::string Url() {
  const char* url = std::getenv("ACCOIL_TEST_POSTGRES_URL");
  if (url == nullptr) {
    throw std::runtime_error(
        "ACCOIL_TEST_POSTGRES_URL is not set: a superuser's postgresql://role@host:port/database");
  }
  return url;
}

/// The same place for another role.
std::string WithRole(const std::string& url, const std::string& role) {
  const auto begin = url.find("://") + 3;
  const auto path = url.find('/', begin);
  const auto at = url.find('@', begin);
  const auto host = at != std::string::npos && at < path ? at + 1 : begin;
  return url.substr(0, begin) + role + ":" + kPassword + "@" + url.substr(host);
}

std::string UniqueName() {
  auto name = "test_" + boost::uuids::to_string(boost::uuids::random_generator()()).substr(0, 13);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace

PostgresFixture::PostgresFixture() {
  const auto url = Url();
  config_.schema = UniqueName();
  config_.url = WithRole(url, config_.schema);
  config_.pool_size = 4;
  config_.pool_timeout = std::chrono::seconds(2);
  config_.startup_timeout = std::chrono::seconds(5);

  auto superuser = config_;
  superuser.url = url;
  superuser_ = std::make_unique<postgres::Database>(
      superuser, std::vector<std::vector<postgres::Migration>>{}, telemetry_);
  // The bookkeeping that the line above has made is the superuser's; the role makes its own.
  Run("DROP TABLE schema_migration");
  Run("CREATE ROLE " + config_.schema + " LOGIN PASSWORD '" + kPassword + "'");
  Run("ALTER SCHEMA " + config_.schema + " OWNER TO " + config_.schema);
}

PostgresFixture::~PostgresFixture() {
  GoAway();
  Run("DROP SCHEMA " + config_.schema + " CASCADE");
  Run("DROP ROLE " + config_.schema);
}

std::unique_ptr<postgres::Database> PostgresFixture::Open(
    std::vector<std::vector<postgres::Migration>> migrations) {
  return std::make_unique<postgres::Database>(config_, std::move(migrations), telemetry_);
}

void PostgresFixture::Run(const std::string& sql) {
  superuser_->Transact([&](postgres::Transaction& tx) { tx.ExecuteScript(sql); });
}

std::vector<std::string> PostgresFixture::Texts(const std::string& sql) {
  return superuser_->Transact([&](postgres::Transaction& tx) {
    std::vector<std::string> texts;
    for (const auto& row :
         tx.Execute("SELECT value::text AS value FROM (" + sql + ") AS answer (value)")) {
      texts.push_back(row.Get<std::string>("value"));
    }
    return texts;
  });
}

std::string PostgresFixture::Text(const std::string& sql) {
  const auto texts = Texts(sql);
  if (texts.size() != 1) throw std::logic_error("not exactly one row: " + sql);
  return texts.front();
}

std::int64_t PostgresFixture::Number(const std::string& sql) { return std::stoll(Text(sql)); }

void PostgresFixture::GoAway() {
  Run("ALTER ROLE " + config_.schema + " NOLOGIN");
  Run("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '" +
      config_.schema + "'");
}

void PostgresFixture::ComeBack() { Run("ALTER ROLE " + config_.schema + " LOGIN"); }

}  // namespace accoil::test
