#include "tests/catch.h"
#include "tests/integration/traitsync_world.h"

namespace accoil::test {
namespace {

using Values = intercom::AttributeValues;
using Failure = intercom::Failure;

constexpr auto kScore = "Accoil_TrialUsers_Score";
constexpr auto kPlan = "Accoil_TrialUsers_Plan";
constexpr auto kRate = "Accoil_TrialUsers_Rate";
constexpr auto kSegments = "Accoil_TrialUsers_Segments";

}  // namespace

TEST_CASE("traits reach the contact, typed, with their definitions made") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u1", "Score", 73);
  world.SetTrait("u1", "Rate", 0.25);
  world.SetTrait("u1", "LastActive", "2026-11-24T07:17:35+01:00");
  world.Enter("u1", "Most Engaged");
  world.Enter("u1", "All");
  world.DeliverAll();
  CHECK(world.intercom.contact("c1") ==
        Values{{kScore, std::int64_t{73}},
               {kRate, 0.25},
               {"Accoil_TrialUsers_LastActive", std::int64_t{1795501055}},
               {kSegments, "All, Most Engaged"}});
  CHECK(world.intercom.writes.size() == 1);
  CHECK(world.intercom.definition(kScore).data_type == "integer");
  CHECK(world.intercom.definition(kScore).description == "What Score means");
  CHECK(world.intercom.lists == 1);
  CHECK(world.Due() == 0);
}

TEST_CASE("an account's traits go to its company under names of their own") {
  TraitSyncWorld world;
  world.Begin();
  world.PutProfile(
      "trial", "Trial Users",
      {world.Trait("Score", events::v1::INTEGER, {events::v1::USER, events::v1::ACCOUNT}),
       world.Trait("ActiveUsers", events::v1::INTEGER, {events::v1::ACCOUNT})});
  world.intercom.targets[{SubjectKind::kAccount, "co1"}];
  world.Match("a1", "co1", SubjectKind::kAccount);
  world.SetTrait("u1", "Score", 1);
  world.SetTrait("a1", "Score", 2, SubjectKind::kAccount);
  world.SetTrait("a1", "ActiveUsers", 3, SubjectKind::kAccount);
  world.DeliverAll();
  CHECK(world.intercom.contact("c1") == Values{{kScore, std::int64_t{1}}});
  CHECK(world.intercom.company("co1") ==
        Values{{"Accoil_TrialUsers_Score_Account", std::int64_t{2}},
               {"Accoil_TrialUsers_ActiveUsers", std::int64_t{3}}});
}

TEST_CASE("facts that come before the match are delivered once it comes") {
  TraitSyncWorld world;
  world.Connect();
  world.intercom.targets[{SubjectKind::kUser, "c1"}];
  world.SetTrait("u1", "Score", 5);
  world.PutProfile("trial", "Trial Users", {world.Trait("Score", events::v1::INTEGER)});
  world.DeliverAll();
  CHECK(world.intercom.calls() == 0);
  world.Match("u1", "c1");
  world.DeliverAll();
  CHECK(world.intercom.contact("c1") == Values{{kScore, std::int64_t{5}}});
}

TEST_CASE("unchanged data costs no call") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u1", "Score", 73);
  world.DeliverAll();
  const int before = world.intercom.calls();
  world.SetTrait("u1", "Score", 73);
  CHECK(world.Due() == 0);
  world.store.StartSweep(core::ProductId(TraitSyncWorld::kProduct));
  world.DeliverAll();
  CHECK(world.intercom.calls() == before);
  CHECK(world.intercom.granted == world.intercom.ended + world.intercom.unused);
}

