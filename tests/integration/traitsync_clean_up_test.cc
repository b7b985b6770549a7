#include "tests/catch.h"
#include "tests/integration/traitsync_world.h"

namespace accoil::test {
namespace {

using Failure = intercom::Failure;
using Names = std::set<std::string>;
using Values = intercom::AttributeValues;

constexpr auto kScore = "Accoil_TrialUsers_Score";
constexpr auto kPlan = "Accoil_TrialUsers_Plan";
constexpr auto kSegments = "Accoil_TrialUsers_Segments";

std::vector<events::v1::TraitDefinition> Catalogue() {
  return {TraitSyncWorld::Trait("Score", events::v1::INTEGER),
          TraitSyncWorld::Trait("Plan", events::v1::STRING)};
}

void Switch(TraitSyncWorld& world, events::v1::SyncMode mode) {
  world.PutProfile("trial", "Trial Users", Catalogue(), mode);
}

/// A product that has delivered Score, Plan and Segments of "u1".
void Deliver(TraitSyncWorld& world) {
  world.Begin();
  world.SetTrait("u1", "Score", 1);
  world.SetTrait("u1", "Plan", "gold");
  world.Enter("u1", "All");
  world.Settle();
  REQUIRE(world.intercom.shown() == Names{kScore, kPlan, kSegments});
}

/// Further users with a score, each matched to a contact of its own.
void AddUsers(TraitSyncWorld& world, int count) {
  for (int i = 0; i < count; ++i) {
    const auto id = std::to_string(i);
    world.intercom.targets[{SubjectKind::kUser, "t" + id}];
    world.Match("user" + id, "t" + id);
    world.SetTrait("user" + id, "Score", i);
  }
  world.Settle();
}

std::string StateOf(TraitSyncWorld& world, const std::string& name) {
  const auto states =
      world.postgres.Texts("SELECT state FROM attribute WHERE name = '" + name + "'");
  return states.empty() ? "" : states.front();
}

}  // namespace

TEST_CASE("a profile that is switched off has its attributes archived, on contacts and companies") {
  TraitSyncWorld world;
  Deliver(world);
  world.intercom.targets[{SubjectKind::kAccount, "co1"}];
  world.PutProfile(
      "trial", "Trial Users",
      {world.Trait("Score", events::v1::INTEGER, {events::v1::USER, events::v1::ACCOUNT}),
       world.Trait("Plan", events::v1::STRING)});
  world.Match("a1", "co1", SubjectKind::kAccount);
  world.SetTrait("a1", "Score", 5, SubjectKind::kAccount);
  world.Settle();
  REQUIRE(world.intercom.shown().contains("Accoil_TrialUsers_Score_Account"));
  const auto writes = world.intercom.writes.size();
  const auto lists = world.intercom.lists;
  Switch(world, events::v1::OFF);
  world.Settle();
  CHECK(world.intercom.shown().empty());
  CHECK(world.intercom.archives == 4);
  // What contacts hold is left alone, and nothing had to be listed.
  CHECK(world.intercom.writes.size() == writes);
  CHECK(world.intercom.lists == lists);
  CHECK(StateOf(world, kScore) == "archived");
  const auto calls = world.intercom.calls();
  Switch(world, events::v1::OFF);
  world.Settle();
  CHECK(world.intercom.calls() == calls);
  CHECK(world.intercom.granted == world.intercom.ended + world.intercom.unused);
}

TEST_CASE("a profile narrowed to segments, or that loses a trait, keeps what it still syncs") {
  TraitSyncWorld world;
  Deliver(world);
  SECTION("segment names only") {
    Switch(world, events::v1::SEGMENTS_ONLY);
    world.Settle();
    CHECK(world.intercom.shown() == Names{kSegments});
  }
  SECTION("a trait less in its catalogue") {
    world.PutProfile("trial", "Trial Users", {world.Trait("Score", events::v1::INTEGER)});
    world.Settle();
    CHECK(world.intercom.shown() == Names{kScore, kSegments});
  }
}

TEST_CASE("a profile that is renamed, removed, or has another prefix leaves nothing behind") {
  TraitSyncWorld world;
  Deliver(world);
  SECTION("renamed") {
    world.PutProfile("trial", "Beta", Catalogue());
    world.Settle();
    CHECK(world.intercom.shown() ==
          Names{"Accoil_Beta_Score", "Accoil_Beta_Plan", "Accoil_Beta_Segments"});
  }
  SECTION("renamed and renamed back at once") {
    world.PutProfile("trial", "Beta", Catalogue());
    world.PutProfile("trial", "Trial Users", Catalogue());
    world.Settle();
    CHECK(world.intercom.shown() == Names{kScore, kPlan, kSegments});
    CHECK(world.intercom.archives == 0);
    CHECK(world.intercom.creates == 3);
  }
  SECTION("removed") {
    events::v1::ProfileChanged event;
    event.set_product_id(TraitSyncWorld::kProduct);
    event.set_profile_id("trial");
    event.set_version(++world.version);
    event.set_removed(true);
    world.Apply(event);
    world.Settle();
    CHECK(world.intercom.shown().empty());
  }
  SECTION("another prefix") {
    world.Connect("ws1", "Acme");
    world.CleanUp();
    CHECK(world.intercom.shown().empty());
  }
}

TEST_CASE("an attribute that was there before is never archived") {
  TraitSyncWorld world;
  world.intercom.Define(kScore, "integer");
  world.intercom.Define(kPlan, "string");
  world.intercom.definition(kPlan).archived = true;
  Deliver(world);
  Switch(world, events::v1::OFF);
  world.Settle();
  CHECK(world.intercom.shown() == Names{kScore, kPlan});
  CHECK(world.postgres.Number("SELECT count(*) FROM attribute WHERE ours") == 1);
}

TEST_CASE("what another product of the workspace wants stays until that one lets it go, too") {
  TraitSyncWorld world;
  Deliver(world);
  world.product = 8;
  world.Connect();
  world.PutProfile("other", "Trial Users", {world.Trait("Score", events::v1::INTEGER)});
  world.product = TraitSyncWorld::kProduct;
  Switch(world, events::v1::OFF);
  world.Settle();
  CHECK(world.intercom.shown() == Names{kScore, kSegments});
  world.product = 8;
  world.PutProfile("other", "Trial Users", {}, events::v1::OFF);
  world.Settle();
  CHECK(world.intercom.shown().empty());
}

TEST_CASE("wanted again, attributes come back and every value is written once") {
  TraitSyncWorld world;
  Deliver(world);
  AddUsers(world, 5);
  world.SetTrait("user4", "Score", nullptr);
  world.SetTrait("user3", "Score", nullptr);
  world.SetTrait("user3", "Score", 3);
  world.Settle();
  Switch(world, events::v1::OFF);
  world.Settle();
  REQUIRE(world.intercom.shown().empty());
  // Intercom has forgotten one value, and one is withdrawn while nobody sees it.
  world.intercom.targets[{SubjectKind::kUser, "t0"}].clear();
  world.SetTrait("user1", "Score", nullptr);
  world.SetTrait("user2", "Score", 22);
  world.Settle();
  const auto writes = world.intercom.writes.size();
  const auto calls = world.intercom.calls();
  Switch(world, events::v1::ALL_TRAITS);
  world.Settle();
  CHECK(world.intercom.shown() == Names{kScore, kPlan, kSegments});
  CHECK(world.intercom.creates == 3);
  CHECK(world.intercom.restores == 3);
  CHECK(world.intercom.contact("c1") == Values{{kScore, std::int64_t{1}},
                                               {kPlan, std::string("gold")},
                                               {kSegments, std::string("All")}});
  CHECK(world.intercom.contact("t0") == Values{{kScore, std::int64_t{0}}});
  CHECK(world.intercom.contact("t1").empty());
  CHECK(world.intercom.contact("t2") == Values{{kScore, std::int64_t{22}}});
  // Four with a value and one that had one; with one listing and three to bring back.
  CHECK(world.intercom.writes.size() == writes + 5);
  CHECK(world.intercom.calls() == calls + 9);
  SECTION("and afterwards unchanged data costs no call") {
    const auto settled = world.intercom.calls();
    world.store.StartSweep(core::ProductId(TraitSyncWorld::kProduct));
    world.Settle();
    CHECK(world.intercom.calls() == settled);
  }
  SECTION("any number of times") {
    Switch(world, events::v1::OFF);
    world.Settle();
    world.intercom.targets[{SubjectKind::kUser, "t0"}].clear();
    Switch(world, events::v1::ALL_TRAITS);
    world.Settle();
    CHECK(world.intercom.contact("t0") == Values{{kScore, std::int64_t{0}}});
  }
}

TEST_CASE(
    "what a contact that was left held of an archived attribute does not show again with it") {
  TraitSyncWorld world;
  Deliver(world);
  AddUsers(world, 2);
  Switch(world, events::v1::OFF);
  world.Settle();
  // One leaves its contact to nobody, one to a user who has no plan.
  world.Match("user0", "");
  world.Match("u1", "");
  world.Match("u2", "c1");
  world.Settle();
  CHECK(world.postgres.Number("SELECT count(*) FROM former_target WHERE due_at IS NULL") == 2);
  REQUIRE(world.intercom.contact("c1").contains(kPlan));
  const auto calls = world.intercom.calls();
  world.Settle();
  CHECK(world.intercom.calls() == calls);
  Switch(world, events::v1::ALL_TRAITS);
  world.SetTrait("user1", "Plan", "silver");
  world.Settle();
  REQUIRE(world.intercom.shown() == Names{kScore, kPlan});
  CHECK(world.intercom.contact("t0").empty());
  CHECK(!world.intercom.contact("c1").contains(kScore));
  CHECK(!world.intercom.contact("c1").contains(kPlan));
  // Segments is archived still.
  CHECK(world.postgres.Texts("SELECT attributes::text FROM former_target") ==
        std::vector<std::string>{"{" + std::string(kSegments) + "}"});
  world.Enter("user1", "All");
  world.Settle();
  CHECK(world.intercom.contact("c1").empty());
  CHECK(world.postgres.Number("SELECT count(*) FROM former_target") == 0);
}

TEST_CASE("an attribute that nobody has a value for stays archived until somebody has") {
  TraitSyncWorld world;
  Deliver(world);
  Switch(world, events::v1::OFF);
  world.SetTrait("u1", "Plan", nullptr);
  world.Settle();
  Switch(world, events::v1::ALL_TRAITS);
  world.Settle();
  CHECK(world.intercom.shown() == Names{kScore, kSegments});
  // Hidden, Intercom still holds what it was; brought back, it must not show.
  REQUIRE(world.intercom.contact("c1").contains(kPlan));
  AddUsers(world, 1);
  world.SetTrait("user0", "Plan", "silver");
  world.Settle();
  CHECK(world.intercom.shown() == Names{kScore, kPlan, kSegments});
  CHECK(!world.intercom.contact("c1").contains(kPlan));
  CHECK(world.intercom.contact("t0").at(kPlan) == intercom::AttributeValue("silver"));
}

TEST_CASE("an attribute archived by hand is brought back with the values of all") {
  TraitSyncWorld world;
  Deliver(world);
  AddUsers(world, 3);
  world.intercom.definition(kScore).archived = true;
  for (int i = 0; i < 3; ++i) {
    world.intercom.targets[{SubjectKind::kUser, "t" + std::to_string(i)}].clear();
  }
  world.SetTrait("u1", "Score", 2);
  world.Settle();
  for (int i = 0; i < 3; ++i) {
    CHECK(world.intercom.contact("t" + std::to_string(i)) == Values{{kScore, std::int64_t{i}}});
  }
}

TEST_CASE("what Intercom will not archive is kept with the reason and tried again") {
  TraitSyncWorld world;
  Deliver(world);
  world.intercom.in_use = {kScore};
  Switch(world, events::v1::OFF);
  world.Settle();
  CHECK(world.intercom.shown() == Names{kScore});
  CHECK(StateOf(world, kScore) == "cannot_archive");
  CHECK(world.postgres.Text("SELECT reason FROM attribute WHERE state = 'cannot_archive'")
            .find("A workflow depends on it") != std::string::npos);
  CHECK(world.postgres.Number("SELECT count(*) FROM clean_up WHERE due_at BETWEEN "
                              "now() + interval '23 hours' AND now() + interval '24 hours'") == 1);
  const auto calls = world.intercom.calls();
  SECTION("in its time") {
    world.PassCleanUpWait();
    world.Settle();
    CHECK(world.intercom.calls() == calls);
    world.postgres.Run(
        "UPDATE attribute SET retry_at = now() - interval '1 second' "
        "WHERE state = 'cannot_archive'");
    world.PassCleanUpWait();
    world.intercom.in_use.clear();
    world.Settle();
    CHECK(world.intercom.calls() == calls + 1);
    CHECK(world.intercom.shown().empty());
    CHECK(StateOf(world, kScore) == "archived");
  }
  SECTION("at the next change") {
    world.intercom.in_use.clear();
    Switch(world, events::v1::OFF);
    world.Settle();
    CHECK(world.intercom.shown().empty());
  }
  SECTION("on request") {
    world.intercom.in_use.clear();
    world.store.RequestCleanUp(core::WorkspaceId("ws1"));
    world.Settle();
    CHECK(world.intercom.shown().empty());
  }
  SECTION("unless it is wanted again, which costs no call for what stayed as it was") {
    world.PutProfile("trial", "Trial Users", {world.Trait("Score", events::v1::INTEGER)});
    world.postgres.Run("DELETE FROM membership");
    world.Settle();
    CHECK(StateOf(world, kScore) == "present");
    CHECK(world.intercom.restores == 0);
  }
}

TEST_CASE("an attribute that is gone in Intercom is forgotten, and made with all values anew") {
  TraitSyncWorld world;
  Deliver(world);
  world.intercom.definitions.erase({intercom::Model::kContact, kScore});
  world.intercom.targets[{SubjectKind::kUser, "c1"}].erase(kScore);
  Switch(world, events::v1::OFF);
  world.Settle();
  CHECK(world.intercom.shown().empty());
  CHECK(world.postgres.Number("SELECT count(*) FROM attribute WHERE ours") == 2);
  Switch(world, events::v1::ALL_TRAITS);
  world.Settle();
  CHECK(world.intercom.creates == 4);
  CHECK(world.intercom.contact("c1").at(kScore) == intercom::AttributeValue(std::int64_t{1}));
  Switch(world, events::v1::OFF);
  world.Settle();
  CHECK(world.intercom.shown().empty());
}

TEST_CASE("an attribute whose making had no answer is ours, and archived when it was made") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u1", "Score", 1);
  SECTION("it was made") {
    world.intercom.after_create = [] {
      return FakeIntercom::MakeFailure(Failure::Kind::kUnknown, 0, "timed out");
    };
    world.DeliverAll();
    world.intercom.after_create = nullptr;
    REQUIRE(StateOf(world, kScore) == "wanted");
    Switch(world, events::v1::OFF);
    const auto lists = world.intercom.lists;
    world.Settle();
    CHECK(world.intercom.shown().empty());
    CHECK(world.intercom.lists == lists + 1);
    CHECK(StateOf(world, kScore) == "archived");
  }
  SECTION("the process died before it could note the answer") {
    world.intercom.after_create = []() -> std::optional<Failure> {
      throw std::runtime_error("died");
    };
    CHECK_THROWS(world.Round(traitsync::Rank::kChange));
    world.intercom.after_create = nullptr;
    REQUIRE(world.intercom.shown() == Names{kScore});
    Switch(world, events::v1::OFF);
    world.EndClaims();
    world.Settle();
    CHECK(world.intercom.shown().empty());
  }
  SECTION("it was not made, and is looked for until it cannot be under way any more") {
    world.intercom.before_definition = [] {
      return FakeIntercom::MakeFailure(Failure::Kind::kServer, 503);
    };
    world.intercom.Define(kPlan, "string");
    world.DeliverAll();
    world.intercom.before_definition = nullptr;
    world.postgres.Run("UPDATE attribute SET ours = true");
    Switch(world, events::v1::OFF);
    world.Settle();
    CHECK(StateOf(world, kScore) == "wanted");
    world.postgres.Run("UPDATE attribute SET checked_at = now() - interval '2 minutes'");
    world.PassCleanUpWait();
    world.Settle();
    CHECK(StateOf(world, kScore).empty());
    CHECK(world.intercom.archives == 0);
  }
}

