// What an installation that was there before OAuth finds after the upgrade.

#include "libs/events/consumer.h"
#include "services/connections/store.h"
#include "tests/catch.h"
#include "tests/integration/postgres_fixture.h"

namespace accoil::connections {

TEST_CASE("connections: connections that stood before OAuth came stand afterwards") {
  test::PostgresFixture postgres;
  auto before = Migrations();
  before.erase(before.begin() + 1, before.end());
  postgres.Open({events::Migrations(), before});
  postgres.Run("INSERT INTO product (name) VALUES ('First'), ('Second')");
  postgres.Run(R"sql(
    INSERT INTO connection (product_id, workspace_id, workspace_name, region, base_url, token,
                            token_key_id, state, attribute_prefix, match_by_external_id, version)
    SELECT product_id, 'ws', 'Workspace', 'US', 'http://intercom.test', 'sealed', 'k1', product_id,
           'Accoil', false, 1700000000123456
    FROM product
  )sql");
  postgres.Run(
      "INSERT INTO api_key (product_id, label, scopes, digest) VALUES (1, 'key', '{3}', 'digest')");

  const auto database = postgres.Open({events::Migrations(), Migrations()});
  const Store store;
  database->Transact([&](postgres::Transaction& tx) {
    const auto connected = store.FindConnection(tx, core::ProductId(1));
    REQUIRE(connected);
    CHECK(connected->connection.state() == events::v1::CONNECTED);
    CHECK(connected->connection.origin() == v1::ACCESS_TOKEN);
    CHECK(connected->connection.connected_at().seconds() == 1'700'000'000);
    REQUIRE(connected->token);
    CHECK(connected->token->bytes == "sealed");
    CHECK_FALSE(connected->client_secret);
    const auto disconnected = store.FindConnection(tx, core::ProductId(2));
    REQUIRE(disconnected);
    CHECK(disconnected->connection.state() == events::v1::DISCONNECTED);
    CHECK_FALSE(disconnected->token);
    const auto keys = store.ListApiKeys(tx, core::ProductId(1), 10);
    REQUIRE(keys.size() == 1);
    CHECK_FALSE(keys[0].has_last_used_at());
    CHECK_FALSE(keys[0].has_revoked_at());
  });
}

}  // namespace accoil::connections