TEST_CASE("an older fact changes nothing") {
  TraitSyncWorld world;
  world.Begin();
  const auto old_value = world.TraitEvent("u1", "Score", 1);
  world.SetTrait("u1", "Score", 2);
  world.Apply(old_value);
  world.Exit("u1", "All", 20'000);
  world.Enter("u1", "All", 10'000);
  world.DeliverAll();
  CHECK(world.intercom.contact("c1") == Values{{kScore, std::int64_t{2}}});
}

TEST_CASE("of entered and exited in one batch the newer counts") {
  TraitSyncWorld world;
  world.Begin();
  events::v1::SegmentEntered entered;
  *entered.mutable_subject() = world.SubjectOf("u1", SubjectKind::kUser);
  entered.set_profile_id("trial");
  entered.set_segment("All");
  entered.set_version(20);
  events::v1::SegmentExited exited;
  *exited.mutable_subject() = entered.subject();
  exited.set_profile_id("trial");
  exited.set_segment("All");
  exited.set_version(30);
  world.Apply(entered, exited);
  world.DeliverAll();
  CHECK(world.intercom.contact("c1").empty());
  entered.set_version(40);
  world.Apply(exited, entered);
  world.DeliverAll();
  CHECK(world.intercom.contact("c1") == Values{{kSegments, "All"}});
}

TEST_CASE("a withdrawn trait and a left segment are cleared, and only what was delivered is") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u1", "Score", 73);
  world.Enter("u1", "All");
  world.DeliverAll();
  world.SetTrait("u1", "Score", nullptr);
  world.SetTrait("u1", "Plan", nullptr);
  world.Exit("u1", "All");
  world.DeliverAll();
  CHECK(world.intercom.contact("c1").empty());
  CHECK(world.intercom.writes.back().values ==
        Values{{kScore, std::monostate()}, {kSegments, std::monostate()}});
  const auto writes = world.intercom.writes.size();
  world.store.StartSweep(core::ProductId(TraitSyncWorld::kProduct));
  world.DeliverAll();
  CHECK(world.intercom.writes.size() == writes);
}

TEST_CASE("changes within the window go together in one call") {
  TraitSyncWorld world(std::chrono::minutes(1));
  world.Begin();
  world.DeliverAll();
  world.SetTrait("u1", "Score", 1);
  world.SetTrait("u1", "Rate", 0.5);
  CHECK(world.Round(traitsync::Rank::kChange).claimed == 0);
  world.PassWindow();
  world.SetTrait("u1", "Score", 2);
  CHECK(world.Round(traitsync::Rank::kChange).claimed == 1);
  CHECK(world.intercom.writes.size() == 1);
  CHECK(world.intercom.contact("c1") == Values{{kScore, std::int64_t{2}}, {kRate, 0.5}});
  SECTION("the last of them, whose window ends later, costs no call") {
    world.PassWindow();
    world.Round(traitsync::Rank::kChange);
    world.PassBackoff();
    CHECK(world.Round(traitsync::Rank::kChange).claimed == 1);
    CHECK(world.intercom.writes.size() == 1);
    CHECK(world.Due() == 0);
  }
  SECTION("a subject that changes all the time has one call a window") {
    world.SetTrait("u1", "Score", 3);
    world.PassWindow();
    CHECK(world.Round(traitsync::Rank::kChange).claimed == 0);
    CHECK(world.Due() == 1);
    world.PassBackoff();
    CHECK(world.Round(traitsync::Rank::kChange).claimed == 1);
    CHECK(world.intercom.writes.size() == 2);
  }
}

TEST_CASE("a change during delivery is not lost") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u1", "Score", 1);
  world.intercom.after_write = [&](const auto& write) -> std::optional<Failure> {
    if (write.values.at(kScore) == intercom::AttributeValue(std::int64_t{1})) {
      world.SetTrait("u1", "Score", 2);
    }
    return std::nullopt;
  };
  world.DeliverAll();
  CHECK(world.intercom.contact("c1") == Values{{kScore, std::int64_t{2}}});
}

TEST_CASE("a dead worker's claim is taken over, and all is written for what it sent is unknown") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u1", "Score", 10);
  world.DeliverAll();
  world.SetTrait("u1", "Score", 20);
  // It sends the 20 and dies before it ends its claim; then the trait goes back.
  const auto claim = world.store.ClaimDeliveries(world.Product(), traitsync::Rank::kChange, 10,
                                                 std::chrono::minutes(1));
  REQUIRE(claim.deliveries.size() == 1);
  world.intercom.targets[{SubjectKind::kUser, "c1"}][kScore] = std::int64_t{20};
  world.SetTrait("u1", "Score", 10);
  CHECK(world.Round(traitsync::Rank::kChange).claimed == 0);
  world.EndClaims();
  world.DeliverAll();
  CHECK(world.intercom.contact("c1") == Values{{kScore, std::int64_t{10}}});
  CHECK(world.Due() == 0);
}

TEST_CASE("what a worker writes after its claim was lost is overwritten") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u1", "Score", 1);
  bool first = true;
  world.intercom.before_write = [&](const auto&) -> std::optional<Failure> {
    if (std::exchange(first, false)) {
      // While it is paused, its claim ends, and another worker delivers a newer value.
      world.EndClaims();
      world.SetTrait("u1", "Score", 2);
      core::Crew other(1);
      const auto product = world.Product();
      CHECK(traitsync::DeliveryRound(world.tools, other, product, traitsync::Rank::kChange)
                .Run(10)
                .claimed == 1);
    }
    return std::nullopt;
  };
  world.Round(traitsync::Rank::kCatchUp);
  world.Round(traitsync::Rank::kChange);
  world.DeliverAll();
  CHECK(world.intercom.contact("c1") == Values{{kScore, std::int64_t{2}}});
  CHECK(world.Due() == 0);
}

TEST_CASE("after a time-out everything is written again, for what was done is unknown") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u1", "Score", 1);
  world.DeliverAll();
  world.SetTrait("u1", "Score", 2);
  world.intercom.after_write = [&](const auto&) {
    return FakeIntercom::MakeFailure(Failure::Kind::kUnknown, 0, "timed out");
  };
  world.DeliverAll();
  CHECK(world.Due() == 1);
  world.intercom.after_write = nullptr;
  world.SetTrait("u1", "Score", 1);
  world.PassBackoff();
  world.DeliverAll();
  CHECK(world.intercom.contact("c1") == Values{{kScore, std::int64_t{1}}});
  CHECK(world.Due() == 0);
}

