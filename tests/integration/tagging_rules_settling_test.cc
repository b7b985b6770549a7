#include <thread>

#include "tests/integration/tagging_rules_bed.h"

/// What rules do about those who are inside when they begin, change, rest or go on.
namespace accoil::test {

using std::chrono::hours;

namespace {

std::string User(int number) { return "u" + std::to_string(10'000 + number); }

/// Users with a score of 30, in batches.
void Score30(RulesBed& bed, int users) {
  for (int begin = 0; begin < users; begin += 500) {
    events::Batch batch;
    for (int i = begin; i < std::min(begin + 500, users); ++i) {
      const auto event = bed.TraitEvent(User(i), "Score", 30);
      batch.Add(events::Received<events::v1::TraitChanged>{event, events::KeyOf(event), "",
                                                           bed.clock.Now()});
    }
    batch.Seal();
    bed.ApplyBatch(batch);
  }
}

}  // namespace

TEST_CASE("those inside when a rule is made are marked, not fired for") {
  RulesBed bed;
  bed.Score("ada", 30);
  bed.Score("bob", 70);
  auto rule = bed.Begin(RulesBed::ConditionRule("at-risk", "Score < 40"));
  CHECK(rule.settling());
  bed.Settle();
  rule = bed.Get(rule);
  CHECK_FALSE(rule.settling());
  CHECK(rule.inside() == 1);
  CHECK(rule.fired() == 0);
  bed.Score("ada", 20);
  CHECK(bed.Wished().empty());
  bed.Score("ada", 50);
  CHECK(bed.Wished().empty());
  bed.Score("ada", 10);
  CHECK(bed.Wished() == Wished{"+at-risk ada"});
  CHECK(bed.Get(rule).fired() == 1);
}

TEST_CASE("they are fired for when that is asked, if they pass the filter") {
  RulesBed bed;
  bed.Score("ada", 30);
  bed.Score("bob", 30);
  bed.Plan("bob", "pro");
  auto rule = RulesBed::ConditionRule("at-risk", "Score < 40");
  rule.set_filter("Plan = \"pro\"");
  bed.Make(rule, true);
  CHECK(bed.Wished() == Wished{"+at-risk bob"});
}

TEST_CASE("settling goes on where it was after its process has died, and fires once for each") {
  RulesBed bed;
  constexpr int kUsers = 1'200;
  Score30(bed, kUsers);
  const auto rule = bed.Begin(RulesBed::ConditionRule("at-risk", "Score < 40"), true);
  CHECK(bed.settling.Step());
  // A transaction that does not end well.
  bed.wishes.fails = true;
  CHECK_THROWS_AS(bed.settling.Step(), core::Unavailable);
  bed.wishes.fails = false;

  // Another process has nothing in memory.
  tagging::RuleSets sets;
  tagging::Evaluation evaluation(sets, bed.wishes, bed.metrics, std::chrono::minutes(1));
  tagging::Settling other(*bed.database, evaluation, bed.clock, bed.postgres.telemetry());
  int steps = 0;
  while (other.Step()) ++steps;
  CHECK(steps <= 4);
  auto wished = bed.Wished();
  CHECK(wished.size() == kUsers);
  std::sort(wished.begin(), wished.end());
  CHECK(std::unique(wished.begin(), wished.end()) == wished.end());
  CHECK(bed.Get(rule).inside() == kUsers);
  CHECK(bed.Get(rule).fired() == kUsers);
  CHECK_FALSE(bed.Get(rule).settling());
}

TEST_CASE("two replicas that settle at the same time fire once for each") {
  RulesBed bed;
  Score30(bed, 3'000);
  bed.Begin(RulesBed::ConditionRule("at-risk", "Score < 40"), true);
  tagging::RuleSets sets;
  tagging::Evaluation evaluation(sets, bed.wishes, bed.metrics, std::chrono::minutes(1));
  tagging::Settling other(*bed.database, evaluation, bed.clock, bed.postgres.telemetry());
  std::thread thread([&] {
    while (other.Step()) {
    }
  });
  bed.Settle();
  thread.join();
  bed.Settle();
  CHECK(bed.wishes.all.size() == 3'000);
}

TEST_CASE("entries seen by events while a rule settles fire exactly once") {
  RulesBed bed;
  Score30(bed, 10);
  bed.Score("zoe", 70);
  bed.Score("yan", 30);
  bed.Begin(RulesBed::ConditionRule("at-risk", "Score < 40"));
  // Outside before, inside after: an entry.
  bed.Score("zoe", 20);
  // Inside before and after: not.
  bed.Score("yan", 25);
  // Out and in again: an entry.
  bed.Score(User(3), 60);
  bed.Score(User(3), 20);
  // Nobody knew of her.
  bed.Score("new", 10);
  CHECK(bed.Wished() == Wished{"+at-risk zoe", "+at-risk " + User(3), "+at-risk new"});
  bed.Settle();
  CHECK(bed.Wished().empty());
  bed.Score("zoe", 60);
  bed.Score("yan", 60);
  CHECK(bed.Wished() == Wished{"-at-risk zoe"});
}

TEST_CASE(
    "a paused rule fires for nobody, and catches up with those still inside if it is set so") {
  RulesBed bed;
  const bool catch_up = GENERATE(false, true);
  auto rule = RulesBed::ConditionRule("at-risk", "Score < 40");
  rule.set_catch_up(catch_up);
  rule = bed.Make(rule);
  rule.set_state(tagging::v1::RULE_PAUSED);
  rule = bed.Change(rule);
  bed.Score("ada", 30);
  bed.Score("bob", 30);
  bed.Score("bob", 60);
  CHECK(bed.Wished().empty());
  CHECK(bed.Get(rule).inside() == 1);
  rule.set_state(tagging::v1::RULE_ACTIVE);
  bed.Change(rule);
  CHECK(bed.Wished() == (catch_up ? Wished{"+at-risk ada"} : Wished{}));
  bed.Score("ada", 20);
  CHECK(bed.Wished().empty());
  bed.Score("bob", 20);
  CHECK(bed.Wished() == Wished{"+at-risk bob"});
}

TEST_CASE("changing a rule fires for nobody who is inside already") {
  RulesBed bed;
  auto rule = bed.Make(RulesBed::ConditionRule("at-risk", "Score < 40"));
  bed.Score("ada", 30);
  bed.Score("bob", 50);
  CHECK(bed.Wished() == Wished{"+at-risk ada"});
  SECTION("a wider condition") {
    rule.mutable_trigger()->mutable_custom()->set_condition("Score < 60");
    rule = bed.Change(rule);
    CHECK(bed.Wished().empty());
    CHECK(bed.Get(rule).inside() == 2);
    bed.Score("bob", 55);
    bed.Score("ada", 55);
    CHECK(bed.Wished().empty());
    bed.Score("bob", 70);
    bed.Score("bob", 30);
    CHECK(bed.Wished() == Wished{"+at-risk bob"});
  }
  SECTION("a wider condition, applied to those inside: only who was not fired for") {
    rule.mutable_trigger()->mutable_custom()->set_condition("Score < 60");
    bed.Change(rule, true);
    CHECK(bed.Wished() == Wished{"+at-risk bob"});
  }
  SECTION("a narrower condition: who is outside has left") {
    rule.mutable_trigger()->mutable_custom()->set_condition("Score < 20");
    bed.Change(rule);
    CHECK(bed.Wished() == Wished{"-at-risk ada"});
  }
  SECTION("who had left the old one is inside the new one without an entry") {
    bed.Score("ada", 45);
    CHECK(bed.Wished() == Wished{"-at-risk ada"});
    rule.mutable_trigger()->mutable_custom()->set_condition("Score < 60");
    tagging::v1::UpdateRuleRequest request;
    *request.mutable_rule() = rule;
    bed.rules.Update(request);
    bed.Score("ada", 44);
    bed.Settle();
    CHECK(bed.Wished().empty());
  }
  SECTION("another profile: whoever it does not measure has left") {
    bed.PutProfile("enterprise");
    rule.set_profile_id("enterprise");
    bed.Change(rule);
    CHECK(bed.Wished() == Wished{"-at-risk ada"});
  }
}

TEST_CASE("a rule that its catalogue breaks says why, and heals by itself") {
  RulesBed bed;
  const bool catch_up = GENERATE(false, true);
  auto rule = RulesBed::ConditionRule("at-risk", "Score < 40");
  rule.set_catch_up(catch_up);
  rule = bed.Make(rule);
  bed.Score("bob", 30);
  CHECK(bed.Wished() == Wished{"+at-risk bob"});

  bed.PutProfile("trial", {RulesBed::Trait("Plan", events::v1::STRING)});
  CHECK(bed.Get(rule).broken().find("Score") != std::string::npos);
  bed.Score("ada", 30);
  CHECK(bed.Wished().empty());
  tagging::v1::PreviewRuleRequest preview;
  preview.set_product_id(RulesBed::kProduct);
  preview.set_rule_id(rule.rule_id());
  CHECK_THROWS_AS(bed.rules.Preview(preview), core::FailedPrecondition);

  bed.PutProfile("trial");
  CHECK(bed.Get(rule).broken().empty());
  bed.Settle();
  CHECK(bed.Wished() == (catch_up ? Wished{"+at-risk ada"} : Wished{}));
  bed.Score("bob", 20);
  CHECK(bed.Wished().empty());

  bed.PutProfile("trial", {}, true);
  CHECK_FALSE(bed.Get(rule).broken().empty());
}

TEST_CASE("a rule whose filter is broken notes entries and catches up with them when it heals") {
  RulesBed bed;
  auto rule = RulesBed::SegmentRule("hot");
  rule.set_filter("Score > 50");
  rule.set_catch_up(true);
  bed.Make(rule);
  bed.PutProfile("trial", {RulesBed::Trait("Plan", events::v1::STRING)});
  bed.Score("ada", 70);
  bed.Apply(bed.Entered("ada"));
  CHECK(bed.Wished().empty());
  bed.PutProfile("trial");
  bed.Settle();
  CHECK(bed.Wished() == Wished{"+hot ada"});
}

TEST_CASE("a deleted rule is forgotten with all that it has left") {
  RulesBed bed;
  Score30(bed, 20);
  const auto rule = bed.Make(RulesBed::ConditionRule("at-risk", "Score < 40"));
  tagging::v1::DeleteRuleRequest request;
  request.set_product_id(RulesBed::kProduct);
  request.set_rule_id(rule.rule_id());
  bed.rules.Delete(request);
  bed.rules.Delete(request);
  CHECK(bed.wishes.forgotten == std::vector{tagging::RuleId(rule.rule_id())});
  CHECK_THROWS_AS(bed.Get(rule), core::NotFound);
  bed.Score(User(3), 90);
  bed.Score(User(3), 10);
  CHECK(bed.Wished().empty());
  bed.Settle();
  CHECK(bed.postgres.Number("SELECT count(*) FROM rule_subject") == 0);
  CHECK(bed.postgres.Number("SELECT count(*) FROM deleted_rule") == 0);
  bed.Make(RulesBed::ConditionRule("at-risk", "Score < 40"));
}

}  // namespace accoil::test
