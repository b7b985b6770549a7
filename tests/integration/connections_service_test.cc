// The service connections over gRPC on a real PostgreSQL, with an Intercom that answers as told.

#include <grpcpp/grpcpp.h>

#include "accoil/connections/v1/connections.grpc.pb.h"
#include "libs/core/errors.h"
#include "libs/events/consumer.h"
#include "libs/events/event.h"
#include "libs/rpc/call.h"
#include "libs/rpc/server.h"
#include "services/connections/service.h"
#include "tests/catch.h"
#include "tests/integration/postgres_fixture.h"

namespace accoil::connections {
namespace {

using namespace std::chrono_literals;
using Stub = v1::Connections::Stub;

/// The service without Kafka: what it would publish stays in the outbox.
struct World {
  World() {
    server.Start();
    channel = rpc::MakeChannel(server.address());
    stub = v1::Connections::NewStub(channel);
    budget_stub = v1::CallBudget::NewStub(channel);
  }
  ~World() { server.Stop(); }

  template <typename Request, typename Response>
  Response Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                const Request& request) {
    return rpc::Call(*stub, method, request, 10s, "the call");
  }

  core::ProductId MakeProduct(const std::string& name = "Product") {
    v1::CreateProductRequest request;
    request.set_name(name);
    return core::ProductId(Call(&Stub::CreateProduct, request).product_id());
  }
  v1::Profile PutProfile(core::ProductId product, const std::string& id, const std::string& name,
                         bool summary = false) {
    v1::PutProfileRequest request;
    request.set_product_id(product.value());
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
    return Call(&Stub::PutProfile, request);
  }
  v1::Connection Connect(core::ProductId product, const std::string& token) {
    v1::PutConnectionRequest request;
    request.set_product_id(product.value());
    request.set_access_token(token);
    return Call(&Stub::PutConnection, request);
  }
  v1::WorkspaceAccess Access(core::ProductId product) {
    v1::GetWorkspaceAccessRequest request;
    request.set_product_id(product.value());
    return Call(&Stub::GetWorkspaceAccess, request);
  }
  void Refused(const std::string& token) {
    v1::ReportUnauthorizedRequest request;
    request.set_workspace_id("ws1");
    request.set_access_token(token);
    Call(&Stub::ReportUnauthorized, request);
  }

  /// The events of a type in the outbox, oldest first.
  template <typename Message>
  std::vector<Message> Published() {
    std::vector<Message> messages;
    const std::string topic(events::TopicOf<Message>());
    for (const auto& hex : postgres.Texts(
             "SELECT encode(value, 'hex') FROM outbox WHERE topic = '" + topic + "' ORDER BY id")) {
      std::string bytes;
      for (std::size_t place = 0; place < hex.size(); place += 2) {
        bytes += static_cast<char>(std::stoi(hex.substr(place, 2), nullptr, 16));
      }
      Message message;
      REQUIRE(message.ParseFromString(bytes));
      events::Validate(message);
      messages.push_back(message);
    }
    return messages;
  }

  intercom::Outcome<intercom::Workspace> Me(const std::string& token) {
    ++asked;
    if (!token.starts_with("good")) {
      intercom::Failure failure;
      failure.kind = token.starts_with("down") ? intercom::Failure::Kind::kServer
                                               : intercom::Failure::Kind::kUnauthorized;
      return {failure, std::nullopt};
    }
    const auto reset = std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::system_clock::now().time_since_epoch() + 10s);
    return {intercom::Workspace{core::WorkspaceId("ws1"), "Workspace", "EU"},
            intercom::RateLimit{1'666, 1'600, reset.count()}};
  }

