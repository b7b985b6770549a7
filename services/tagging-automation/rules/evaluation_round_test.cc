#include "services/tagging-automation/rules/evaluation_round.h"

#include "tests/catch.h"

namespace accoil::tagging {
namespace {

using std::chrono::hours;

const core::TimePoint kNow(hours(24 * 365 * 56));

Profile TrialProfile() {
  Profile profile;
  profile.id = core::ProfileId("trial");
  profile.name = "Trial Users";
  const auto add = [&](const std::string& name, events::v1::TraitType type) {
    auto& trait = *profile.catalogue.add_catalogue();
    trait.set_name(name);
    trait.set_type(type);
    trait.add_on(events::v1::USER);
  };
  add("Score", events::v1::INTEGER);
  add("Plan", events::v1::STRING);
  add("LastActive", events::v1::DATE);
  return profile;
}

/// One user of one profile, and rules; what the round writes is what it knows next time.
struct Bed {
  Profile profile = TrialProfile();
  ProfileRules rules{SubjectKind::kUser, profile};
  EvaluationRound::Known known;
  Case user;
  core::TimePoint now = kNow;
  std::vector<Wish> wishes;

  Bed() { user.key = {core::ProductId(7), SubjectKind::kUser, profile.id, core::SubjectId("ada")}; }

  Rule& Make(Trigger trigger, const std::string& filter = "") {
    made.push_back({});
    auto& rule = made.back();
    rule.id = RuleId(static_cast<std::int64_t>(made.size()));
    rule.definition.profile = profile.id;
    rule.definition.trigger = std::move(trigger);
    rule.definition.filter = filter;
    rule.definition.actions = {{"hot", TagTarget::kUser, true}, {"seen", TagTarget::kUser, false}};
    return rule;
  }
  void Begin() {
    for (const auto& rule : made) rules.Add(rule);
  }

  void Number(const std::string& trait, double number) {
    google::protobuf::Value value;
    value.set_number_value(number);
    user.changed = {};
    const auto change = user.facts.ApplyTrait(trait, ++version, now, value, now);
    if (change.value) user.changed.traits.push_back(trait);
    user.changed.scores = change.scores;
    user.write = change.stored;
    Look();
  }
  void Text(const std::string& trait, const std::string& text) {
    google::protobuf::Value value;
    value.set_string_value(text);
    user.changed = {};
    user.facts.ApplyTrait(trait, ++version, now, value, now);
    user.changed.traits.push_back(trait);
    user.write = true;
    Look();
  }
  void PassTime(hours time) {
    now += time;
    user.changed = {};
    user.changed.time = true;
    user.write = false;
    Look();
  }
  void Look() {
    EvaluationRound round(known, std::chrono::minutes(1), now);
    round.Observe(user, rules, rules.DependingOn(user.changed));
    const auto& outcome = round.outcome();
    for (const auto& update : outcome.facts) user.due_at = update.due_at;
    for (const auto& [key, entry] : outcome.entries) known.entries[key.first][key.second] = entry;
    wishes.insert(wishes.end(), outcome.wishes.begin(), outcome.wishes.end());
    evaluations = outcome.evaluations;
  }