TEST_CASE("an attribute that was surely not made by us is not taken for ours") {
  TraitSyncWorld world;
  world.Begin();
  world.intercom.Define(kScore, "integer", intercom::Model::kCompany);
  world.SetTrait("u1", "Score", 1);
  world.Settle();
  CHECK(StateOf(world, kScore) == "refused");
  CHECK(world.postgres.Number("SELECT count(*) FROM attribute WHERE ours") == 0);
}

TEST_CASE("an archiving without an answer, or whose process died, is done again") {
  TraitSyncWorld world;
  Deliver(world);
  Switch(world, events::v1::OFF);
  SECTION("no answer") {
    world.intercom.after_archive = [](const auto&) {
      return FakeIntercom::MakeFailure(Failure::Kind::kUnknown, 0, "timed out");
    };
    world.CleanUp();
    world.intercom.after_archive = nullptr;
    world.PassCleanUpWait();
  }
  SECTION("nothing was done") {
    world.intercom.before_archive = [](const auto&) {
      return FakeIntercom::MakeFailure(Failure::Kind::kServer, 503);
    };
    world.CleanUp();
    CHECK(world.intercom.shown().size() == 3);
    world.intercom.before_archive = nullptr;
    world.PassCleanUpWait();
  }
  SECTION("died") {
    world.intercom.after_archive = [](const auto&) -> std::optional<Failure> {
      throw std::runtime_error("died");
    };
    CHECK_THROWS(world.CleanUpOnce());
    CHECK(!world.CleanUpOnce());
    world.intercom.after_archive = nullptr;
    world.postgres.Run("UPDATE clean_up SET claimed_until = now()");
  }
  world.Settle();
  CHECK(world.intercom.shown().empty());
  CHECK(world.postgres.Number("SELECT count(*) FROM attribute WHERE archived_at IS NOT NULL") == 3);
  SECTION("and if it is wanted again before that, its values are written") {
    Switch(world, events::v1::ALL_TRAITS);
    world.Settle();
    CHECK(world.intercom.shown().size() == 3);
  }
}

