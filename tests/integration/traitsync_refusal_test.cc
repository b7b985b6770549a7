#include "tests/catch.h"
#include "tests/integration/traitsync_world.h"

namespace accoil::test {
namespace {

using Values = intercom::AttributeValues;
using Failure = intercom::Failure;

constexpr auto kScore = "Accoil_TrialUsers_Score";
constexpr auto kPlan = "Accoil_TrialUsers_Plan";
constexpr auto kRate = "Accoil_TrialUsers_Rate";
const core::ProductId kProduct(TraitSyncWorld::kProduct);

std::function<std::optional<Failure>(const FakeIntercom::Write&)> Refusing(
    const std::string& attribute) {
  return [attribute](const FakeIntercom::Write& write) -> std::optional<Failure> {
    if (!write.values.contains(attribute)) return std::nullopt;
    return FakeIntercom::MakeFailure(Failure::Kind::kRefused, 422, "no such luck");
  };
}

}  // namespace

TEST_CASE("a value of the wrong type is set aside and the others go") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u1", "Score", "a lot");
  world.SetTrait("u1", "Rate", std::numeric_limits<double>::quiet_NaN());
  world.SetTrait("u1", "Plan", std::string(300, 'x'));
  world.SetTrait("u1", "LastActive", "2026-11-24");
  world.DeliverAll();
  CHECK(world.intercom.contact("c1") ==
        Values{{"Accoil_TrialUsers_LastActive", std::int64_t{1795478400}}});
  CHECK(world.Reason(kScore) == "the value is a string, not of type integer");
  CHECK(world.Reason(kRate) == "the value is not a finite number");
  CHECK(world.Reason(kPlan) == "the value is longer than 255 characters");
  world.SetTrait("u1", "Score", 5);
  world.DeliverAll();
  CHECK(world.Reason(kScore).empty());
  CHECK(world.intercom.contact("c1").at(kScore) == intercom::AttributeValue(std::int64_t{5}));
}

TEST_CASE("one bad attribute does not block the others, whether or not the error names it") {
  TraitSyncWorld world;
  world.Begin();
  world.intercom.before_write = Refusing(kPlan);
  world.SetTrait("u1", "Score", 1);
  world.SetTrait("u1", "Plan", "gold");
  world.SetTrait("u1", "Rate", 0.5);
  world.SetTrait("u1", "LastActive", "2026-11-24");
  world.Enter("u1", "All");
  world.DeliverAll();
  CHECK(world.intercom.contact("c1").size() == 4);
  CHECK(world.Reason(kPlan) == "422: no such luck");
  CHECK(world.Due() == 0);

  SECTION("the refused value is not sent again with the next change") {
    const auto writes = world.intercom.writes.size();
    world.SetTrait("u1", "Score", 2);
    world.DeliverAll();
    CHECK(world.intercom.writes.size() == writes + 1);
    CHECK(world.intercom.writes.back().values == Values{{kScore, std::int64_t{2}}});
    CHECK(world.Reason(kPlan) == "422: no such luck");
  }
  SECTION("another value is") {
    world.intercom.before_write = nullptr;
    world.SetTrait("u1", "Plan", "silver");
    world.DeliverAll();
    CHECK(world.intercom.contact("c1").at(kPlan) == intercom::AttributeValue("silver"));
    CHECK(world.Reason(kPlan).empty());
  }
  SECTION("the same is at the sweep after its time") {
    world.intercom.before_write = nullptr;
    world.store.StartSweep(kProduct);
    world.DeliverAll();
    CHECK(!world.intercom.contact("c1").contains(kPlan));
    world.postgres.Run("UPDATE set_aside SET retry_at = now()");
    world.store.StartSweep(kProduct);
    world.DeliverAll();
    CHECK(world.intercom.contact("c1").at(kPlan) == intercom::AttributeValue("gold"));
    CHECK(world.Reason(kPlan).empty());
  }
}

TEST_CASE("an attribute that was archived by hand is brought back and its value sent") {
  for (const bool named : {true, false}) {
    TraitSyncWorld world;
    world.Begin();
    world.intercom.errors_name_attributes = named;
    world.SetTrait("u1", "Score", 1);
    world.SetTrait("u1", "Plan", "gold");
    world.DeliverAll();
    world.intercom.definition(kScore).archived = true;
    world.SetTrait("u1", "Score", 2);
    world.SetTrait("u1", "Plan", "silver");
    world.DeliverAll();
    CHECK(world.intercom.contact("c1") ==
          Values{{kScore, std::int64_t{2}}, {kPlan, std::string("silver")}});
    CHECK(world.intercom.restores == 1);
    CHECK(world.Reason(kScore).empty());
  }
}

