#include "services/trait-sync/report_store.h"
#include "tests/catch.h"
#include "tests/integration/traitsync_world.h"

namespace accoil::test {
namespace {

using traitsync::ReportStore;
using traitsync::RunRow;

const core::ProductId kProduct(TraitSyncWorld::kProduct);

std::vector<RunRow> Runs(TraitSyncWorld& world) {
  return ReportStore(*world.database).ListRuns(kProduct);
}

}  // namespace

TEST_CASE("a sweep's run counts its subjects and the calls that it took") {
  TraitSyncWorld world;
  world.Begin();
  for (int i = 0; i < 4; ++i) {
    const auto number = std::to_string(i);
    world.Match("user" + number, "t" + number);
    world.intercom.targets[{SubjectKind::kUser, "t" + number}];
    world.SetTrait("user" + number, "Score", i);
  }
  world.DeliverAll();
  const auto runs_before = Runs(world).size();
  const int calls_before = world.intercom.calls();

  // Three contacts lost what they had: the sweep writes them again.
  world.postgres.Run("UPDATE delivered SET attributes = '{}' WHERE subject_id <> 'user0'");
  world.store.StartSweep(kProduct);
  CHECK(world.store.SweepOnce(100, std::chrono::hours(24)));
  auto runs = Runs(world);
  REQUIRE(runs.size() == runs_before + 1);
  CHECK(runs[0].kind == "sweep");
  CHECK(runs[0].trigger == "requested");
  CHECK(runs[0].state == "running");
  CHECK(runs[0].items == 5);
  CHECK(!runs[0].finished_at);

  // It has not ended while what it marked is due, or is being worked on.
  CHECK(!world.store.SweepOnce(100, std::chrono::hours(24)));
  const auto claim = world.store.ClaimDeliveries(world.Product(), traitsync::Rank::kCatchUp, 1,
                                                 std::chrono::minutes(1));
  REQUIRE(claim.deliveries.size() == 1);
  world.Round(traitsync::Rank::kCatchUp);
  CHECK(!world.store.SweepOnce(100, std::chrono::hours(24)));
  world.EndClaims();
  world.Round(traitsync::Rank::kCatchUp);
  CHECK(world.store.SweepOnce(100, std::chrono::hours(24)));

  runs = Runs(world);
  CHECK(runs[0].state == "finished");
  CHECK(runs[0].finished_at);
  CHECK(runs[0].calls == world.intercom.calls() - calls_before);
  CHECK(runs[0].calls >= 3);
  CHECK(runs[0].error.empty());
  CHECK(!world.store.SweepOnce(100, std::chrono::hours(24)));
  CHECK(Runs(world).size() == runs_before + 1);
}

TEST_CASE("a run says what began it, and one that is begun anew is over") {
  TraitSyncWorld world;
  world.Connect();
  world.DeliverAll();
  REQUIRE(Runs(world).size() == 1);
  CHECK(Runs(world)[0].trigger == "connected");
  CHECK(Runs(world)[0].state == "finished");
  world.PutProfile("trial", "Trial Users", {TraitSyncWorld::Trait("Score", events::v1::INTEGER)});
  for (int i = 0; i < 3; ++i) world.Match("u" + std::to_string(i), "c" + std::to_string(i));
  world.Round(traitsync::Rank::kCatchUp);
  CHECK(world.store.SweepOnce(2, std::chrono::hours(24)));
  CHECK(Runs(world)[0].trigger == "profile_changed");
  world.store.StartSweep(kProduct);
  world.DeliverAll();
  auto runs = Runs(world);
  REQUIRE(runs.size() == 3);
  CHECK(runs[0].trigger == "requested");
  CHECK(runs[0].state == "finished");
  CHECK(runs[0].items == 3);
  CHECK(runs[1].state == "finished");
  CHECK(runs[1].items == 2);
  world.postgres.Run("UPDATE sweep SET next_at = now()");
  world.DeliverAll();
  CHECK(Runs(world)[0].trigger == "scheduled");
}

TEST_CASE("the run of a sweep that stops with its connection has failed") {
  TraitSyncWorld world;
  world.Begin();
  world.DeliverAll();
  world.store.StartSweep(kProduct);
  CHECK(world.store.SweepOnce(100, std::chrono::hours(24)));
  world.Connect("ws1", "Accoil", events::v1::DISCONNECTED);
  CHECK(!world.store.SweepOnce(100, std::chrono::hours(24)));
  world.store.StopUnconnectedSweeps();
  CHECK(Runs(world)[0].state == "failed");
  CHECK(Runs(world)[0].error == "the product is not connected");
  world.Connect();
  world.DeliverAll();
  CHECK(Runs(world)[0].state == "finished");
  CHECK(Runs(world)[0].trigger == "connected");
}

TEST_CASE("clean-ups have runs, and one whose process died has failed") {
  TraitSyncWorld world;
  world.Begin();
  const auto lost = world.store.BeginCleanUpRun(kProduct, "profile_changed");
  const auto run = world.store.BeginCleanUpRun(kProduct, "disconnected");
  world.store.FinishCleanUpRun(run, {4, 6, ""});
  // It has ended: nothing changes it.
  world.store.FinishCleanUpRun(lost, {1, 1, ""});
  const auto runs = Runs(world);
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].kind == "clean_up");
  CHECK(runs[0].trigger == "disconnected");
  CHECK(runs[0].state == "finished");
  CHECK(runs[0].items == 4);
  CHECK(runs[0].calls == 6);
  CHECK(runs[1].state == "failed");
  CHECK(runs[1].items == 0);
}

TEST_CASE("the last hundred runs of a product are kept") {
  TraitSyncWorld world;
  for (int i = 0; i < 105; ++i) {
    world.store.FinishCleanUpRun(world.store.BeginCleanUpRun(kProduct, "scheduled"), {i, 0, ""});
  }
  world.store.BeginCleanUpRun(core::ProductId(8), "scheduled");
  const auto runs = Runs(world);
  REQUIRE(runs.size() == 100);
  CHECK(runs.front().items == 104);
  CHECK(world.postgres.Number("SELECT count(*) FROM sync_run") == 101);
}

}  // namespace accoil::test