  test::PostgresFixture postgres;
  std::unique_ptr<postgres::Database> database =
      postgres.Open({events::Migrations(), Migrations()});
  telemetry::Telemetry& telemetry = postgres.telemetry();
  std::atomic<int> asked = 0;
  std::atomic<int> woken = 0;
  const core::SystemClock clock{};
  const Store store{};
  const TokenCipher cipher{{{"k1", std::string(32, 'a')}}};
  Metrics metrics{telemetry};
  BudgetStore budgets{*database, {}, metrics};
  Profiles profiles{*database, store, clock, metrics, [this] { ++woken; }};
  Workspaces workspaces{{*database, store, budgets, cipher, clock, metrics, telemetry.logger()},
                        [this](const std::string&, const std::string& token) { return Me(token); },
                        "http://intercom.test",
                        [this] { ++woken; }};
  Service service{{*database, store, profiles, workspaces, budgets, metrics, telemetry.logger()},
                  std::string(32, 's')};
  rpc::Server server{{.address = {"127.0.0.1", 0}}, service.faces(), telemetry};
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::Connections::Stub> stub;
  std::unique_ptr<v1::CallBudget::Stub> budget_stub;
};

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
  const auto put = world.PutProfile(product, "trial", "Trial Users");
  v1::GetProfileRequest get;
  get.set_product_id(product.value());
  get.set_profile_id("trial");
  CHECK(world.Call(&Stub::GetProfile, get).SerializeAsString() == put.SerializeAsString());

  world.PutProfile(product, "trial", "Trial Users");
  CHECK(world.Published<events::v1::ProfileChanged>().size() == 1);
  world.PutProfile(product, "trial", "Trials");
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
  world.PutProfile(product, "trial", "Trial Users");
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
  world.PutProfile(product, "again", "Trial Users");
  world.PutProfile(product, "trial", "Trial");
  const auto events = world.Published<events::v1::ProfileChanged>();
  REQUIRE(events.size() == 4);
  CHECK(events[1].removed());
  CHECK(!events[3].removed());
  CHECK(events[3].version() == 9'000'000'000'000'001);
}

TEST_CASE("connections: a name is unique in its product once its spaces are taken out") {
  World world;
  const auto product = world.MakeProduct();
  world.PutProfile(product, "a", "Trial Users");
  try {
    world.PutProfile(product, "b", "TrialUsers");
    FAIL("was accepted");
  } catch (const core::InvalidArgument& error) {
    CHECK(error.field() == "name");
  }
  world.PutProfile(product, "a", "T r i a l Users");
  world.PutProfile(world.MakeProduct("Other"), "b", "TrialUsers");
  CHECK_THROWS_AS(world.PutProfile(core::ProductId(999), "a", "A"), core::NotFound);
}

TEST_CASE("connections: the summary flag goes over to the profile that takes it") {
  World world;
  const auto product = world.MakeProduct();
  world.PutProfile(product, "a", "A", true);
  world.PutProfile(product, "b", "B", true);
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
  const auto access = world.Access(product);
  CHECK(access.access_token() == "good-token-1");
  CHECK(access.base_url() == "http://intercom.test");

  world.Connect(product, "good-token-1");
  CHECK(world.Published<events::v1::ConnectionChanged>().size() == 1);
  world.Connect(product, "good-token-2");
  CHECK(world.Published<events::v1::ConnectionChanged>().size() == 2);
  CHECK(world.Access(product).access_token() == "good-token-2");
  // Neither in the rows nor in what is published.
  CHECK(world.postgres.Number(
            "SELECT (SELECT count(*) FROM connection c WHERE c::text LIKE '%good-token%' OR "
            "position('good-token'::bytea in c.token) > 0) + (SELECT count(*) FROM outbox o WHERE "
            "position('good-token'::bytea in o.value) > 0)") == 0);
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
  CHECK(world.asked == 2);
  v1::GetConnectionRequest get;
  get.set_product_id(product.value());
  CHECK_THROWS_AS(world.Call(&Stub::GetConnection, get), core::NotFound);
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
  v1::GetConnectionRequest get;
  get.set_product_id(product.value());
  CHECK(world.Call(&Stub::GetConnection, get).state_reason().find("401") != std::string::npos);

  world.Connect(product, "good-3");
  world.Refused("good-1");
  CHECK(world.Access(product).access_token() == "good-3");
  CHECK(world.Call(&Stub::GetConnection, get).state_reason().empty());
}