TEST_CASE("an attribute that Intercom has with another type is refused, with the reason") {
  TraitSyncWorld world;
  world.Begin();
  world.intercom.Define(kScore, "string");
  world.SetTrait("u1", "Score", 1);
  world.SetTrait("u1", "Plan", "gold");
  world.DeliverAll();
  CHECK(world.intercom.contact("c1") == Values{{kPlan, std::string("gold")}});
  CHECK(world.store.Summarize(kProduct).attributes ==
        std::map<std::string, std::int64_t>{{"present", 1}, {"refused", 1}});
  const auto listed = world.store.ListSetAside(kProduct, world.store.SyncedProfiles(kProduct), 10);
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].attribute == kScore);
  CHECK(listed[0].reason ==
        "Intercom has it as string, the profile as integer; a type cannot be changed");
  const auto calls = world.intercom.calls();
  world.SetTrait("u1", "Score", 2);
  world.DeliverAll();
  CHECK(world.intercom.calls() == calls);
  SECTION("when the profile changes to that type, it is used") {
    world.PutProfile("trial", "Trial Users", {world.Trait("Score", events::v1::STRING)});
    world.SetTrait("u1", "Score", "high");
    world.DeliverAll();
    CHECK(world.intercom.contact("c1").at(kScore) == intercom::AttributeValue("high"));
  }
}

TEST_CASE("a name that Intercom refuses sets its values aside and costs no call") {
  TraitSyncWorld world;
  world.Begin();
  world.PutProfile("trial", "Trial (EU)", {world.Trait("Score", events::v1::INTEGER)});
  world.SetTrait("u1", "Score", 1);
  world.DeliverAll();
  CHECK(world.intercom.calls() == 0);
  const auto listed = world.store.ListSetAside(kProduct, world.store.SyncedProfiles(kProduct), 10);
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].attribute == "Accoil_Trial(EU)_Score");
}

TEST_CASE("a definition that cannot be made now makes its values wait, the others go") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u1", "Plan", "gold");
  world.DeliverAll();
  world.intercom.before_definition = [] {
    return FakeIntercom::MakeFailure(Failure::Kind::kServer, 500);
  };
  world.SetTrait("u1", "Plan", "silver");
  world.SetTrait("u1", "Score", 1);
  world.DeliverAll();
  CHECK(world.intercom.contact("c1") == Values{{kPlan, std::string("silver")}});
  CHECK(world.Due() == 1);
  world.intercom.before_definition = nullptr;
  world.PassBackoff();
  world.DeliverAll();
  CHECK(world.intercom.contact("c1").at(kScore) == intercom::AttributeValue(std::int64_t{1}));
  CHECK(world.Due() == 0);
}

TEST_CASE("when a contact is gone, matcher is asked and a new match is delivered whole") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u1", "Score", 1);
  world.DeliverAll();
  world.intercom.targets.erase({SubjectKind::kUser, "c1"});
  world.SetTrait("u1", "Score", 2);
  world.DeliverAll();
  REQUIRE(world.rematched.size() == 1);
  CHECK(world.rematched[0].id == core::SubjectId("u1"));
  CHECK(world.Reason("") == "contact is gone in Intercom");
  const auto writes = world.intercom.writes.size();
  world.SetTrait("u1", "Score", 3);
  world.DeliverAll();
  CHECK(world.intercom.writes.size() == writes);
  SECTION("a new match") {
    world.intercom.targets[{SubjectKind::kUser, "c2"}];
    world.Match("u1", "c2");
    world.DeliverAll();
    CHECK(world.intercom.contact("c2") == Values{{kScore, std::int64_t{3}}});
    CHECK(world.Reason("").empty());
    CHECK(world.Due() == 0);
  }
  SECTION("the contact after all") {
    world.intercom.targets[{SubjectKind::kUser, "c1"}];
    world.PassBackoff();
    world.DeliverAll();
    CHECK(world.intercom.contact("c1") == Values{{kScore, std::int64_t{3}}});
    CHECK(world.Reason("").empty());
  }
}

TEST_CASE("events of an unknown profile are kept, shown, and delivered once it is known") {
  TraitSyncWorld world;
  world.Connect();
  world.intercom.targets[{SubjectKind::kUser, "c1"}];
  world.Match("u1", "c1");
  world.SetTrait("u1", "Score", 1);
  world.DeliverAll();
  CHECK(world.intercom.calls() == 0);
  const auto listed = world.store.ListSetAside(kProduct, {}, 10);
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].reason.starts_with("unknown profile trial"));
  world.PutProfile("trial", "Trial Users", {world.Trait("Score", events::v1::INTEGER)});
  world.DeliverAll();
  CHECK(world.intercom.contact("c1") == Values{{kScore, std::int64_t{1}}});
  CHECK(world.store.ListSetAside(kProduct, {}, 10).empty());
}

}  // namespace accoil::test
