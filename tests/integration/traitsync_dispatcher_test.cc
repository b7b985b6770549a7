#include <atomic>
#include <latch>

#include "services/trait-sync/dispatcher.h"
#include "services/trait-sync/sweeper.h"
#include "tests/catch.h"
#include "tests/integration/traitsync_world.h"
#include "tests/integration/wait.h"

namespace accoil::test {
namespace {

using Failure = intercom::Failure;

/// Users "user0" … of the world's product, each matched to a contact and with a score.
void AddUsers(TraitSyncWorld& world, int count, const std::string& prefix = "") {
  for (int i = 0; i < count; ++i) {
    const auto id = prefix + std::to_string(i);
    world.intercom.targets[{SubjectKind::kUser, "t" + id}];
    world.Match("user" + id, "t" + id);
    world.SetTrait("user" + id, "Score", i);
  }
}

}  // namespace

TEST_CASE("what changes is delivered by itself, also after the connection was away") {
  TraitSyncWorld world(std::chrono::milliseconds(50));
  world.Begin();
  traitsync::Dispatcher dispatcher(world.tools);
  traitsync::Sweeper sweeper(world.store, std::chrono::hours(24), world.warnings,
                             [&] { dispatcher.Wake(); });
  dispatcher.Start();
  sweeper.Start();
  AddUsers(world, 20);
  CHECK(WaitUntil([&] { return world.Due() == 0; }));
  world.Connect("ws1", "Accoil", events::v1::DISCONNECTED);
  world.SetTrait("user3", "Score", 99);
  world.store.ForgetUnconnectedChanges();
  world.Connect();
  dispatcher.ConnectionChanged(core::ProductId(TraitSyncWorld::kProduct));
  CHECK(WaitUntil([&] {
    return world.postgres.Number("SELECT count(*) FROM sweep WHERE running OR next_at <= now()") ==
               0 &&
           world.Due() == 0;
  }));
  sweeper.Stop();
  dispatcher.Stop();
  CHECK(world.intercom.contact("t3").at("Accoil_TrialUsers_Score") ==
        intercom::AttributeValue(std::int64_t{99}));
  CHECK(world.intercom.granted == world.intercom.ended + world.intercom.unused);
}

TEST_CASE("a slow workspace does not hold up another product") {
  TraitSyncWorld world;
  world.Begin();
  AddUsers(world, 100, "slow");
  world.product = 8;
  world.Connect();
  world.PutProfile("trial", "Trial Users", {world.Trait("Score", events::v1::INTEGER)});
  AddUsers(world, 20, "quick");
  std::latch end(1);
  std::atomic<int> quick{0};
  world.intercom.before_write = [&](const auto& write) -> std::optional<Failure> {
    if (write.target_id.starts_with("tslow")) end.wait();
    return std::nullopt;
  };
  world.intercom.after_write = [&](const auto& write) -> std::optional<Failure> {
    if (write.target_id.starts_with("tquick")) ++quick;
    return std::nullopt;
  };
  traitsync::Dispatcher dispatcher(world.tools);
  dispatcher.Start();
  CHECK(WaitUntil([&] { return quick >= 20; }));
  end.count_down();
  dispatcher.Stop();
}

TEST_CASE("two replicas use nearly all of every window while work waits, and no more") {
  TraitSyncWorld world;
  world.Begin();
  AddUsers(world, 600);
  world.intercom.Define("Accoil_TrialUsers_Score", "integer");
  world.intercom.window_limit = 100;
  traitsync::Dispatcher first(world.tools);
  traitsync::Dispatcher second(world.tools);
  first.Start();
  second.Start();
  CHECK(WaitUntil([&] { return world.Due() == 0; }));
  first.Stop();
  second.Stop();
  auto& windows = world.intercom.calls_of_window;
  REQUIRE(windows.size() >= 6);
  // The first and the last are not whole.
  windows.erase(windows.begin());
  windows.erase(std::prev(windows.end()));
  for (const auto& [window, calls] : windows) {
    CAPTURE(window);
    CHECK(calls <= 100);
    CHECK(calls >= 97);
  }
  CHECK(world.intercom.granted == world.intercom.ended + world.intercom.unused);
}

}  // namespace accoil::test