TEST_CASE("a clean-up that died is no hindrance to what it had archived being wanted again") {
  TraitSyncWorld world;
  Deliver(world);
  Switch(world, events::v1::OFF);
  world.intercom.after_archive = [](const auto&) -> std::optional<Failure> {
    throw std::runtime_error("died");
  };
  CHECK_THROWS(world.CleanUpOnce());
  world.intercom.after_archive = nullptr;
  const auto shown = world.intercom.shown();
  REQUIRE(shown.size() < 3);
  Switch(world, events::v1::ALL_TRAITS);
  world.Settle();
  CHECK(world.intercom.shown() == Names{kScore, kPlan, kSegments});
  world.postgres.Run("UPDATE clean_up SET claimed_until = now()");
  world.Settle();
  CHECK(world.intercom.shown() == Names{kScore, kPlan, kSegments});
}

TEST_CASE("a change while attributes are archived is seen before the next call") {
  TraitSyncWorld world;
  Deliver(world);
  Switch(world, events::v1::OFF);
  bool first = true;
  world.intercom.before_archive = [&](const auto&) -> std::optional<Failure> {
    if (std::exchange(first, false)) Switch(world, events::v1::ALL_TRAITS);
    return std::nullopt;
  };
  core::Crew one_by_one(1);
  const auto claim = world.store.ClaimCleanUp(world.config.claim);
  traitsync::CleanUpRound(world.tools, one_by_one, world.finish_disconnect, *claim).Run();
  CHECK(world.intercom.archives == 1);
  world.Settle();
  CHECK(world.intercom.shown() == Names{kScore, kPlan, kSegments});
  CHECK(world.intercom.archives == 1);
}

