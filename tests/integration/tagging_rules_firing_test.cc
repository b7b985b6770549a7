#include <random>

#include "tests/integration/tagging_rules_bed.h"

/// That rules fire once for each entry, whatever the events' order and repetition.
namespace accoil::test {

using std::chrono::hours;
using std::chrono::minutes;

TEST_CASE("a score that falls below the rule's threshold fires once until it has risen again") {
  RulesBed bed;
  bed.Make(RulesBed::ConditionRule("at-risk", "Score < 40"));
  bed.Score("ada", 70);
  CHECK(bed.Wished().empty());
  bed.Score("ada", 30);
  CHECK(bed.Wished() == Wished{"+at-risk ada"});
  bed.Score("ada", 20);
  bed.Plan("ada", "pro");
  CHECK(bed.Wished().empty());
  bed.Score("ada", 80);
  CHECK(bed.Wished() == Wished{"-at-risk ada"});
  bed.Score("ada", 39);
  CHECK(bed.Wished() == Wished{"+at-risk ada"});
}

TEST_CASE("events that repeat or come late fire nothing again") {
  RulesBed bed;
  bed.Make(RulesBed::ConditionRule("at-risk", "Score < 40"));
  bed.Score("ada", 30, 100);
  CHECK(bed.Wished() == Wished{"+at-risk ada"});
  bed.Score("ada", 30, 100);
  bed.Score("ada", 90, 50);
  bed.Score("ada", 35, 101);
  CHECK(bed.Wished().empty());
}

TEST_CASE(
    "a transaction that is rolled back has fired nothing, and fires once when it is repeated") {
  RulesBed bed;
  bed.Make(RulesBed::ConditionRule("at-risk", "Score < 40"));
  bed.wishes.fails = true;
  CHECK_THROWS_AS(bed.Score("ada", 30, 100), core::Unavailable);
  bed.wishes.fails = false;
  bed.Score("ada", 30, 100);
  CHECK(bed.Wished() == Wished{"+at-risk ada"});
}

TEST_CASE("memberships in any order and number fire once for each entry that was seen") {
  RulesBed bed;
  bed.Make(RulesBed::SegmentRule("hot"));
  SECTION("one entrance, told three times") {
    const auto entered = bed.Entered("ada");
    bed.Apply(entered);
    bed.Apply(entered);
    bed.Apply(bed.Entered("ada"));
    CHECK(bed.Wished() == Wished{"+hot ada"});
  }
  SECTION("an exit that lies before the entrance comes behind it") {
    bed.Apply(bed.Entered("ada", 200));
    bed.Apply(bed.Exited("ada", 150));
    CHECK(bed.Wished() == Wished{"+hot ada"});
  }
  SECTION("the exit between two entrances comes last") {
    bed.Apply(bed.Entered("ada", 200));
    bed.Apply(bed.Entered("ada", 220));
    bed.Apply(bed.Exited("ada", 210));
    bed.Apply(bed.Exited("ada", 210));
    CHECK(bed.Wished() == Wished{"+hot ada", "-hot ada", "+hot ada"});
  }
  SECTION("exit and entrance in one batch are both") {
    bed.Apply(bed.Entered("ada", 200));
    bed.Wished();
    bed.Apply(bed.Exited("ada", 210), bed.Entered("ada", 220));
    CHECK(bed.Wished() == Wished{"-hot ada", "+hot ada"});
  }
  SECTION("an old entrance after the exit is none") {
    bed.Apply(bed.Exited("ada", 210));
    bed.Apply(bed.Entered("ada", 200));
    CHECK(bed.Wished().empty());
  }
}

TEST_CASE("shuffled and repeated facts of many users fire once for each who ends up inside") {
  RulesBed bed;
  bed.Make(RulesBed::ConditionRule("pro", "Score >= 50 and Plan = \"pro\""));
  std::mt19937 random(5);
  constexpr int kUsers = 60;
  std::vector<events::v1::TraitChanged> told;
  std::vector<std::string> expected;
  for (int i = 0; i < kUsers; ++i) {
    const auto user = "u" + std::to_string(100 + i);
    // Only the last of each makes anybody enter, so the order cannot make two entries of one.
    told.push_back(bed.TraitEvent(user, "Score", 10, 1'000));
    told.push_back(bed.TraitEvent(user, "Score", i % 2 == 0 ? 80 : 20, 1'001));
    told.push_back(bed.TraitEvent(user, "Plan", std::string(i % 3 == 0 ? "pro" : "free"), 1'002));
    if (i % 6 == 0) expected.push_back("+pro " + user);
  }
  for (int i = 0; i < 100; ++i) told.push_back(told[random() % told.size()]);
  std::shuffle(told.begin(), told.end(), random);
  for (std::size_t begin = 0; begin < told.size(); begin += 25) {
    events::Batch batch;
    for (auto i = begin; i < std::min(begin + 25, told.size()); ++i) {
      batch.Add(events::Received<events::v1::TraitChanged>{told[i], events::KeyOf(told[i]), "",
                                                           bed.clock.Now()});
    }
    batch.Seal();
    bed.ApplyBatch(batch);
  }
  auto wished = bed.Wished();
  std::sort(wished.begin(), wished.end());
  CHECK(wished == expected);
}

TEST_CASE("a filter that comes by another topic a little later still counts") {
  RulesBed bed;
  auto rule = RulesBed::SegmentRule("hot");
  rule.set_filter("Plan = \"pro\"");
  bed.Make(rule);
  bed.Apply(bed.Entered("ada"));
  bed.Apply(bed.Entered("bob"));
  CHECK(bed.Wished().empty());
  bed.clock.Advance(std::chrono::seconds(59));
  bed.Plan("ada", "pro");
  CHECK(bed.Wished() == Wished{"+hot ada"});
  bed.clock.Advance(std::chrono::seconds(2));
  CHECK(bed.Tick() > 0);
  bed.Plan("bob", "pro");
  CHECK(bed.Wished().empty());
  CHECK(bed.Tick() == 0);
}

TEST_CASE("new users are those whom the product tells of after the rule was made, each once") {
  RulesBed bed;
  bed.Identify("old");
  bed.Make(RulesBed::NewUserRule("welcome"));
  bed.Identify("old", "Another name");
  CHECK(bed.Wished().empty());
  bed.Identify("new");
  CHECK(bed.Wished() == Wished{"+welcome new"});
  bed.Identify("new", "Another name");
  CHECK(bed.Wished().empty());
  bed.Identify("new", "Ada", true);
  CHECK(bed.Wished() == Wished{"-welcome new"});
  bed.Identify("new");
  CHECK(bed.Wished().empty());
}

TEST_CASE("a rule for new users may be applied to those who exist") {
  RulesBed bed;
  bed.Identify("ada");
  bed.Identify("bob");
  bed.Identify("gone", "Gone", true);
  bed.Make(RulesBed::NewUserRule("welcome"), true);
  CHECK(bed.Wished() == Wished{"+welcome ada", "+welcome bob"});
  bed.Identify("eve");
  CHECK(bed.Wished() == Wished{"+welcome eve"});
}

TEST_CASE("conditions see names and emails, and who is removed leaves") {
  RulesBed bed;
  bed.Make(RulesBed::ConditionRule("vip", "Email contains \"ada@\" and Score > 1"));
  bed.Score("ada", 50);
  CHECK(bed.Wished().empty());
  bed.Identify("ada");
  CHECK(bed.Wished() == Wished{"+vip ada"});
  bed.Identify("ada", "Ada", true);
  CHECK(bed.Wished() == Wished{"-vip ada"});
  bed.Score("ada", 60);
  CHECK(bed.Wished().empty());
  bed.Identify("ada");
  CHECK(bed.Wished() == Wished{"+vip ada"});
}

TEST_CASE("an activation milestone fires when the rate rises to it") {
  RulesBed bed;
  auto rule = RulesBed::Rule("activated");
  rule.mutable_trigger()->mutable_activation_milestone()->set_rate(80);
  bed.Make(rule);
  bed.Apply(bed.TraitEvent("ada", "ActivationRate", 60));
  CHECK(bed.Wished().empty());
  bed.Apply(bed.TraitEvent("ada", "ActivationRate", 80));
  bed.Apply(bed.TraitEvent("ada", "ActivationRate", 100));
  CHECK(bed.Wished() == Wished{"+activated ada"});
}

TEST_CASE("a score change is measured within its days, and ends by time") {
  RulesBed bed;
  auto rule = RulesBed::Rule("ice-cold");
  auto& change = *rule.mutable_trigger()->mutable_score_change();
  change.set_rises(false);
  change.set_by(20);
  change.set_within_days(7);
  bed.Make(rule);
  bed.Score("ada", 80);
  bed.clock.Advance(hours(24 * 10));
  bed.Score("ada", 65);
  CHECK(bed.Wished().empty());
  bed.clock.Advance(hours(24));
  bed.Score("ada", 55);
  CHECK(bed.Wished() == Wished{"+ice-cold ada"});
  // 80 was in force until a day before; it leaves the window six days from now.
  bed.clock.Advance(hours(24 * 5));
  bed.Tick();
  CHECK(bed.Wished().empty());
  bed.clock.Advance(hours(24));
  CHECK(bed.Tick() == 1);
  CHECK(bed.Wished() == Wished{"-ice-cold ada"});
}

TEST_CASE("a condition of time fires by the clock, and starts over when the user is active") {
  RulesBed bed;
  bed.Make(RulesBed::ConditionRule("silent", "LastActive > 14 days ago"));
  const auto active = [&](const std::string& day) {
    bed.Apply(bed.TraitEvent("ada", "LastActive", day));
  };
  active("2025-12-15T00:00:00Z");
  CHECK(bed.Tick() == 0);
  bed.clock.Advance(hours(24 * 2));
  active("2025-12-20T00:00:00Z");
  // It would have been due on the 29th, and is so again on the 3rd.
  bed.clock.Advance(hours(24 * 10));
  CHECK(bed.Tick() == 1);
  CHECK(bed.Wished().empty());
  bed.clock.Advance(hours(24 * 5));
  CHECK(bed.Tick() == 1);
  CHECK(bed.Wished() == Wished{"+silent ada"});
  CHECK(bed.Tick() == 0);
  active("2026-01-01T00:00:00Z");
  CHECK(bed.Wished() == Wished{"-silent ada"});
}

TEST_CASE("facts of accounts and of other profiles are none of a rule's business") {
  RulesBed bed;
  bed.PutProfile("enterprise");
  bed.Make(RulesBed::ConditionRule("at-risk", "Score < 40"));
  auto other_profile = bed.TraitEvent("ada", "Score", 10);
  other_profile.set_profile_id("enterprise");
  bed.Apply(other_profile);
  auto account = bed.TraitEvent("acme", "Score", 10);
  account.mutable_subject()->set_kind(events::v1::ACCOUNT);
  bed.Apply(account);
  CHECK(bed.Wished().empty());
}

TEST_CASE("another replica's rules are seen with the next batch") {
  RulesBed bed;
  bed.Score("ada", 70);
  bed.Make(RulesBed::ConditionRule("at-risk", "Score < 40"));
  // What this replica has compiled is of before.
  tagging::RuleSets other_sets;
  tagging::Evaluation other_evaluation(other_sets, bed.wishes, bed.metrics, minutes(1));
  tagging::RuleFacts other_facts(other_evaluation, bed.clock);
  tagging::FactHandler other(bed.directory, other_facts);
  const auto apply = [&](const events::v1::TraitChanged& event) {
    events::Batch batch;
    batch.Add(events::Received<events::v1::TraitChanged>{event, events::KeyOf(event), "",
                                                         bed.clock.Now()});
    batch.Seal();
    bed.database->Transact([&](postgres::Transaction& tx) { other.Apply(tx, batch); });
  };
  apply(bed.TraitEvent("ada", "Score", 60));
  bed.Make(RulesBed::ConditionRule("middle", "Score < 60"));
  apply(bed.TraitEvent("ada", "Score", 50));
  CHECK(bed.Wished() == Wished{"+middle ada"});
}

}  // namespace accoil::test
