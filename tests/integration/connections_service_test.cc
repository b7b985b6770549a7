// Products, profiles and connections by token over gRPC on a real PostgreSQL.

#include "tests/integration/connections_world.h"

namespace accoil::connections {
namespace {

using test::Stub;
using test::World;
using namespace std::chrono_literals;

v1::Profile PutProfile(World& world, core::ProductId product, const std::string& id,
                       const std::string& name, bool summary = false, bool validate_only = false) {
  v1::PutProfileRequest request;
  request.set_product_id(product.value());
  request.set_validate_only(validate_only);
  auto& profile = *request.mutable_profile();
  profile.set_profile_id(id);
  profile.set_name(name);
  profile.set_sync_mode(events::v1::ALL_TRAITS);
  profile.set_summary(summary);
  auto& trait = *profile.add_catalogue();
  trait.set_name("Score");
  trait.set_type(events::v1::INTEGER);
  trait.add_on(events::v1::USER);
  trait.set_definition("It's \"engaged\" in \\ percent %, naïvely");
  return world.Call(&Stub::PutProfile, request);
}

}  // namespace

TEST_CASE("connections: products are made, found and listed") {
  World world;
  const auto first = world.MakeProduct("Ärger & Co's \"product\"");
  const auto second = world.MakeProduct("Second");
  CHECK(second > first);
  v1::GetProductRequest get;
  get.set_product_id(first.value());
  CHECK(world.Call(&Stub::GetProduct, get).name() == "Ärger & Co's \"product\"");
  CHECK(world.Call(&Stub::ListProducts, v1::ListProductsRequest()).products_size() == 2);
  get.set_product_id(999);
  CHECK_THROWS_AS(world.Call(&Stub::GetProduct, get), core::NotFound);
  CHECK_THROWS_AS(world.MakeProduct(""), core::InvalidArgument);
}

TEST_CASE("connections: a profile comes back as it was put, and each change is published once") {
  World world;
  const auto product = world.MakeProduct();
  const auto put = PutProfile(world, product, "trial", "Trial Users");
  v1::GetProfileRequest get;
  get.set_product_id(product.value());
  get.set_profile_id("trial");
  CHECK(world.Call(&Stub::GetProfile, get).SerializeAsString() == put.SerializeAsString());

  PutProfile(world, product, "trial", "Trial Users");
  CHECK(world.Published<events::v1::ProfileChanged>().size() == 1);
  PutProfile(world, product, "trial", "Trials");
  const auto events = world.Published<events::v1::ProfileChanged>();
  REQUIRE(events.size() == 2);
  CHECK(events[0].name() == "Trial Users");
  CHECK(events[1].name() == "Trials");
  CHECK(events[1].version() > events[0].version());
  CHECK(events[1].catalogue_size() == 1);
  CHECK(world.woken == 2);
}

TEST_CASE("connections: a removed profile is published as removed and can be made again") {
  World world;
  const auto product = world.MakeProduct();
  PutProfile(world, product, "trial", "Trial Users");
  v1::DeleteProfileRequest remove;
  remove.set_product_id(product.value());
  remove.set_profile_id("trial");
  world.Call(&Stub::DeleteProfile, remove);
  CHECK_THROWS_AS(world.Call(&Stub::DeleteProfile, remove), core::NotFound);
  v1::ListProfilesRequest list;
  list.set_product_id(product.value());
  CHECK(world.Call(&Stub::ListProfiles, list).profiles_size() == 0);

  // Whatever the clock says, versions of a fact only rise.
  world.postgres.Run("UPDATE profile SET version = 9000000000000000");
  PutProfile(world, product, "again", "Trial Users");
  PutProfile(world, product, "trial", "Trial");
  const auto events = world.Published<events::v1::ProfileChanged>();
  REQUIRE(events.size() == 4);
  CHECK(events[1].removed());
  CHECK(!events[3].removed());
  CHECK(events[3].version() == 9'000'000'000'000'001);
}

TEST_CASE("connections: a name is unique in its product once its spaces are taken out") {
  World world;
  const auto product = world.MakeProduct();
  PutProfile(world, product, "a", "Trial Users");
  try {
    PutProfile(world, product, "b", "TrialUsers");
    FAIL("was accepted");
  } catch (const core::InvalidArgument& error) {
    CHECK(error.field() == "name");
  }
  PutProfile(world, product, "a", "T r i a l Users");
  PutProfile(world, world.MakeProduct("Other"), "b", "TrialUsers");
  CHECK_THROWS_AS(PutProfile(world, core::ProductId(999), "a", "A"), core::NotFound);
}

TEST_CASE("connections: the summary flag goes over to the profile that takes it") {
  World world;
  const auto product = world.MakeProduct();
  PutProfile(world, product, "a", "A", true);
  PutProfile(world, product, "b", "B", true);
  v1::ListProfilesRequest list;
  list.set_product_id(product.value());
  const auto profiles = world.Call(&Stub::ListProfiles, list);
  REQUIRE(profiles.profiles_size() == 2);
  CHECK(!profiles.profiles(0).summary());
  CHECK(profiles.profiles(1).summary());
  const auto events = world.Published<events::v1::ProfileChanged>();
  REQUIRE(events.size() == 3);
  CHECK(events[1].profile_id() == "a");
  CHECK(!events[1].summary());
  CHECK(events[2].profile_id() == "b");
  CHECK(events[2].summary());
}

TEST_CASE("connections: a product is connected by a token, which is never stored readable") {
  World world;
  const auto product = world.MakeProduct();
  CHECK_THROWS_AS(world.Access(product), core::FailedPrecondition);
  const auto connection = world.Connect(product, "good-token-1");
  CHECK(connection.workspace_id() == "ws1");
  CHECK(connection.region() == "EU");
  CHECK(connection.attribute_prefix() == "Accoil");
  CHECK(connection.state() == events::v1::CONNECTED);
  CHECK(connection.origin() == v1::ACCESS_TOKEN);
  CHECK(connection.connected_at().seconds() > 1'700'000'000);
  CHECK(world.GetConnection(product).SerializeAsString() == connection.SerializeAsString());
  const auto access = world.Access(product);
  CHECK(access.access_token() == "good-token-1");
  CHECK(access.base_url() == "http://intercom.test");

  world.Connect(product, "good-token-1");
  CHECK(world.Published<events::v1::ConnectionChanged>().size() == 1);
  world.Connect(product, "good-token-2");
  CHECK(world.Published<events::v1::ConnectionChanged>().size() == 2);
  CHECK(world.Access(product).access_token() == "good-token-2");
  CHECK(world.RowsWith("good-token") == 0);
}

TEST_CASE("connections: Intercom's no and Intercom's silence are told apart, the token untold") {
  World world;
  const auto product = world.MakeProduct();
  try {
    world.Connect(product, "bad-token");
    FAIL("was accepted");
  } catch (const core::FailedPrecondition& error) {
    CHECK(std::string(error.what()).find("bad-token") == std::string::npos);
  }
  CHECK_THROWS_AS(world.Connect(product, "down"), core::Unavailable);
  CHECK_THROWS_AS(world.Connect(core::ProductId(999), "good"), core::NotFound);
  CHECK(world.intercom.asked == 2);
  CHECK_THROWS_AS(world.GetConnection(product), core::NotFound);
}

TEST_CASE("connections: a 401 disconnects those who use the token, once, and no newer token") {
  World world;
  const auto product = world.MakeProduct();
  const auto sharing = world.MakeProduct("Same token");
  const auto other = world.MakeProduct("Other token");
  world.Connect(product, "good-1");
  world.Connect(sharing, "good-1");
  world.Connect(other, "good-2");
  world.Refused("good-1");
  world.Refused("good-1");
  world.Refused("good-0");
  const auto events = world.Published<events::v1::ConnectionChanged>();
  REQUIRE(events.size() == 5);
  CHECK(events[3].state() == events::v1::DISCONNECTED);
  CHECK(events[4].state() == events::v1::DISCONNECTED);
  CHECK_THROWS_AS(world.Access(product), core::FailedPrecondition);
  CHECK_THROWS_AS(world.Access(sharing), core::FailedPrecondition);
  CHECK(world.Access(other).access_token() == "good-2");
  CHECK(world.GetConnection(product).state_reason().find("401") != std::string::npos);
  CHECK(world.postgres.Number("SELECT count(*) FROM connection WHERE token IS NOT NULL") == 1);

  world.Connect(product, "good-3");
  world.Refused("good-1");
  CHECK(world.Access(product).access_token() == "good-3");
  CHECK(world.GetConnection(product).state_reason().empty());
}

TEST_CASE("connections: connecting makes the workspace's limit known to the budget") {
  World world;
  world.Connect(world.MakeProduct(), "good");
  const auto budget_stub = v1::CallBudget::NewStub(rpc::MakeChannel(world.server.address()));
  v1::LeaseCallsRequest lease;
  lease.set_workspace_id("ws1");
  lease.set_priority(v1::TRAITS);
  lease.set_wanted(500);
  const auto leased =
      rpc::Call(*budget_stub, &v1::CallBudget::Stub::LeaseCalls, lease, 10s, "LeaseCalls");
  CHECK(leased.granted() == 500);
  CHECK(leased.valid_for().seconds() >= 1);
  v1::GetBudgetRequest get;
  get.set_workspace_id("ws1");
  const auto budget =
      rpc::Call(*budget_stub, &v1::CallBudget::Stub::GetBudget, get, 10s, "GetBudget");
  CHECK(budget.limit() == 1'666);
  CHECK(budget.remaining() == 1'600);
  CHECK(budget.outstanding() == 500);
  lease.clear_priority();
  try {
    rpc::Call(*budget_stub, &v1::CallBudget::Stub::LeaseCalls, lease, 10s, "LeaseCalls");
    FAIL("was accepted");
  } catch (const core::InvalidArgument& error) {
    CHECK(error.field() == "priority");
  }
}

TEST_CASE("connections: a profile that is only validated is refused alike and changes nothing") {
  World world;
  const auto product = world.MakeProduct();
  PutProfile(world, product, "a", "A", true);
  const auto published = world.Published<events::v1::ProfileChanged>().size();
  CHECK(PutProfile(world, product, "b", "B", true, true).profile_id() == "b");
  CHECK_THROWS_AS(PutProfile(world, product, "b", " A ", false, true), core::InvalidArgument);
  CHECK_THROWS_AS(PutProfile(world, product, "b", "", false, true), core::InvalidArgument);
  CHECK_THROWS_AS(PutProfile(world, core::ProductId(999), "b", "B", false, true), core::NotFound);
  v1::ListProfilesRequest list;
  list.set_product_id(product.value());
  const auto profiles = world.Call(&Stub::ListProfiles, list);
  REQUIRE(profiles.profiles_size() == 1);
  CHECK(profiles.profiles(0).summary());
  CHECK(world.Published<events::v1::ProfileChanged>().size() == published);
}

}  // namespace accoil::connections
