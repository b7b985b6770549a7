#include "tests/catch.h"
#include "tests/integration/traitsync_world.h"

namespace accoil::test {
namespace {

using Values = intercom::AttributeValues;
using Failure = intercom::Failure;

constexpr auto kScore = "Accoil_TrialUsers_Score";
constexpr auto kPlan = "Accoil_TrialUsers_Plan";
const core::ProductId kProduct(TraitSyncWorld::kProduct);

}  // namespace

TEST_CASE("what was delivered to a contact that the user left is cleared") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u1", "Score", 1);
  world.DeliverAll();
  world.intercom.targets[{SubjectKind::kUser, "c1"}]["color"] = std::string("red");
  world.intercom.targets[{SubjectKind::kUser, "c2"}];
  world.Match("u1", "c2");
  world.DeliverAll();
  CHECK(world.intercom.contact("c1") == Values{{"color", std::string("red")}});
  CHECK(world.intercom.contact("c2") == Values{{kScore, std::int64_t{1}}});
  CHECK(world.postgres.Number("SELECT count(*) FROM former_target") == 0);
}

TEST_CASE("a user that is no longer matched leaves nothing behind") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u1", "Score", 1);
  world.DeliverAll();
  world.Match("u1", "");
  world.DeliverAll();
  CHECK(world.intercom.contact("c1").empty());
  world.SetTrait("u1", "Score", 2);
  CHECK(world.Due() == 0);
  world.Match("u1", "c1");
  world.DeliverAll();
  CHECK(world.intercom.contact("c1") == Values{{kScore, std::int64_t{2}}});
}

TEST_CASE("what came with a merged contact and its user has not is cleared") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u1", "Score", 1);
  world.SetTrait("u1", "Plan", "gold");
  world.DeliverAll();
  world.intercom.targets[{SubjectKind::kUser, "c2"}] = world.intercom.contact("c1");
  world.intercom.targets.erase({SubjectKind::kUser, "c1"});
  world.SetTrait("u1", "Plan", nullptr);
  world.Match("u1", "c2");
  world.DeliverAll();
  CHECK(world.intercom.contact("c2") == Values{{kScore, std::int64_t{1}}});
}

TEST_CASE("a contact that passes from one user to another ends with the other's values alone") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u1", "Score", 1);
  world.SetTrait("u1", "Plan", "gold");
  world.DeliverAll();
  world.intercom.targets[{SubjectKind::kUser, "c2"}];
  world.SetTrait("u2", "Score", 2);
  SECTION("delivered before the old ones are cleared") {
    world.Match("u2", "c1");
    world.Match("u1", "c2");
    world.Round(traitsync::Rank::kCatchUp);
    CHECK(world.intercom.contact("c1").at(kScore) == intercom::AttributeValue(std::int64_t{2}));
  }
  SECTION("not delivered yet") {
    world.Match("u1", "c2");
    world.Match("u2", "c1");
  }
  SECTION("matched after the clearing began") {
    world.Match("u1", "c2");
    world.intercom.after_write = [&](const auto& write) -> std::optional<Failure> {
      if (write.target_id == "c1" && write.values.contains(kPlan)) {
        world.intercom.after_write = nullptr;
        world.Match("u2", "c1");
      }
      return std::nullopt;
    };
    world.ClearingRound();
  }
  world.DeliverAll();
  CHECK(world.intercom.contact("c1") == Values{{kScore, std::int64_t{2}}});
  CHECK(world.intercom.contact("c2") ==
        Values{{kScore, std::int64_t{1}}, {kPlan, std::string("gold")}});
  CHECK(world.Due() == 0);
}

TEST_CASE("a match that changes during delivery leaves neither contact wrong") {
  TraitSyncWorld world;
  world.Begin();
  world.intercom.targets[{SubjectKind::kUser, "c2"}];
  world.SetTrait("u1", "Score", 1);
  world.intercom.before_write = [&](const auto&) -> std::optional<Failure> {
    world.intercom.before_write = nullptr;
    world.Match("u1", "c2");
    return std::nullopt;
  };
  world.DeliverAll();
  // The old contact is cleared once the claim that may have written to it is over.
  world.postgres.Run("UPDATE former_target SET due_at = now()");
  world.DeliverAll();
  CHECK(world.intercom.contact("c1").empty());
  CHECK(world.intercom.contact("c2") == Values{{kScore, std::int64_t{1}}});
  CHECK(world.postgres.Number("SELECT count(*) FROM former_target") == 0);
}

