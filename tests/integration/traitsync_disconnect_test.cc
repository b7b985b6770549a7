#include "services/trait-sync/clean_ups.h"
#include "tests/catch.h"
#include "tests/integration/traitsync_world.h"
#include "tests/integration/wait.h"

namespace accoil::test {
namespace {

using Failure = intercom::Failure;
using Names = std::set<std::string>;
using Values = intercom::AttributeValues;

constexpr auto kScore = "Accoil_TrialUsers_Score";
constexpr auto kPlan = "Accoil_TrialUsers_Plan";

/// A product that has delivered Score and Plan of "u1".
void Deliver(TraitSyncWorld& world) {
  world.Begin();
  world.SetTrait("u1", "Score", 1);
  world.SetTrait("u1", "Plan", "gold");
  world.Settle();
  REQUIRE(world.intercom.shown() == Names{kScore, kPlan});
}

void Disconnect(TraitSyncWorld& world) {
  world.Connect("ws1", "Accoil", events::v1::DISCONNECTING);
  world.intercom.connected = false;
}

void Reconnect(TraitSyncWorld& world) {
  world.intercom.connected = true;
  world.Connect();
}

}  // namespace

TEST_CASE(
    "disconnecting delivers nothing, archives what is ours, and then tells connections once") {
  TraitSyncWorld world;
  Deliver(world);
  const auto writes = world.intercom.writes.size();
  const auto matching = world.intercom.leased[connections::v1::MATCHING];
  world.SetTrait("u1", "Score", 2);
  Disconnect(world);
  const auto version = world.version;
  CHECK(world.store.FindDue().empty());
  world.CleanUp();
  CHECK(world.intercom.shown().empty());
  CHECK(world.intercom.writes.size() == writes);
  // Quick, however much else there is to do.
  CHECK(world.intercom.leased[connections::v1::MATCHING] == matching);
  REQUIRE(world.finished.size() == 1);
  CHECK(world.finished[0].product == TraitSyncWorld::kProduct);
  CHECK(world.finished[0].version == version);
  CHECK(world.finished[0].left_behind.empty());
  // Whatever makes it look again.
  world.store.RequestCleanUp(core::WorkspaceId("ws1"));
  world.CleanUp();
  CHECK(world.finished.size() == 1);
  SECTION("disconnected, work is kept, and connecting resumes with all values") {
    world.intercom.cleanable = false;
    world.Connect("ws1", "Accoil", events::v1::DISCONNECTED);
    world.CleanUp();
    CHECK(world.store.FindDue().empty());
    world.intercom.targets[{SubjectKind::kUser, "c1"}].clear();
    world.intercom.cleanable = true;
    Reconnect(world);
    world.Settle();
    CHECK(world.intercom.shown() == Names{kScore, kPlan});
    CHECK(world.intercom.contact("c1") ==
          Values{{kScore, std::int64_t{2}}, {kPlan, std::string("gold")}});
    CHECK(world.intercom.creates == 2);
    CHECK(world.finished.size() == 1);
  }
}

TEST_CASE("what cannot be archived is told and does not keep the disconnect") {
  TraitSyncWorld world;
  Deliver(world);
  world.intercom.in_use = {kPlan};
  Disconnect(world);
  world.CleanUp();
  CHECK(world.intercom.shown() == Names{kPlan});
  REQUIRE(world.finished.size() == 1);
  CHECK(world.finished[0].left_behind.find(std::string(kPlan) + " (422") != std::string::npos);
  CHECK(world.finished[0].left_behind.find(kScore) == std::string::npos);
}

TEST_CASE("what another connected product wants stays when one disconnects") {
  TraitSyncWorld world;
  Deliver(world);
  world.product = 8;
  world.Connect();
  world.PutProfile("trial", "Trial Users", {world.Trait("Score", events::v1::INTEGER)});
  world.product = TraitSyncWorld::kProduct;
  Disconnect(world);
  world.CleanUp();
  CHECK(world.intercom.shown() == Names{kScore});
  REQUIRE(world.finished.size() == 1);
  CHECK(world.finished[0].product == TraitSyncWorld::kProduct);
}

TEST_CASE("reconnecting in the middle of a disconnect keeps and refreshes what is wanted") {
  TraitSyncWorld world;
  Deliver(world);
  bool first = true;
  world.intercom.after_archive = [&](const auto&) -> std::optional<Failure> {
    if (std::exchange(first, false)) Reconnect(world);
    return std::nullopt;
  };
  Disconnect(world);
  core::Crew one_by_one(1);
  const auto claim = world.store.ClaimCleanUp(world.config.claim);
  traitsync::CleanUpRound(world.tools, one_by_one, world.finish_disconnect, *claim).Run();
  CHECK(world.intercom.archives == 1);
  world.intercom.after_archive = nullptr;
  world.Settle();
  CHECK(world.intercom.shown() == Names{kScore, kPlan});
  CHECK(world.intercom.contact("c1") ==
        Values{{kScore, std::int64_t{1}}, {kPlan, std::string("gold")}});
  CHECK(world.finished.empty());
}

TEST_CASE("connections is told again until it has heard") {
  TraitSyncWorld world;
  Deliver(world);
  world.finish_problem = "connections is away";
  Disconnect(world);
  world.CleanUp();
  CHECK(world.intercom.shown().empty());
  CHECK(world.finished.empty());
  CHECK(world.postgres.Text("SELECT last_error FROM clean_up") == "connections is away");
  world.finish_problem.clear();
  const auto calls = world.intercom.calls();
  world.PassCleanUpWait();
  world.CleanUp();
  CHECK(world.finished.size() == 1);
  CHECK(world.intercom.calls() == calls);
}

TEST_CASE("a disconnect waits for deliveries under way, which might bring attributes back") {
  TraitSyncWorld world;
  Deliver(world);
  world.SetTrait("u1", "Score", 2);
  REQUIRE(
      world.store
          .ClaimDeliveries(world.Product(), traitsync::Rank::kChange, 10, std::chrono::minutes(1))
          .deliveries.size() == 1);
  Disconnect(world);
  world.CleanUp();
  CHECK(world.intercom.shown().empty());
  CHECK(world.finished.empty());
  world.EndClaims();
  world.PassCleanUpWait();
  world.CleanUp();
  CHECK(world.finished.size() == 1);
}

TEST_CASE("a product that cannot be reached while disconnecting waits for word of its state") {
  TraitSyncWorld world;
  Deliver(world);
  world.intercom.cleanable = false;
  Disconnect(world);
  world.CleanUp();
  CHECK(world.intercom.archives == 0);
  CHECK(world.finished.empty());
  world.Connect("ws1", "Accoil", events::v1::DISCONNECTED);
  CHECK(world.CleanUp() == 1);
  CHECK(world.postgres.Number("SELECT count(*) FROM clean_up WHERE due_at IS NOT NULL") == 0);
}

TEST_CASE("a disconnect is done within two seconds by itself") {
  TraitSyncWorld world;
  Deliver(world);
  std::atomic<int> told{0};
  traitsync::CleanUps clean_ups(world.tools, [&](auto, auto, const auto&) { ++told; });
  clean_ups.Start();
  Disconnect(world);
  CHECK(WaitUntil([&] { return told == 1; }, std::chrono::seconds(2)));
  clean_ups.Stop();
  CHECK(world.intercom.shown().empty());
}

}  // namespace accoil::test
