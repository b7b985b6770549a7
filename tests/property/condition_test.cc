#include "libs/conditions/condition.h"

#include "tests/catch.h"
#include "tests/property/condition_model.h"
#include "tests/property/mutator.h"

namespace accoil::conditions {
namespace {

using test::Model;
using test::RandomCondition;
using test::RandomSubject;

const core::TimePoint kNow = core::FromMicroseconds(1'772'366'400'000'000);

}  // namespace

TEST_CASE("a condition is true when what its text says is true") {
  constexpr int kConditions = 5'000;
  constexpr int kSubjectsOfEach = 20;
  accoil::test::Mutator random(8);
  int holds = 0;
  for (int i = 0; i < kConditions; ++i) {
    const Model model = RandomCondition(random);
    const auto condition = Condition::Parse(model.text, test::ModelSchema(), "condition");
    for (int j = 0; j < kSubjectsOfEach; ++j) {
      const auto subject = RandomSubject(random, kNow);
      const bool expected = model.holds(subject, kNow);
      if (condition.Evaluate(subject, kNow) != expected) {
        FAIL("should be " << expected << " of subject " << j << ": " << model.text);
      }
      holds += expected ? 1 : 0;
    }
  }
  CHECK(holds > kConditions * kSubjectsOfEach / 10);
  CHECK(holds < kConditions * kSubjectsOfEach / 10 * 9);
}

TEST_CASE("a condition changes at no moment before its next change") {
  constexpr int kConditions = 5'000;
  constexpr int kMostSteps = 100;
  accoil::test::Mutator random(9);
  int changes = 0;
  for (int i = 0; i < kConditions; ++i) {
    const Model model = RandomCondition(random);
    const auto condition = Condition::Parse(model.text, test::ModelSchema(), "condition");
    const auto subject = RandomSubject(random, kNow);
    // Long before anything is as long ago as the conditions say.
    auto now = kNow - std::chrono::days(800);
    for (int step = 0; step < kMostSteps; ++step) {
      const bool is = condition.Evaluate(subject, now);
      const auto next = condition.NextChange(subject, now);
      // Every moment at which any comparison can turn, with its neighbours, up to the change.
      for (const auto moment : test::Moments(subject)) {
        if (moment <= now || (next && moment >= *next)) continue;
        if (model.holds(subject, moment) != is) FAIL("it changed unseen: " << model.text);
      }
      if (!next) break;
      REQUIRE(*next > now);
      if (condition.Evaluate(subject, *next) != is) ++changes;
      now = *next;
    }
    CHECK_FALSE(condition.NextChange(subject, now));
  }
  CHECK(changes > kConditions / 20);
}

}  // namespace accoil::conditions