TEST_CASE("whoever brings back what is being archived, in the end there is what is wanted") {
  TraitSyncWorld world;
  Deliver(world);
  Switch(world, events::v1::OFF);
  // It is wanted, and a round brings it back, while Intercom is asked; then perhaps it is not.
  const bool wanted = GENERATE(true, false);
  const bool before = GENERATE(true, false);
  CAPTURE(wanted, before);
  bool first = true;
  const auto interfere = [&](const std::string& name) {
    if (name != kScore || !std::exchange(first, false)) return;
    Switch(world, events::v1::ALL_TRAITS);
    world.SetTrait("u1", "Score", 2);
    world.DeliverAll();
    if (!wanted) Switch(world, events::v1::OFF);
  };
  auto& when = before ? world.intercom.before_archive : world.intercom.after_archive;
  when = [&](const auto& name) -> std::optional<Failure> {
    interfere(name);
    return std::nullopt;
  };
  core::Crew one_by_one(1);
  const auto claim = world.store.ClaimCleanUp(world.config.claim);
  traitsync::CleanUpRound(world.tools, one_by_one, world.finish_disconnect, *claim).Run();
  world.Settle();
  CHECK(world.intercom.shown() == (wanted ? Names{kScore, kPlan, kSegments} : Names{}));
  if (wanted) {
    CHECK(world.intercom.contact("c1").at(kScore) == intercom::AttributeValue(std::int64_t{2}));
  }
}

