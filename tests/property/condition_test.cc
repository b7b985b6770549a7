#include "libs/conditions/condition.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "libs/core/text.h"
#include "tests/catch.h"
#include "tests/property/condition_model.h"
#include "tests/property/corpus.h"
#include "tests/property/mutator.h"

namespace accoil::conditions {
namespace {

using test::Model;
using test::RandomCondition;
using test::RandomSubject;

const core::TimePoint kNow = core::FromMicroseconds(1'772'366'400'000'000);

std::size_t Characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

/// Reads a text; answers what is wrong with how it was refused, or with what was accepted.
std::string Wrong(std::string_view text, const test::Subject& subject, bool& accepted) {
  accepted = false;
  try {
    const auto condition = Condition::Parse(text, test::ModelSchema(), "condition");
    accepted = true;
    if (text.size() > Condition::kLongest) return "a text that is too long was accepted";
    if (!core::IsUtf8(text)) return "a text that is no UTF-8 was accepted";
    if (condition.fields().empty()) return "a condition looks at nothing";
    if (condition.fields().back() >= test::ModelSchema().size()) return "it has an unknown field";
    const bool now = condition.Evaluate(subject, kNow);
    if (now != condition.Evaluate(subject, kNow)) return "it is true and false at once";
    if (const auto next = condition.NextChange(subject, kNow)) {
      if (*next <= kNow) return "its next change is over";
      if (condition.Evaluate(subject, *next - std::chrono::microseconds(1)) != now) {
        return "it changes before its next change";
      }
    }
  } catch (const ConditionError& error) {
    if (error.field() != "condition") return "the error has another field";
    if (!core::IsUtf8(error.problem())) return "the error is no UTF-8";
    if (error.problem().size() > 1'500) return "the error is long";
    // One after the last, where something is missing.
    if (error.position() < 1 || error.position() > Characters(text) + 1) {
      return "the error is outside of the text";
    }
  }
  return "";
}

bool Accepts(std::string_view text) {
  bool accepted = false;
  CHECK(Wrong(text, test::Subject(), accepted).empty());
  return accepted;
}

}  // namespace

TEST_CASE("whatever a condition's text is, it is refused at a place within it or evaluated") {
  constexpr int kInputs = 20'000;
  const auto samples = accoil::test::Corpus("condition");
  for (const auto& sample : samples) {
    INFO(sample.name);
    CHECK(Accepts(sample.text) == sample.good());
  }
  std::vector<accoil::test::Sample> good;
  std::copy_if(samples.begin(), samples.end(), std::back_inserter(good),
               [](const auto& sample) { return sample.good(); });
  accoil::test::Mutator mutator(7);
  int accepted = 0;
  for (int i = 0; i < kInputs; ++i) {
    const auto& from = i % 4 == 0 ? samples : good;
    const auto& sample = from[mutator.Below(from.size())];
    const auto input = mutator.Mutate(sample.text, samples[mutator.Below(samples.size())].text);
    const auto subject = RandomSubject(mutator, kNow);
    bool taken = false;
    const auto wrong = Wrong(input, subject, taken);
    if (!wrong.empty())
      FAIL(wrong << "; made from " << sample.name << ": " << accoil::test::Printable(input));
    accepted += taken ? 1 : 0;
  }
  CHECK(accepted > kInputs / 100);
}

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
