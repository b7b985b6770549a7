// How connections end: by the product, by patience, by a 401.

#include "tests/integration/connections_world.h"

namespace accoil::connections {
namespace {

using test::Stub;
using test::World;
using namespace std::chrono_literals;

}  // namespace

TEST_CASE("connections: a product disconnects, and its token is forgotten when all is archived") {
  World world;
  const auto product = world.MakeProduct();
  CHECK_THROWS_AS(world.Disconnect(product), core::NotFound);
  CHECK_THROWS_AS(world.Disconnect(core::ProductId(999)), core::NotFound);
  world.Connect(product, "good", "app-of-theirs");
  CHECK(world.Disconnect(product).state() == events::v1::DISCONNECTING);
  const auto disconnecting = world.Last(product);
  CHECK(disconnecting.state() == events::v1::DISCONNECTING);
  CHECK(world.Disconnect(product).state() == events::v1::DISCONNECTING);
  CHECK(world.Last(product).version() == disconnecting.version());

  // The token works for who cleans up, and for nobody else.
  CHECK_THROWS_AS(world.Access(product), core::FailedPrecondition);
  CHECK(world.Access(product, true).access_token() == "good");

  world.FinishDisconnect(product, disconnecting.version() - 1);
  CHECK(world.GetConnection(product).state() == events::v1::DISCONNECTING);
  world.FinishDisconnect(product, disconnecting.version(), "Accoil_Trial_Score:\nused by a view");
  const auto connection = world.GetConnection(product);
  CHECK(connection.state() == events::v1::DISCONNECTED);
  CHECK(connection.state_reason() ==
        "Disconnected by the product. Left in Intercom: Accoil_Trial_Score: used by a view");
  CHECK(world.Last(product).state() == events::v1::DISCONNECTED);
  CHECK(world.Last(product).version() > disconnecting.version());
  CHECK(world.postgres.Number("SELECT count(*) FROM connection WHERE token IS NULL AND "
                              "client_secret IS NULL AND disconnecting_since IS NULL") == 1);
  CHECK_THROWS_AS(world.Access(product, true), core::FailedPrecondition);

  // Again, and too late: nothing.
  const auto published = world.Published<events::v1::ConnectionChanged>().size();
  world.FinishDisconnect(product, disconnecting.version());
  CHECK(world.Disconnect(product).state() == events::v1::DISCONNECTED);
  CHECK(world.Published<events::v1::ConnectionChanged>().size() == published);
  // A pasted token is of an app of the customer's own: not ours to uninstall.
  CHECK(world.uninstalls_due == 0);
}

TEST_CASE("connections: reconnecting ends a disconnect at any time") {
  World world;
  const auto product = world.MakeProduct();
  world.Connect(product, "good");
  world.Disconnect(product);
  const auto disconnecting = world.Last(product);
  CHECK(world.Connect(product, "good").state() == events::v1::CONNECTED);
  CHECK(world.Last(product).version() > disconnecting.version());
  CHECK(world.GetConnection(product).state_reason().empty());
  world.FinishDisconnect(product, disconnecting.version());
  world.clock.Advance(1h);
  world.disconnects.FinishOverdue();
  CHECK(world.Access(product).access_token() == "good");

  world.Disconnect(product);
  world.FinishDisconnect(product, world.Last(product).version());
  CHECK(world.Connect(product, "good-2").state() == events::v1::CONNECTED);
  CHECK(world.Access(product).access_token() == "good-2");
}

TEST_CASE("connections: when archiving does not end, patience ends the disconnect") {
  World world;
  const auto product = world.MakeProduct();
  world.ConnectByOAuth(product, "code-1");
  world.Disconnect(product);
  world.clock.Advance(14min);
  world.disconnects.FinishOverdue();
  CHECK(world.GetConnection(product).state() == events::v1::DISCONNECTING);
  world.clock.Advance(2min);
  world.disconnects.FinishOverdue();
  const auto connection = world.GetConnection(product);
  CHECK(connection.state() == events::v1::DISCONNECTED);
  CHECK(connection.state_reason().find("15 minutes") != std::string::npos);
  CHECK(world.uninstalls_due == 1);
  world.uninstalls.Step();
  CHECK(world.intercom.uninstalled() == std::vector<std::string>{"good-code-1"});
}

TEST_CASE("connections: a 401 ends a disconnect at once") {
  World world;
  const auto product = world.MakeProduct();
  world.Connect(product, "good");
  world.Disconnect(product);
  world.Refused("good");
  const auto connection = world.GetConnection(product);
  CHECK(connection.state() == events::v1::DISCONNECTED);
  CHECK(connection.state_reason().find("401") != std::string::npos);
  CHECK(connection.state_reason().find("being disconnected") != std::string::npos);
  CHECK(world.Last(product).state() == events::v1::DISCONNECTED);
}

TEST_CASE("connections: the app is uninstalled when the last product leaves the workspace") {
  World world;
  const auto first = world.MakeProduct("First");
  const auto second = world.MakeProduct("Second");
  const auto elsewhere = world.MakeProduct("Elsewhere");
  world.ConnectByOAuth(first, "code-1");
  world.ConnectByOAuth(second, "code-2");
  world.ConnectByOAuth(elsewhere, "code-3@ws2");
  const auto leave = [&](core::ProductId product) {
    world.Disconnect(product);
    world.FinishDisconnect(product, world.Last(product).version());
    while (world.uninstalls.Step() == 0ms) {
    }
  };
  leave(first);
  CHECK(world.intercom.uninstalled().empty());
  CHECK(world.GetConnection(first).state() == events::v1::DISCONNECTED);
  leave(second);
  CHECK(world.intercom.uninstalled() == std::vector<std::string>{"good-code-2"});
  CHECK(world.postgres.Number("SELECT count(*) FROM uninstall") == 0);
  CHECK(world.Access(elsewhere).access_token() == "good-code-3@ws2");
}

TEST_CASE("connections: an uninstall that fails is tried again, given up, and keeps nothing") {
  World world;
  const auto product = world.MakeProduct();
  world.ConnectByOAuth(product, "code-1");
  world.intercom.down = true;
  world.Disconnect(product);
  world.FinishDisconnect(product, world.Last(product).version());
  CHECK(world.GetConnection(product).state() == events::v1::DISCONNECTED);
  CHECK(world.uninstalls.Step() == 0ms);
  CHECK(world.uninstalls.Step() > 0ms);
  CHECK(world.RowsWith("good-code-1") == 0);
  int tries = 1;
  while (world.postgres.Number("SELECT count(*) FROM uninstall") > 0 && tries < 20) {
    world.clock.Advance(1min);
    CHECK(world.uninstalls.Step() == 0ms);
    ++tries;
  }
  CHECK(tries == 8);
  CHECK(world.intercom.uninstalled().empty());
}

TEST_CASE("connections: a product that comes back at once is not uninstalled under its feet") {
  World world;
  const auto product = world.MakeProduct();
  world.ConnectByOAuth(product, "code-1");
  world.Disconnect(product);
  world.FinishDisconnect(product, world.Last(product).version());
  SECTION("connected again") { world.ConnectByOAuth(product, "code-2"); }
  SECTION("installed again from the App Store, not yet claimed") {
    CHECK(world.FinishConnect("code-2", "").outcome() == v1::CONNECT_NEEDS_PRODUCT);
  }
  world.uninstalls.Step();
  CHECK(world.intercom.uninstalled().empty());
  CHECK(world.postgres.Number("SELECT count(*) FROM uninstall") == 0);
}

}  // namespace accoil::connections