TEST_CASE("a spell of 5xx loses nothing and is not hammered") {
  TraitSyncWorld world;
  world.Begin();
  for (int i = 0; i < 40; ++i) {
    const auto id = std::to_string(i);
    world.intercom.targets[{SubjectKind::kUser, "t" + id}];
    world.Match("user" + id, "t" + id);
    world.SetTrait("user" + id, "Score", i);
  }
  world.intercom.before_write = [&](const auto&) {
    return FakeIntercom::MakeFailure(Failure::Kind::kServer, 503);
  };
  const auto result = world.Round(traitsync::Rank::kChange);
  CHECK(result.trouble);
  // Five in a row end the round; as many more were under way on the other threads.
  CHECK(world.intercom.writes.size() <= 9);
  world.intercom.before_write = nullptr;
  world.PassBackoff();
  world.DeliverAll();
  for (int i = 0; i < 40; ++i) {
    CHECK(world.intercom.contact("t" + std::to_string(i)) == Values{{kScore, std::int64_t{i}}});
  }
  CHECK(world.Due() == 0);
  CHECK(world.intercom.granted == world.intercom.ended + world.intercom.unused);
}

TEST_CASE("a probe that fails is trouble, too") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u1", "Score", 1);
  world.intercom.before_write = [&](const auto&) {
    return FakeIntercom::MakeFailure(Failure::Kind::kServer, 503);
  };
  CHECK(world.Round(traitsync::Rank::kChange, 4).trouble);
  // All back off: nothing is called, so nothing is known.
  const auto idle = world.Round(traitsync::Rank::kChange, 4);
  CHECK(!idle.trouble);
  CHECK(!idle.answered);
}

TEST_CASE("a 429 ends the round and its deliveries come again") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u1", "Score", 1);
  world.intercom.before_write = [&](const auto&) {
    return FakeIntercom::MakeFailure(Failure::Kind::kThrottled, 429);
  };
  world.Round(traitsync::Rank::kChange);
  CHECK(world.postgres.Number("SELECT max(attempt) FROM delivery") == 0);
  world.intercom.before_write = nullptr;
  world.DeliverAll();
  CHECK(world.intercom.contact("c1") == Values{{kScore, std::int64_t{1}}});
}

TEST_CASE("a dead token stops the calls and is reported") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u1", "Score", 1);
  world.intercom.before_write = [&](const auto&) {
    return FakeIntercom::MakeFailure(Failure::Kind::kUnauthorized, 401);
  };
  const auto result = world.Round(traitsync::Rank::kChange);
  CHECK(result.shut_out);
  CHECK(result.rest > std::chrono::seconds(10));
  CHECK(world.intercom.unauthorized_reports == 1);
  CHECK(world.intercom.writes.size() == 1);
  world.Connect("ws1", "Accoil", events::v1::DISCONNECTED);
  CHECK(world.store.FindDue().empty());
  world.intercom.before_write = nullptr;
  world.Connect();
  world.DeliverAll();
  CHECK(world.intercom.contact("c1") == Values{{kScore, std::int64_t{1}}});
}

TEST_CASE("what the budget has no call for waits, and no permit is kept") {
  TraitSyncWorld world;
  world.Begin();
  world.DeliverAll();
  world.intercom.Define(kScore, "integer");
  world.intercom.targets[{SubjectKind::kUser, "c2"}];
  world.Match("u2", "c2");
  world.SetTrait("u1", "Score", 1);
  world.SetTrait("u2", "Score", 2);
  world.intercom.allowance = 2;  // one is for the list of definitions
  const auto result = world.Round(traitsync::Rank::kChange);
  CHECK(result.exhausted);
  CHECK(result.rest == std::chrono::milliseconds(50));
  CHECK(world.intercom.writes.size() == 1);
  CHECK(world.Due() == 1);
  world.intercom.allowance = 10;
  world.DeliverAll();
  CHECK(world.intercom.writes.size() == 2);
  CHECK(world.Due() == 0);
  CHECK(world.intercom.granted == world.intercom.ended + world.intercom.unused);
}

TEST_CASE("two workers do not deliver the same subject") {
  TraitSyncWorld world;
  world.Begin();
  for (int i = 0; i < 200; ++i) {
    const auto id = std::to_string(i);
    world.intercom.targets[{SubjectKind::kUser, "t" + id}];
    world.Match("user" + id, "t" + id);
    world.SetTrait("user" + id, "Score", i);
  }
  const auto product = world.Product();
  const auto work = [&] {
    core::Crew crew(2);
    while (traitsync::DeliveryRound(world.tools, crew, product, traitsync::Rank::kChange)
               .Run(7)
               .claimed > 0) {
    }
  };
  std::thread other(work);
  work();
  other.join();
  CHECK(world.intercom.writes.size() == 200);
  CHECK(world.Due() == 1);  // u1, matched and still to be looked at
}

}  // namespace accoil::test
