// API keys over gRPC on a real PostgreSQL.

#include "tests/integration/connections_world.h"

namespace accoil::connections {
namespace {

using test::Stub;
using test::World;
using namespace std::chrono_literals;

v1::AuthenticateApiKeyResponse Authenticate(World& world, const std::string& api_key) {
  v1::AuthenticateApiKeyRequest request;
  request.set_api_key(api_key);
  return world.Call(&Stub::AuthenticateApiKey, request);
}

v1::ListApiKeysResponse List(World& world, core::ProductId product) {
  v1::ListApiKeysRequest request;
  request.set_product_id(product.value());
  return world.Call(&Stub::ListApiKeys, request);
}

v1::ApiKey Revoke(World& world, core::ProductId product, std::int64_t api_key_id) {
  v1::RevokeApiKeyRequest request;
  request.set_product_id(product.value());
  request.set_api_key_id(api_key_id);
  return world.Call(&Stub::RevokeApiKey, request);
}

}  // namespace

TEST_CASE("connections: an API key is known by what was shown once, and only its digest is kept") {
  World world;
  const auto product = world.MakeProduct();
  v1::CreateApiKeyRequest create;
  create.set_product_id(product.value());
  create.set_label("pipeline");
  create.add_scopes(v1::INGEST);
  create.add_scopes(v1::READ);
  const auto created = world.Call(&Stub::CreateApiKey, create);
  const auto known = Authenticate(world, created.api_key());
  CHECK(known.api_key_id() == created.api_key_id());
  CHECK(known.product_id() == product.value());
  REQUIRE(known.scopes_size() == 2);
  CHECK(known.scopes(0) == v1::INGEST);
  CHECK(world.RowsWith(created.api_key()) == 0);

  for (const auto& wrong : {std::string(), std::string("ak_"), "ak_" + std::string(43, 'x'),
                            created.api_key() + "x", std::string("' OR 1=1 --")}) {
    CHECK_THROWS_AS(Authenticate(world, wrong), core::Unauthenticated);
  }
  create.set_product_id(999);
  CHECK_THROWS_AS(world.Call(&Stub::CreateApiKey, create), core::NotFound);
}

TEST_CASE("connections: a product's keys are listed, the newest first, without the keys") {
  World world;
  const auto product = world.MakeProduct();
  const auto first = world.MakeKey(product, "first");
  const auto second = world.MakeKey(product, "second");
  world.MakeKey(world.MakeProduct("Other"), "other");
  const auto list = List(world, product);
  REQUIRE(list.api_keys_size() == 2);
  CHECK(list.api_keys(0).label() == "second");
  CHECK(list.api_keys(0).api_key_id() == second.api_key_id());
  CHECK(list.api_keys(1).label() == "first");
  CHECK(list.api_keys(1).scopes(0) == v1::ADMIN);
  CHECK(list.api_keys(1).created_at().seconds() > 1'700'000'000);
  CHECK_FALSE(list.api_keys(1).has_last_used_at());
  CHECK_FALSE(list.api_keys(1).has_revoked_at());
  CHECK(list.SerializeAsString().find(first.api_key().substr(3)) == std::string::npos);
  CHECK_THROWS_AS(List(world, core::ProductId(999)), core::NotFound);
}

TEST_CASE("connections: a revoked key no longer authenticates, and stays in the list") {
  World world;
  const auto product = world.MakeProduct();
  const auto other = world.MakeProduct("Other");
  const auto key = world.MakeKey(product);
  const auto staying = world.MakeKey(product);
  CHECK_THROWS_AS(Revoke(world, other, key.api_key_id()), core::NotFound);
  CHECK_THROWS_AS(Revoke(world, product, 999), core::NotFound);
  Authenticate(world, key.api_key());

  const auto revoked = Revoke(world, product, key.api_key_id());
  CHECK(revoked.has_revoked_at());
  CHECK_THROWS_AS(Authenticate(world, key.api_key()), core::Unauthenticated);
  CHECK(Authenticate(world, staying.api_key()).api_key_id() == staying.api_key_id());
  world.clock.Advance(1h);
  CHECK(Revoke(world, product, key.api_key_id()).revoked_at().seconds() ==
        revoked.revoked_at().seconds());
  CHECK(List(world, product).api_keys_size() == 2);
}

TEST_CASE("connections: a key's last use is noted to the minute, with one write a minute") {
  World world;
  const auto product = world.MakeProduct();
  const auto key = world.MakeKey(product);
  // The row's place in its table changes with every write.
  const auto place = [&] { return world.postgres.Text("SELECT ctid::text FROM api_key"); };
  const auto unused = place();
  Authenticate(world, key.api_key());
  const auto used = List(world, product).api_keys(0).last_used_at();
  CHECK(used.seconds() % 60 == 0);
  CHECK(used.nanos() == 0);
  CHECK(place() != unused);

  // However the minutes fall: of 50 uses at most one is in another minute than the first.
  std::set<std::string> places{place()};
  for (int use = 0; use < 50; ++use) {
    Authenticate(world, key.api_key());
    places.insert(place());
  }
  CHECK(places.size() <= 2);
  world.clock.Advance(2min);
  Authenticate(world, key.api_key());
  CHECK(List(world, product).api_keys(0).last_used_at().seconds() >= used.seconds() + 120);
}

}  // namespace accoil::connections