TEST_CASE("a round with an old plan that brings an attribute back does not keep it") {
  TraitSyncWorld world;
  Deliver(world);
  world.intercom.definition(kScore).archived = true;
  world.SetTrait("u1", "Score", 2);
  world.intercom.before_restore = [&](const auto&) {
    Switch(world, events::v1::OFF);
    world.CleanUp();
  };
  world.Round(traitsync::Rank::kChange);
  world.intercom.before_restore = nullptr;
  world.Settle();
  CHECK(world.intercom.shown().empty());
}

TEST_CASE("a value written while its attribute was archived is written again when it is wanted") {
  TraitSyncWorld world;
  Deliver(world);
  world.SetTrait("u1", "Score", 2);
  world.intercom.after_write = [&](const auto&) -> std::optional<Failure> {
    // Acknowledged, and not yet noted.
    Switch(world, events::v1::OFF);
    world.CleanUp();
    world.intercom.targets[{SubjectKind::kUser, "c1"}].erase(kScore);
    return std::nullopt;
  };
  world.Round(traitsync::Rank::kChange);
  world.intercom.after_write = nullptr;
  world.Settle();
  Switch(world, events::v1::ALL_TRAITS);
  world.Settle();
  CHECK(world.intercom.contact("c1").at(kScore) == intercom::AttributeValue(std::int64_t{2}));
}