TEST_CASE("connections: connecting makes the workspace's limit known to the budget") {
  World world;
  world.Connect(world.MakeProduct(), "good");
  v1::LeaseCallsRequest lease;
  lease.set_workspace_id("ws1");
  lease.set_priority(v1::TRAITS);
  lease.set_wanted(500);
  const auto leased =
      rpc::Call(*world.budget_stub, &v1::CallBudget::Stub::LeaseCalls, lease, 10s, "LeaseCalls");
  CHECK(leased.granted() == 500);
  CHECK(leased.valid_for().seconds() >= 1);
  v1::GetBudgetRequest get;
  get.set_workspace_id("ws1");
  const auto budget =
      rpc::Call(*world.budget_stub, &v1::CallBudget::Stub::GetBudget, get, 10s, "GetBudget");
  CHECK(budget.limit() == 1'666);
  CHECK(budget.remaining() == 1'600);
  CHECK(budget.outstanding() == 500);
  lease.clear_priority();
  try {
    rpc::Call(*world.budget_stub, &v1::CallBudget::Stub::LeaseCalls, lease, 10s, "LeaseCalls");
    FAIL("was accepted");
  } catch (const core::InvalidArgument& error) {
    CHECK(error.field() == "priority");
  }
}

TEST_CASE("connections: a token moves to the current key when it is next used") {
  World world;
  const auto product = world.MakeProduct();
  world.Connect(product, "good");
  const TokenCipher rotated({{"k2", std::string(32, 'b')}, {"k1", std::string(32, 'a')}});
  Workspaces with_new_key{{*world.database, world.store, world.budgets, rotated, world.clock,
                           world.metrics, world.telemetry.logger()},
                          {},
                          "",
                          {}};
  CHECK(with_new_key.Access(product).access_token() == "good");
  CHECK(world.postgres.Text("SELECT token_key_id FROM connection") == "k2");
  CHECK(with_new_key.Access(product).access_token() == "good");
  // Who has only the old key says which one is missing.
  CHECK_THROWS_WITH(world.Access(product), Catch::Contains("k2"));
}

TEST_CASE("connections: an API key is known by what was shown once, and only its digest is kept") {
  World world;
  const auto product = world.MakeProduct();
  v1::CreateApiKeyRequest create;
  create.set_product_id(product.value());
  create.set_label("pipeline");
  create.add_scopes(v1::INGEST);
  create.add_scopes(v1::READ);
  const auto created = world.Call(&Stub::CreateApiKey, create);
  v1::AuthenticateApiKeyRequest authenticate;
  authenticate.set_api_key(created.api_key());
  const auto known = world.Call(&Stub::AuthenticateApiKey, authenticate);
  CHECK(known.api_key_id() == created.api_key_id());
  CHECK(known.product_id() == product.value());
  REQUIRE(known.scopes_size() == 2);
  CHECK(known.scopes(0) == v1::INGEST);
  CHECK(world.postgres.Number("SELECT count(*) FROM api_key k WHERE k::text LIKE '%ak\\_%'") == 0);

  for (const auto& wrong : {std::string(), std::string("ak_"), "ak_" + std::string(43, 'x'),
                            created.api_key() + "x", std::string("' OR 1=1 --")}) {
    authenticate.set_api_key(wrong);
    CHECK_THROWS_AS(world.Call(&Stub::AuthenticateApiKey, authenticate), core::Unauthenticated);
  }
  create.set_product_id(999);
  CHECK_THROWS_AS(world.Call(&Stub::CreateApiKey, create), core::NotFound);
}

}  // namespace accoil::connections
