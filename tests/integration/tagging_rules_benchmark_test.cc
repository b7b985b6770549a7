#include <chrono>
#include <cstdlib>
#include <iostream>

#include "tests/integration/tagging_rules_bed.h"

/// Hidden: run by name or with [benchmark].
namespace accoil::test {
namespace {

using std::chrono::duration;
using Clock = std::chrono::steady_clock;

constexpr int kRules = 200;
constexpr int kBatch = 500;

/// ACCOIL_BENCHMARK_CHANGES: how many traits change; a million unless it is set.
int Changes() {
  const char* text = std::getenv("ACCOIL_BENCHMARK_CHANGES");
  return text == nullptr ? 1'000'000 : std::stoi(text);
}

/// Rules of every kind, as a product would have them.
void MakeRules(RulesBed& bed) {
  for (int i = 0; i < kRules; ++i) {
    const auto name = "rule" + std::to_string(i);
    auto rule = RulesBed::Rule(name);
    auto& trigger = *rule.mutable_trigger();
    switch (i % 10) {
      case 0:
        trigger.mutable_enters_segment()->set_segment("Red Hot");
        rule.set_filter("Score > " + std::to_string(i % 100));
        break;
      case 1:
        trigger.mutable_activation_milestone()->set_rate(1 + i % 100);
        break;
      case 2:
        trigger.mutable_score_change()->set_by(5 + i % 50);
        trigger.mutable_score_change()->set_within_days(7);
        break;
      case 3:
        trigger.mutable_custom()->set_condition("LastActive > " + std::to_string(1 + i % 60) +
                                                " days ago and Score < 50");
        break;
      case 4:
        trigger.mutable_custom()->set_condition("Plan in (\"pro\", \"team\") and Score >= " +
                                                std::to_string(i % 100));
        break;
      default:
        trigger.mutable_custom()->set_condition(
            "Score < " + std::to_string(i % 100) +
            " and \"Enterprise\" in Segments and not Plan = \"free\"");
    }
    bed.Make(rule);
  }
}

/// New values of one trait for users in a scattered order, as Kafka has them. Numbers move by less
/// than `spread`: the more, the more users enter and leave.
events::Batch BatchOf(RulesBed& bed, int begin, int users, int spread) {
  events::Batch batch;
  for (int i = begin; i < begin + kBatch; ++i) {
    const auto user = static_cast<int>(static_cast<std::int64_t>(i) * 7'919 % users);
    const auto id = "user-" + std::to_string(user);
    const int round = i / users;
    events::v1::TraitChanged event;
    switch (round % 4) {
      case 0:
        event = bed.TraitEvent(id, "Score", 100 - (user + round * 7) % spread);
        break;
      case 1:
        event = bed.TraitEvent(id, "Plan",
                               std::string((user + round / 4) % 3 != 0 ? "free"
                                           : spread > 2                ? "pro"
                                                                       : "basic"));
        break;
      case 2:
        event = bed.TraitEvent(id, "ActivationRate", (user + round) % spread);
        break;
      default:
        event = bed.TraitEvent(id, "LastActive",
                               "2025-12-1" + std::to_string(round / 4 % 10) + "T00:00:00Z");
    }
    batch.Add(events::Received<events::v1::TraitChanged>{event, events::KeyOf(event), "",
                                                         bed.clock.Now()});
  }
  batch.Seal();
  return batch;
}

}  // namespace

TEST_CASE("evaluating 200 rules costs less than the database work for the same events",
          "[.][benchmark]") {
  // Most changes move somebody in or out of some rule, or none does.
  const int spread = GENERATE(101, 2);
  RulesBed bed;
  const int changes = Changes();
  const int users = std::max(changes / 20, kBatch);
  MakeRules(bed);
  const auto before = bed.evaluation.spent();
  duration<double> whole{0};
  std::size_t wished = 0;
  for (int begin = 0; begin < changes; begin += kBatch) {
    const auto batch = BatchOf(bed, begin, users, spread);
    const auto began = Clock::now();
    bed.ApplyBatch(batch);
    whole += Clock::now() - began;
    wished += bed.Wished().size();
    // A day a round, so that score changes have something to compare with.
    if (begin % users < kBatch && begin > 0) bed.clock.Advance(std::chrono::hours(12));
  }
  const duration<double> evaluation = bed.evaluation.spent() - before;
  const auto database = whole - evaluation;
  std::cout << changes << " trait changes of " << users << " users, " << kRules << " rules, "
            << wished << " wishes: evaluation " << evaluation.count() << " s, database "
            << database.count() << " s, ratio " << evaluation.count() / database.count() << ", "
            << static_cast<int>(changes / whole.count()) << " changes/s\n";
  CHECK(evaluation < database);
}

}  // namespace accoil::test