TEST_CASE("a hidden value that came with a merged contact does not show with the attribute") {
  TraitSyncWorld world;
  Deliver(world);
  Switch(world, events::v1::OFF);
  world.Settle();
  // Intercom gives the contact that stays all that the other one had, hidden values too.
  world.intercom.targets[{SubjectKind::kUser, "c2"}] = world.intercom.contact("c1");
  world.intercom.targets.erase({SubjectKind::kUser, "c1"});
  SECTION("told of at once") { world.Match("u1", "c2"); }
  SECTION("told of after the other one was gone") {
    world.Match("u1", "");
    world.Settle();
    world.Match("u1", "c2");
  }
  world.SetTrait("u1", "Plan", nullptr);
  world.Settle();
  Switch(world, events::v1::ALL_TRAITS);
  AddUsers(world, 1);
  world.SetTrait("user0", "Plan", "silver");
  world.Settle();
  CHECK(world.intercom.shown() == Names{kScore, kPlan, kSegments});
  CHECK(!world.intercom.contact("c2").contains(kPlan));
  CHECK(world.intercom.contact("c2").contains(kScore));
}

TEST_CASE("a value whose writing had no answer is in doubt until its attribute is back") {
  TraitSyncWorld world;
  Deliver(world);
  AddUsers(world, 1);
  world.SetTrait("user0", "Plan", "silver");
  world.intercom.after_write = [](const auto&) { return Failure{Failure::Kind::kUnknown}; };
  world.Round(traitsync::Rank::kChange);
  world.intercom.after_write = nullptr;
  Switch(world, events::v1::OFF);
  world.PassBackoff();
  world.Settle();
  REQUIRE(world.intercom.contact("t0").contains(kPlan));
  SECTION("its user has none any more") { world.SetTrait("user0", "Plan", nullptr); }
  SECTION("its user has left") { world.Match("user0", ""); }
  world.Settle();
  Switch(world, events::v1::ALL_TRAITS);
  world.SetTrait("u1", "Plan", "bronze");
  world.Settle();
  CHECK(world.intercom.contact("c1").at(kPlan) == intercom::AttributeValue("bronze"));
  CHECK(!world.intercom.contact("t0").contains(kPlan));
}

