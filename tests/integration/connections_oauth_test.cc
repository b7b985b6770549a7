// Connecting by OAuth over gRPC on a real PostgreSQL, with an Intercom that answers as told.

#include <future>

#include "tests/integration/connections_world.h"

namespace accoil::connections {
namespace {

using test::Stub;
using test::World;
using namespace std::chrono_literals;

v1::Connection Claim(World& world, core::ProductId product, const std::string& installation) {
  v1::ClaimInstallationRequest request;
  request.set_product_id(product.value());
  request.set_installation(installation);
  return world.Call(&Stub::ClaimInstallation, request);
}

}  // namespace

TEST_CASE("connections: a product is connected by a state that works once") {
  World world;
  const auto product = world.MakeProduct();
  v1::StartConnectRequest start;
  start.set_product_id(product.value());
  start.set_attribute_prefix("Acme");
  start.set_match_by_external_id(true);
  const auto started = world.Call(&Stub::StartConnect, start);
  const auto url = started.authorize_url();
  CHECK(
      url.starts_with("http://intercom.test/oauth?client_id=the-app&redirect_uri=https%3A%2F%2F"
                      "connect.test%2Fintercom%2Foauth%2Fcallback&state="));
  const auto state = url.substr(url.find("state=") + 6);
  CHECK(state.size() == 43);
  CHECK(world.RowsWith(state) == 0);
  const auto left =
      started.expires_at().seconds() -
      std::chrono::duration_cast<std::chrono::seconds>(world.clock.Now().time_since_epoch())
          .count();
  CHECK(left > 590);
  CHECK(left <= 600);

  const auto finished = world.FinishConnect("code-1", state);
  CHECK(finished.outcome() == v1::CONNECT_DONE);
  CHECK(finished.workspace_name() == "Workspace");
  const auto& connection = finished.connection();
  CHECK(connection.product_id() == product.value());
  CHECK(connection.workspace_id() == "ws1");
  CHECK(connection.region() == "EU");
  CHECK(connection.origin() == v1::OAUTH);
  CHECK(connection.attribute_prefix() == "Acme");
  CHECK(connection.match_by_external_id());
  CHECK(world.Access(product).access_token() == "good-code-1");
  CHECK(world.Last(product).state() == events::v1::CONNECTED);
  CHECK(world.RowsWith("good-code-1") == 0);

  CHECK(world.FinishConnect("code-2", state).outcome() == v1::CONNECT_STATE_USED);
  CHECK(world.Access(product).access_token() == "good-code-1");
}

TEST_CASE("connections: of two callbacks with one state exactly one wins") {
  World world;
  const auto product = world.MakeProduct();
  for (int round = 0; round < 5; ++round) {
    const auto state = world.StartConnect(product);
    std::vector<std::future<v1::ConnectOutcome>> callbacks;
    for (int callback = 0; callback < 4; ++callback) {
      const auto code = "code-" + std::to_string(round) + "-" + std::to_string(callback);
      callbacks.push_back(std::async(std::launch::async, [&world, code, state] {
        return world.FinishConnect(code, state).outcome();
      }));
    }
    int done = 0;
    int used = 0;
    for (auto& callback : callbacks) {
      const auto outcome = callback.get();
      done += outcome == v1::CONNECT_DONE;
      used += outcome == v1::CONNECT_STATE_USED;
    }
    CHECK(done == 1);
    CHECK(used == 3);
  }
  CHECK(world.intercom.exchanged == 5);
}

TEST_CASE("connections: a state dies after ten minutes, and one that is not ours never lived") {
  World world;
  const auto product = world.MakeProduct();
  const auto state = world.StartConnect(product);
  for (const auto& wrong : {std::string("x"), std::string(43, 'A'), std::string(600, 'A'),
                            state.substr(1) + "A", std::string("' OR 1=1 --")}) {
    CHECK(world.FinishConnect("code-1", wrong).outcome() == v1::CONNECT_STATE_UNKNOWN);
  }
  world.clock.Advance(601s);
  CHECK(world.FinishConnect("code-1", state).outcome() == v1::CONNECT_STATE_EXPIRED);
  CHECK(world.intercom.exchanged == 0);
  CHECK_THROWS_AS(world.GetConnection(product), core::NotFound);

  // It is remembered for a day, so that somebody who comes late is told why.
  world.oauth.ForgetOld();
  CHECK(world.FinishConnect("code-1", state).outcome() == v1::CONNECT_STATE_EXPIRED);
  world.clock.Advance(24h);
  world.oauth.ForgetOld();
  CHECK(world.FinishConnect("code-1", state).outcome() == v1::CONNECT_STATE_UNKNOWN);
  CHECK(world.postgres.Number("SELECT count(*) FROM oauth_state") == 0);
}

TEST_CASE("connections: a state dies with the API key that asked for it") {
  World world;
  const auto product = world.MakeProduct();
  const auto key = world.MakeKey(product);
  const auto state = world.StartConnect(product, key.api_key_id());
  const auto another = world.StartConnect(product, world.MakeKey(product).api_key_id());
  v1::RevokeApiKeyRequest revoke;
  revoke.set_product_id(product.value());
  revoke.set_api_key_id(key.api_key_id());
  world.Call(&Stub::RevokeApiKey, revoke);
  CHECK(world.FinishConnect("code-1", state).outcome() == v1::CONNECT_CALLER_REVOKED);
  CHECK(world.intercom.exchanged == 0);
  CHECK(world.FinishConnect("code-1", another).outcome() == v1::CONNECT_DONE);

  const auto foreign = world.MakeKey(world.MakeProduct("Other"));
  CHECK_THROWS_AS(world.StartConnect(product, foreign.api_key_id()), core::InvalidArgument);
}

TEST_CASE("connections: a code that Intercom refuses uses up the state") {
  World world;
  const auto product = world.MakeProduct();
  const auto state = world.StartConnect(product);
  const auto refused = world.FinishConnect("wrong", state);
  CHECK(refused.outcome() == v1::CONNECT_CODE_REFUSED);
  CHECK(refused.detail().find("400") != std::string::npos);
  CHECK(world.FinishConnect("code-1", state).outcome() == v1::CONNECT_STATE_USED);
  for (const auto& code : {std::string(), std::string(513, 'c')}) {
    CHECK(world.FinishConnect(code, world.StartConnect(product)).outcome() ==
          v1::CONNECT_CODE_REFUSED);
  }
  CHECK(world.intercom.exchanged == 1);
}

TEST_CASE("connections: when Intercom cannot be asked the state is given back") {
  World world;
  const auto product = world.MakeProduct();
  const auto state = world.StartConnect(product);
  world.intercom.down = true;
  const auto unavailable = world.FinishConnect("code-1", state);
  CHECK(unavailable.outcome() == v1::CONNECT_INTERCOM_UNAVAILABLE);
  CHECK(unavailable.detail().find("503") != std::string::npos);
  world.intercom.down = false;
  // The token is there, but whose it is cannot be asked: the person may consent once more.
  world.intercom.me_down = true;
  CHECK(world.FinishConnect("code-1", state).outcome() == v1::CONNECT_INTERCOM_UNAVAILABLE);
  CHECK_THROWS_AS(world.GetConnection(product), core::NotFound);
  world.intercom.me_down = false;
  CHECK(world.FinishConnect("code-2", state).outcome() == v1::CONNECT_DONE);
  CHECK(world.FinishConnect("code-3", state).outcome() == v1::CONNECT_STATE_USED);
}

TEST_CASE("connections: what begins in the App Store waits an hour for a product") {
  World world;
  const auto product = world.MakeProduct();
  const auto installed = world.FinishConnect("code-1", "");
  CHECK(installed.outcome() == v1::CONNECT_NEEDS_PRODUCT);
  CHECK(installed.workspace_name() == "Workspace");
  CHECK(installed.installation().size() == 43);
  CHECK(world.RowsWith(installed.installation()) == 0);
  CHECK(world.RowsWith("good-code-1") == 0);
  CHECK_THROWS_AS(Claim(world, product, ""), core::NotFound);
  CHECK_THROWS_AS(Claim(world, product, std::string(43, 'A')), core::NotFound);
  CHECK_THROWS_AS(Claim(world, core::ProductId(999), installed.installation()), core::NotFound);

  const auto connection = Claim(world, product, installed.installation());
  CHECK(connection.workspace_id() == "ws1");
  CHECK(connection.origin() == v1::OAUTH);
  CHECK(connection.attribute_prefix() == "Accoil");
  CHECK(world.Access(product).access_token() == "good-code-1");
  CHECK_THROWS_AS(Claim(world, product, installed.installation()), core::NotFound);

  const auto late = world.FinishConnect("code-2", "");
  world.clock.Advance(3'601s);
  CHECK_THROWS_AS(Claim(world, product, late.installation()), core::NotFound);
  world.oauth.ForgetOld();
  CHECK(world.postgres.Number("SELECT count(*) FROM installation") == 0);
  CHECK(world.Access(product).access_token() == "good-code-1");
}

TEST_CASE("connections: an installation is claimed by one of many who try at once") {
  World world;
  std::vector<core::ProductId> products;
  for (int index = 0; index < 4; ++index) products.push_back(world.MakeProduct());
  const auto installation = world.FinishConnect("code-1", "").installation();
  std::vector<std::future<bool>> claims;
  for (const auto product : products) {
    claims.push_back(std::async(std::launch::async, [&world, product, installation] {
      try {
        Claim(world, product, installation);
        return true;
      } catch (const core::NotFound&) {
        return false;
      }
    }));
  }
  int won = 0;
  for (auto& claim : claims) won += claim.get();
  CHECK(won == 1);
  CHECK(world.postgres.Number("SELECT count(*) FROM connection") == 1);
}

TEST_CASE("connections: reconnecting replaces the token and keeps the settings not given anew") {
  World world;
  const auto product = world.MakeProduct();
  v1::PutConnectionRequest put;
  put.set_product_id(product.value());
  put.set_access_token("good-pasted");
  put.set_client_secret("app-of-theirs");
  put.set_attribute_prefix("Acme");
  put.set_match_by_external_id(true);
  world.Call(&Stub::PutConnection, put);
  const auto before = world.Last(product);

  world.clock.Advance(60s);
  const auto connection = world.ConnectByOAuth(product, "code-1");
  CHECK(connection.origin() == v1::OAUTH);
  CHECK(connection.attribute_prefix() == "Acme");
  CHECK(connection.match_by_external_id());
  CHECK(world.Access(product).access_token() == "good-code-1");
  CHECK(world.Last(product).version() > before.version());
  // The secret of the app that the old token belonged to went with it.
  CHECK(world.postgres.Number("SELECT count(*) FROM connection WHERE client_secret IS NULL") == 1);
}

TEST_CASE("connections: several products may share a workspace, each with a token of its own") {
  World world;
  const auto first = world.MakeProduct("First");
  const auto second = world.MakeProduct("Second");
  world.ConnectByOAuth(first, "code-1");
  world.ConnectByOAuth(second, "code-2");
  CHECK(world.Access(first).workspace_id() == "ws1");
  CHECK(world.Access(second).workspace_id() == "ws1");
  world.Refused("good-code-1");
  CHECK_THROWS_AS(world.Access(first), core::FailedPrecondition);
  CHECK(world.Access(second).access_token() == "good-code-2");
}

TEST_CASE("connections: without an OAuth app there is no OAuth") {
  World world{OAuth::Settings()};
  const auto product = world.MakeProduct();
  CHECK_THROWS_AS(world.StartConnect(product), core::FailedPrecondition);
  CHECK(world.FinishConnect("code-1", std::string(43, 'A')).outcome() ==
        v1::CONNECT_NOT_CONFIGURED);
  CHECK(world.FinishConnect("code-1", "").outcome() == v1::CONNECT_NOT_CONFIGURED);
  CHECK(world.intercom.exchanged == 0);
}

}  // namespace accoil::connections