  std::vector<Rule> made;
  std::int64_t version = 0;
  int evaluations = 0;
};

}  // namespace

TEST_CASE("an entry wishes for the rule's tags, leaving for the removal of those that ask for it") {
  Bed bed;
  bed.Make(Custom{"Score < 40"});
  bed.Begin();
  bed.Number("Score", 30);
  REQUIRE(bed.wishes.size() == 2);
  CHECK(bed.wishes[0].tag == "hot");
  CHECK(bed.wishes[0].cause.rule == RuleId(1));
  CHECK(bed.wishes[1].tag == "seen");
  bed.Number("Score", 50);
  REQUIRE(bed.wishes.size() == 3);
  CHECK(bed.wishes[2].tag == "hot");
  CHECK(bed.wishes[2].remove);
}

TEST_CASE("only rules that depend on what has changed are looked at") {
  Bed bed;
  bed.Make(Custom{"Score < 40"});
  bed.Make(Custom{"Plan = \"pro\""});
  bed.Make(EntersSegment{"Red Hot"});
  bed.Begin();
  bed.Number("Score", 70);
  CHECK(bed.evaluations == 1);
  bed.Number("Score", 70);
  CHECK(bed.evaluations == 0);
  bed.Number("Unknown", 1);
  CHECK(bed.evaluations == 0);
}

TEST_CASE("a condition of time becomes true by time alone, when it is due") {
  Bed bed;
  bed.Make(Custom{"LastActive > 14 days ago"});
  bed.Begin();
  bed.Text("LastActive", "2025-12-18T00:00:00Z");
  CHECK(bed.wishes.empty());
  REQUIRE(bed.user.due_at);
  CHECK(*bed.user.due_at > bed.now);
  bed.PassTime(std::chrono::ceil<hours>(*bed.user.due_at - bed.now));
  CHECK(bed.wishes.size() == 2);
  CHECK_FALSE(bed.user.due_at);
}

TEST_CASE("a score change ends when its window has passed") {
  Bed bed;
  bed.Make(ScoreChange{false, 20, hours(24 * 7)});
  bed.Begin();
  bed.Number("Score", 80);
  CHECK(bed.wishes.empty());
  bed.now += hours(24);
  bed.Number("Score", 55);
  CHECK(bed.wishes.size() == 2);
  REQUIRE(bed.user.due_at);
  bed.PassTime(hours(24 * 7));
  REQUIRE(bed.wishes.size() == 3);
  CHECK(bed.wishes.back().remove);
  CHECK_FALSE(bed.user.due_at);
}

TEST_CASE("an entry that waits for its filter is due when its time is over") {
  Bed bed;
  bed.Make(Custom{"Score < 40"}, "Plan = \"pro\"");
  bed.Begin();
  bed.Number("Score", 30);
  CHECK(bed.user.due_at == bed.now + std::chrono::minutes(1));
  SECTION("the filter becomes true in time") {
    bed.Text("Plan", "pro");
    CHECK(bed.wishes.size() == 2);
  }
  SECTION("time runs out") {
    bed.PassTime(hours(1));
    CHECK_FALSE(bed.user.due_at);
    bed.Text("Plan", "pro");
    CHECK(bed.wishes.empty());
  }
}

TEST_CASE("new subjects are those that have just appeared") {
  Bed bed;
  bed.Make(NewSubject());
  bed.Begin();
  bed.user.changed.everything = true;
  bed.Look();
  CHECK(bed.wishes.empty());
  bed.user.changed.appeared = true;
  bed.Look();
  CHECK(bed.wishes.size() == 2);
  bed.user.changed.appeared = false;
  bed.Look();
  CHECK(bed.wishes.size() == 2);
}

TEST_CASE("who was removed is outside of everything") {
  Bed bed;
  bed.Make(Custom{"Score < 40"});
  bed.Make(NewSubject());
  bed.Begin();
  bed.user.changed.appeared = true;
  bed.Look();
  bed.Number("Score", 30);
  CHECK(bed.wishes.size() == 4);
  bed.known.identities[bed.user.key.who()].removed = true;
  bed.user.changed = {};
  bed.user.changed.everything = true;
  bed.Look();
  CHECK(bed.wishes.size() == 6);
  CHECK(bed.wishes.back().remove);
}

TEST_CASE("a broken filter suspends its rule, a broken trigger leaves it out") {
  Bed bed;
  bed.Make(Custom{"Score < 40"}, "Gone = 1");
  bed.Begin();
  CHECK(bed.rules.rules().front().broken());
  bed.Number("Score", 30);
  CHECK(bed.wishes.empty());
  CHECK(bed.known.entries.begin()->second.begin()->second.state == EntryState::kPaused);

  Rule rule = bed.Make(Custom{"Gone = 1"});
  CHECK_THROWS_AS(bed.rules.Add(rule), core::InvalidArgument);
  CHECK(bed.rules.rules().size() == 1);
  CHECK_FALSE(ProblemOf(rule, &bed.profile).empty());
  CHECK_FALSE(ProblemOf(rule, nullptr).empty());
}

TEST_CASE("triggers need their traits to be numbers of the catalogue") {
  Bed bed;
  const ProfileFields users(SubjectKind::kUser, bed.profile);
  const ProfileFields accounts(SubjectKind::kAccount, bed.profile);
  const auto score = bed.Make(ScoreChange{false, 20, hours(24)});
  const auto milestone = bed.Make(ActivationMilestone{80});
  CHECK_NOTHROW(CompiledRule(score, users));
  CHECK_THROWS_AS(CompiledRule(score, accounts), core::InvalidArgument);
  CHECK_THROWS_AS(CompiledRule(milestone, users), core::InvalidArgument);
}

TEST_CASE("an activation milestone is entered at its rate or above") {
  Bed bed;
  auto& trait = *bed.profile.catalogue.add_catalogue();
  trait.set_name("ActivationRate");
  trait.set_type(events::v1::INTEGER);
  trait.add_on(events::v1::USER);
  bed.rules = ProfileRules(SubjectKind::kUser, bed.profile);
  bed.Make(ActivationMilestone{80});
  bed.Begin();
  bed.Number("ActivationRate", 79);
  CHECK(bed.wishes.empty());
  bed.Number("ActivationRate", 80);
  CHECK(bed.wishes.size() == 2);
  bed.Number("ActivationRate", 100);
  CHECK(bed.wishes.size() == 2);
}

}  // namespace accoil::tagging