TEST_CASE("facts and match of a subject that meet in two transactions are both delivered") {
  TraitSyncWorld world;
  world.Begin();
  world.DeliverAll();
  // The trait is written, not yet committed, when the match comes.
  std::thread match;
  world.database->Transact([&](postgres::Transaction& tx) {
    events::Batch batch;
    const auto trait = world.TraitEvent("u9", "Score", 4);
    batch.Add(events::Received<events::v1::TraitChanged>{trait, events::KeyOf(trait), "",
                                                         world.clock.Now()});
    batch.Seal();
    world.store.ApplyFacts(tx, batch);
    world.intercom.targets[{SubjectKind::kUser, "c9"}];
    const auto event = world.Matched("u9", "c9");
    match = std::thread([&world, event] { world.Apply(event); });
    tx.Execute("SELECT pg_sleep(0.2)");
  });
  match.join();
  world.DeliverAll();
  CHECK(world.intercom.contact("c9") == Values{{kScore, std::int64_t{4}}});
}

TEST_CASE("a product that moves to another workspace writes nothing to targets of the old one") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u1", "Score", 1);
  world.Connect("ws2");
  world.intercom.workspace_id = "ws2";
  CHECK(world.Round(traitsync::Rank::kChange).claimed == 0);
  CHECK(world.Round(traitsync::Rank::kCatchUp).claimed == 0);
  world.intercom.targets[{SubjectKind::kUser, "d1"}];
  world.Match("u1", "d1");
  world.DeliverAll();
  CHECK(world.intercom.contact("c1").empty());
  CHECK(world.intercom.contact("d1") == Values{{kScore, std::int64_t{1}}});
}

TEST_CASE("a profile that is narrowed, switched off and on again sends what it syncs") {
  TraitSyncWorld world;
  world.Begin();
  const auto catalogue = std::vector{world.Trait("Score", events::v1::INTEGER)};
  world.SetTrait("u1", "Score", 1);
  world.Enter("u1", "All");
  world.DeliverAll();
  const auto writes = world.intercom.writes.size();
  world.PutProfile("trial", "Trial Users", catalogue, events::v1::SEGMENTS_ONLY);
  world.SetTrait("u1", "Score", 2);
  world.DeliverAll();
  CHECK(world.intercom.writes.size() == writes);
  world.Enter("u1", "New");
  world.DeliverAll();
  CHECK(world.intercom.writes.back().values ==
        Values{{"Accoil_TrialUsers_Segments", std::string("All, New")}});
  world.PutProfile("trial", "Trial Users", catalogue, events::v1::OFF);
  world.Enter("u1", "Passive");
  world.DeliverAll();
  CHECK(world.intercom.writes.size() == writes + 1);
  world.PutProfile("trial", "Trial Users", catalogue);
  world.DeliverAll();
  CHECK(world.intercom.contact("c1") ==
        Values{{kScore, std::int64_t{2}},
               {"Accoil_TrialUsers_Segments", std::string("All, New, Passive")}});
}

TEST_CASE("a sweep goes slice by slice and looks at every subject") {
  TraitSyncWorld world;
  world.Begin();
  for (int i = 0; i < 10; ++i) world.Match("user" + std::to_string(i), "t" + std::to_string(i));
  world.DeliverAll();
  world.store.StartSweep(kProduct);
  CHECK(world.store.SweepOnce(4, std::chrono::hours(24)));
  CHECK(world.Due() == 4);
  // The next slice waits until this one is worked off.
  CHECK(!world.store.SweepOnce(4, std::chrono::hours(24)));
  int seen = 0;
  do {
    seen += world.Round(traitsync::Rank::kCatchUp).claimed;
  } while (world.store.SweepOnce(4, std::chrono::hours(24)));
  CHECK(seen == 11);
  CHECK(world.postgres.Number("SELECT marked FROM sweep") == 11);
  CHECK(world.intercom.calls() == 0);
}

TEST_CASE("a change goes before those that catch up") {
  TraitSyncWorld world;
  world.Begin();
  for (int i = 0; i < 5; ++i) world.Match("user" + std::to_string(i), "t" + std::to_string(i));
  world.SetTrait("user3", "Score", 1);
  CHECK(world.Round(traitsync::Rank::kChange).claimed == 1);
  CHECK(world.Round(traitsync::Rank::kCatchUp).claimed == 5);
}

TEST_CASE("the summary tells what is due, delivered and set aside") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u1", "Score", 1);
  world.SetTrait("u1", "Plan", 5);
  CHECK(world.store.Summarize(kProduct).due == 1);
  CHECK(world.store.CountBacklog().begin()->second.due == 1);
  world.DeliverAll();
  const auto summary = world.store.Summarize(kProduct);
  CHECK(summary.due == 0);
  CHECK(summary.delivered == 1);
  CHECK(summary.set_aside == 1);
  CHECK(summary.attributes == std::map<std::string, std::int64_t>{{"present", 1}});
  CHECK(world.store.CountBacklog().begin()->second.due == 0);
}

}  // namespace accoil::test
