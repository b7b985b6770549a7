// Tokens and client secrets: who gets them, and how they are kept.

#include "services/connections/app_secrets.h"
#include "tests/integration/connections_world.h"

namespace accoil::connections {
namespace {

using test::Stub;
using test::World;
using namespace std::chrono_literals;

}  // namespace

TEST_CASE("connections: the suite's own secret is for all workspaces, others for their own alone") {
  World world;
  const auto product = world.MakeProduct();
  world.Connect(product, "good-1", "theirs");
  world.Connect(world.MakeProduct(), "good-2@ws2", "theirs");
  world.Connect(world.MakeProduct(), "good-3@ws3", "another");
  world.Connect(world.MakeProduct(), "good-4@ws4");
  world.ConnectByOAuth(world.MakeProduct(), "code-5@ws5");
  const auto list = world.Call(&Stub::ListAppSecrets, v1::ListAppSecretsRequest());
  REQUIRE(list.secrets_size() == 3);
  CHECK(list.secrets(0).client_secret() == "own-client-secret");
  CHECK(list.secrets(0).workspace_ids_size() == 0);
  CHECK(list.secrets(1).client_secret() == "another");
  REQUIRE(list.secrets(1).workspace_ids_size() == 1);
  CHECK(list.secrets(1).workspace_ids(0) == "ws3");
  CHECK(list.secrets(2).client_secret() == "theirs");
  REQUIRE(list.secrets(2).workspace_ids_size() == 2);

  // A connection is told anew as a whole: without a secret it has none.
  world.Connect(product, "good-1");
  const auto fewer = world.Call(&Stub::ListAppSecrets, v1::ListAppSecretsRequest());
  REQUIRE(fewer.secrets_size() == 3);
  REQUIRE(fewer.secrets(2).workspace_ids_size() == 1);
  CHECK(fewer.secrets(2).workspace_ids(0) == "ws2");
  CHECK_THROWS_AS(world.Connect(product, "good-1", "with space"), core::InvalidArgument);
}

TEST_CASE("connections: no secret can be read in any row of any table") {
  World world;
  const auto first = world.MakeProduct();
  const auto second = world.MakeProduct();
  world.Connect(first, "good-pasted", "client-secret-of-theirs");
  world.ConnectByOAuth(second, "code-oauth");
  const auto installation = world.FinishConnect("code-store", "").installation();
  const auto state = world.StartConnect(first);
  world.Disconnect(second);
  world.FinishDisconnect(second, world.Last(second).version());
  CHECK(world.postgres.Number("SELECT count(*) FROM uninstall") == 1);
  for (const auto& secret :
       {std::string("good-pasted"), std::string("client-secret-of-theirs"),
        std::string("good-code-oauth"), std::string("good-code-store"), std::string("code-oauth"),
        std::string("own-client-secret"), installation, state}) {
    CAPTURE(secret);
    CHECK(world.RowsWith(secret) == 0);
  }
  // That the search would find something that is there.
  CHECK(world.RowsWith("Workspace") > 0);
}

TEST_CASE("connections: secrets of both sorts move to the current key when they are next used") {
  World world;
  const auto product = world.MakeProduct();
  world.Connect(product, "good", "theirs");
  const SecretCipher rotated({{"k2", std::string(32, 'b')}, {"k1", std::string(32, 'a')}});
  const Tools tools{
      *world.database,          world.store, world.budgets, rotated, world.clock, world.metrics,
      world.telemetry.logger(), [] {}};
  Workspaces with_new_key{tools, {}, ""};
  const auto keys = [&] {
    return world.postgres.Text(
        "SELECT token_key_id || ' ' || client_secret_key_id FROM connection");
  };
  CHECK(with_new_key.Access(product, false).access_token() == "good");
  CHECK(keys() == "k2 k1");
  CHECK(ListAppSecrets(tools, "").secrets(0).client_secret() == "theirs");
  CHECK(keys() == "k2 k2");
  const auto row = world.postgres.Text("SELECT ctid::text FROM connection");
  CHECK(with_new_key.Access(product, false).access_token() == "good");
  CHECK(ListAppSecrets(tools, "").secrets(0).client_secret() == "theirs");
  CHECK(world.postgres.Text("SELECT ctid::text FROM connection") == row);

  // Who has only the old key says which one is missing, and goes without the client secret.
  CHECK_THROWS_WITH(world.Access(product), Catch::Contains("k2"));
  const auto list = world.Call(&Stub::ListAppSecrets, v1::ListAppSecretsRequest());
  CHECK(list.secrets_size() == 1);
}

TEST_CASE("connections: a stored secret put into another column or row opens nothing") {
  World world;
  const auto first = world.MakeProduct();
  const auto second = world.MakeProduct();
  world.Connect(first, "good-1", "theirs");
  world.Connect(second, "good-2");
  world.postgres.Run("UPDATE connection SET token = client_secret WHERE client_secret IS NOT NULL");
  CHECK_THROWS_AS(world.Access(first), core::FailedPrecondition);
  world.Connect(first, "good-1", "theirs");
  world.postgres.Run(
      "UPDATE connection c SET token = o.token FROM connection o WHERE "
      "c.product_id <> o.product_id");
  CHECK_THROWS_AS(world.Access(first), core::FailedPrecondition);
  CHECK_THROWS_AS(world.Access(second), core::FailedPrecondition);
}

}  // namespace accoil::connections