TEST_CASE("what is archived while a contact that was left is being cleared is cleared later") {
  TraitSyncWorld world;
  Deliver(world);
  AddUsers(world, 1);
  world.SetTrait("user0", "Plan", "silver");
  world.Settle();
  world.Match("user0", "");
  world.intercom.before_write = [&](const auto& write) -> std::optional<Failure> {
    if (write.target_id == "t0") {
      world.intercom.before_write = nullptr;
      Switch(world, events::v1::OFF);
      world.CleanUp();
    }
    return std::nullopt;
  };
  world.Settle();
  REQUIRE(world.intercom.shown().empty());
  REQUIRE(world.intercom.contact("t0").contains(kPlan));
  Switch(world, events::v1::ALL_TRAITS);
  world.SetTrait("u1", "Plan", "bronze");
  world.Settle();
  REQUIRE(world.intercom.shown() == Names{kScore, kPlan, kSegments});
  CHECK(world.intercom.contact("t0").empty());
}

TEST_CASE("two replicas do not clean up the same workspace at a time") {
  TraitSyncWorld world;
  Deliver(world);
  Switch(world, events::v1::OFF);
  const auto claim = world.store.ClaimCleanUp(world.config.claim);
  REQUIRE(claim);
  CHECK(!world.store.ClaimCleanUp(world.config.claim));
  // One that lost its claim begins nothing more.
  world.postgres.Run("UPDATE clean_up SET claimed_until = now()");
  REQUIRE(world.store.ClaimCleanUp(world.config.claim));
  traitsync::CleanUpRound(world.tools, world.crew, world.finish_disconnect, *claim).Run();
  CHECK(world.intercom.archives == 0);
  CHECK(!world.store.ClaimCleanUp(world.config.claim));
}

TEST_CASE("what the budget has no call for is archived when it has") {
  TraitSyncWorld world;
  Deliver(world);
  Switch(world, events::v1::OFF);
  world.intercom.allowance = 1;
  world.CleanUp();
  CHECK(world.intercom.archives == 1);
  CHECK(world.postgres.Number("SELECT count(*) FROM attribute WHERE state = 'present'") == 2);
  CHECK(world.intercom.leased[connections::v1::MATCHING] >= 1);
  world.intercom.allowance = 10;
  world.PassCleanUpWait();
  world.Settle();
  CHECK(world.intercom.shown().empty());
  CHECK(world.intercom.granted == world.intercom.ended + world.intercom.unused);
}

TEST_CASE("a dead token ends a clean-up and is reported") {
  TraitSyncWorld world;
  Deliver(world);
  Switch(world, events::v1::OFF);
  world.intercom.before_archive = [](const auto&) {
    return FakeIntercom::MakeFailure(Failure::Kind::kUnauthorized, 401);
  };
  core::Crew one_by_one(1);
  const auto claim = world.store.ClaimCleanUp(world.config.claim);
  traitsync::CleanUpRound(world.tools, one_by_one, world.finish_disconnect, *claim).Run();
  CHECK(world.intercom.unauthorized_reports == 1);
  CHECK(world.intercom.archives == 1);
  CHECK(StateOf(world, kScore) == "present");
  world.Connect("ws1", "Accoil", events::v1::DISCONNECTED);
  CHECK(world.CleanUp() == 1);
  CHECK(world.intercom.archives == 1);
  // Wanted or not is looked at when somebody connects.
  world.intercom.before_archive = nullptr;
  world.Connect();
  world.Settle();
  CHECK(world.intercom.shown().empty());
}

}  // namespace accoil::test
