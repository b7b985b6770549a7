#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "tests/catch.h"
#include "tests/property/corpus.h"
#include "tests/property/mutator.h"
#include "tests/property/target.h"

namespace accoil::test {
namespace {

constexpr int kInputsOfEach = 5'000;

/// The short form of tests/fuzz: the samples of a target, and what a seed makes of them.
void HoldsFor(std::string_view name, std::uint64_t seed, int inputs = kInputsOfEach) {
  const auto& target = TargetNamed(name);
  const auto samples = Corpus(name);
  for (const auto& sample : samples) {
    INFO(sample.name);
    CHECK(Accepts(target, sample.text) == sample.good());
  }
  std::vector<Sample> good;
  std::copy_if(samples.begin(), samples.end(), std::back_inserter(good),
               [](const auto& sample) { return sample.good(); });
  Mutator mutator(seed);
  int accepted = 0;
  for (int i = 0; i < inputs; ++i) {
    const auto& from = i % 2 == 0 ? good : samples;
    const auto& sample = from[mutator.Below(from.size())];
    const auto input = mutator.Mutate(sample.text, samples[mutator.Below(samples.size())].text);
    try {
      accepted += Accepts(target, input) ? 1 : 0;
    } catch (const std::exception& error) {
      FAIL(error.what() << "; input " << i << ", made from " << sample.name << ": "
                        << Printable(input));
    }
  }
  // Changes that nothing survives would test the first check of the parser alone.
  CHECK(accepted > inputs / 100);
}

}  // namespace

TEST_CASE("whatever a batch holds, its items become valid events or are refused") {
  HoldsFor("batch", 1);
}

TEST_CASE("whatever is signed as a webhook, it becomes a valid event, is passed over, or refused") {
  HoldsFor("webhook", 3);
}

TEST_CASE("whatever is signed as a canvas request, it is refused or keeps the widget's limits") {
  HoldsFor("canvas", 6);
}

TEST_CASE("whatever a form holds, what is read from it is one line each and a product") {
  HoldsFor("form", 4);
}

TEST_CASE("whatever a profile holds, it is refused or says the same when it is written again") {
  HoldsFor("profile", 5);
}

TEST_CASE("whatever a rule holds, it is refused or says the same when it is written again") {
  HoldsFor("rule", 7);
}

TEST_CASE("whatever a request to tag holds, it is refused or names who is meant, in one way") {
  HoldsFor("tag-job", 8);
}

TEST_CASE(
    "whatever comes by HTTP, it is one request however it is cut, and no answer is a defect") {
  HoldsFor("http-request", 9, 2'000);
}

TEST_CASE("whatever a record of Kafka holds, it is refused or a valid event that can be written") {
  HoldsFor("record", 10);
}

TEST_CASE("whatever Intercom answers, it is read or not, and is never a defect") {
  HoldsFor("intercom-answer", 11, 2'000);
}

TEST_CASE("whatever Intercom says of its rate limit, the budget believes what can be") {
  HoldsFor("rate-limit", 12);
}

TEST_CASE("whatever a condition's text is, it is refused at a place within it or evaluated") {
  HoldsFor("condition", 13, 20'000);
}

TEST_CASE("whatever JSON text is, it is refused or says the same when it is written again") {
  HoldsFor("json", 14);
}

TEST_CASE("whatever a cursor is, it is refused or a place within a list") {
  HoldsFor("cursor", 15);
}

TEST_CASE("whatever a traceparent is, it is passed over or a trace") {
  HoldsFor("traceparent", 16);
}

TEST_CASE("whatever data comes back from the Inbox, it is a choice that can be kept") {
  HoldsFor("stored-data", 17);
}

TEST_CASE("whatever a date is, it is refused or a time") { HoldsFor("date", 18); }

TEST_CASE("whatever a setting is, it is within its bounds or named in one line") {
  HoldsFor("setting", 19);
}

TEST_CASE("every target has a promise of its own") { CHECK(Targets().size() == 18); }

}  // namespace accoil::test
