#include "services/tagging-automation/subjects/facts.h"

#include <algorithm>
#include <random>

#include "libs/core/errors.h"
#include "tests/catch.h"

namespace accoil::tagging {
namespace {

using std::chrono::hours;

const core::TimePoint kNow(hours(24 * 365 * 56));

google::protobuf::Value NumberValue(double number) {
  google::protobuf::Value value;
  value.set_number_value(number);
  return value;
}
google::protobuf::Value TextValue(const std::string& text) {
  google::protobuf::Value value;
  value.set_string_value(text);
  return value;
}
google::protobuf::Value NullValue() {
  google::protobuf::Value value;
  value.set_null_value(google::protobuf::NULL_VALUE);
  return value;
}

/// Days before now.
core::TimePoint Ago(int days) { return kNow - hours(24) * days; }

SubjectFacts::Change Score(SubjectFacts& facts, std::int64_t version, double score, int days_ago) {
  return facts.ApplyTrait("Score", version, Ago(days_ago), NumberValue(score), kNow);
}
SubjectFacts::Change Enter(SubjectFacts& facts, std::int64_t version) {
  return facts.ApplyMembership("Enterprise", version, true, kNow);
}
SubjectFacts::Change Exit(SubjectFacts& facts, std::int64_t version) {
  return facts.ApplyMembership("Enterprise", version, false, kNow);
}

bool Fell(const SubjectFacts& facts, double by, int within_days) {
  return facts.ScoreChanged(false, by, hours(24) * within_days, kNow);
}
bool Rose(const SubjectFacts& facts, double by, int within_days) {
  return facts.ScoreChanged(true, by, hours(24) * within_days, kNow);
}

}  // namespace

TEST_CASE("the newest version of a trait counts, however traits arrive") {
  SubjectFacts facts;
  CHECK(facts.ApplyTrait("Plan", 5, kNow, TextValue("pro"), kNow).value);
  CHECK_FALSE(facts.ApplyTrait("Plan", 3, kNow, TextValue("free"), kNow).stored);
  CHECK_FALSE(facts.ApplyTrait("Plan", 5, kNow, TextValue("other"), kNow).stored);
  CHECK(facts.FindTrait("Plan")->text() == "pro");
  const auto same = facts.ApplyTrait("Plan", 6, kNow, TextValue("pro"), kNow);
  CHECK(same.stored);
  CHECK_FALSE(same.value);
  CHECK(facts.ApplyTrait("Plan", 7, kNow, NullValue(), kNow).value);
  CHECK(facts.FindTrait("Plan")->value_case() == v1::StoredFacts::Trait::VALUE_NOT_SET);
  CHECK_FALSE(facts.empty());
}

TEST_CASE("facts are as they were after they were stored") {
  SubjectFacts facts;
  for (const auto* const name : {"Score", "ActivationRate", "Zeta", "Alpha"}) {
    facts.ApplyTrait(name, 1, kNow, NumberValue(7), kNow);
  }
  Enter(facts, 2);
  const SubjectFacts again(facts.ToBytes());
  CHECK(again.Number("ActivationRate") == 7.0);
  CHECK(again.Number("Alpha") == 7.0);
  CHECK(again.Number("Beta") == std::nullopt);
  CHECK(again.InSegment("Enterprise"));
  CHECK(again.InAnySegment());
  CHECK(SubjectFacts("").empty());
  CHECK_THROWS_AS(SubjectFacts("\xff\xff"), std::runtime_error);
}

TEST_CASE("the newer of entrance and exit says whether a subject is in a segment") {
  SubjectFacts facts;
  CHECK(Enter(facts, 3).value);
  CHECK_FALSE(Exit(facts, 2).value);
  CHECK(facts.InSegment("Enterprise"));
  CHECK(Exit(facts, 4).value);
  CHECK_FALSE(facts.InSegment("Enterprise"));
  CHECK_FALSE(Enter(facts, 3).value);
  CHECK_FALSE(facts.InSegment("Enterprise"));
}

TEST_CASE("an exit between the entrances of a stay says that there were two") {
  SubjectFacts facts;
  Enter(facts, 1);
  CHECK_FALSE(Enter(facts, 5).value);
  const auto late = Exit(facts, 3);
  CHECK(late.reentered);
  CHECK_FALSE(late.value);
  CHECK_FALSE(Exit(facts, 3).reentered);
  CHECK_FALSE(Exit(facts, 4).reentered);
}

TEST_CASE("an exit before the stay, or an old entrance, says nothing new") {
  SubjectFacts facts;
  Enter(facts, 5);
  CHECK_FALSE(Exit(facts, 3).reentered);
  CHECK_FALSE(Enter(facts, 2).value);
  CHECK_FALSE(Exit(facts, 4).reentered);
}

TEST_CASE("memberships end up the same in whatever order and however often they come") {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::pair<std::int64_t, bool>> told;
    for (std::int64_t version = 1; version <= 6; ++version) {
      told.emplace_back(version, random() % 2 == 0);
      if (random() % 2 == 0) told.push_back(told.back());
    }
    const bool inside = told.back().second;
    std::shuffle(told.begin(), told.end(), random);
    SubjectFacts facts;
    for (const auto& [version, entered] : told) {
      facts.ApplyMembership("Enterprise", version, entered, kNow);
    }
    CHECK(facts.InSegment("Enterprise") == inside);
  }
}

TEST_CASE("the score is compared with every value of the window") {
  SubjectFacts facts;
  Score(facts, 1, 50, 20);
  Score(facts, 2, 80, 6);
  Score(facts, 3, 60, 3);
  CHECK(Fell(facts, 20, 7));
  CHECK_FALSE(Fell(facts, 21, 7));
  CHECK(Rose(facts, 10, 7));
  CHECK_FALSE(Rose(facts, 11, 7));
}

TEST_CASE("the value in force at the window's start belongs to it") {
  SubjectFacts facts;
  Score(facts, 1, 90, 29);
  Score(facts, 2, 60, 2);
  CHECK(Fell(facts, 30, 1) == false);
  CHECK(Fell(facts, 30, 2) == false);
  CHECK(Fell(facts, 30, 3));
  CHECK(Fell(facts, 30, 30));
}

TEST_CASE("one score alone is no change, and a withdrawn score is none") {
  SubjectFacts facts;
  Score(facts, 1, 90, 1);
  CHECK_FALSE(Fell(facts, 1, 30));
  facts.ApplyTrait("Score", 2, kNow, NullValue(), kNow);
  CHECK_FALSE(Fell(facts, 1, 30));
  Score(facts, 3, 40, 0);
  CHECK(Fell(facts, 50, 30));
}

TEST_CASE("a score that comes late takes its place among the values") {
  SubjectFacts facts;
  Score(facts, 1, 50, 10);
  Score(facts, 3, 55, 2);
  CHECK_FALSE(Fell(facts, 30, 7));
  const auto late = Score(facts, 2, 90, 5);
  CHECK(late.scores);
  CHECK(late.stored);
  CHECK_FALSE(late.value);
  CHECK(Fell(facts, 35, 7));
  CHECK(facts.Number("Score") == 55.0);
}

TEST_CASE("scores end up the same in whatever order they come") {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::pair<std::int64_t, double>> told;
    for (std::int64_t version = 1; version <= 6; ++version) {
      told.emplace_back(version, static_cast<double>(random() % 4 * 10));
    }
    SubjectFacts ordered;
    for (const auto& [version, score] : told) {
      Score(ordered, version, score, static_cast<int>(20 - version));
    }
    std::shuffle(told.begin(), told.end(), random);
    SubjectFacts shuffled;
    for (const auto& [version, score] : told) {
      Score(shuffled, version, score, static_cast<int>(20 - version));
    }
    for (const double by : {10, 20, 30}) {
      for (const int days : {15, 16, 18, 30}) {
        CHECK(Fell(ordered, by, days) == Fell(shuffled, by, days));
        CHECK(Rose(ordered, by, days) == Rose(shuffled, by, days));
      }
    }
  }
}

TEST_CASE("a score change ends when the last value that it is measured by leaves the window") {
  SubjectFacts facts;
  Score(facts, 1, 90, 20);
  Score(facts, 2, 60, 4);
  const auto week = hours(24 * 7);
  CHECK(facts.ScoreChanged(false, 30, week, kNow));
  // 90 was in force until four days ago.
  CHECK(facts.NextScoreChange(week, kNow) == Ago(4) + week);
  CHECK_FALSE(facts.ScoreChanged(false, 30, week, Ago(4) + week));
  CHECK(facts.NextScoreChange(week, Ago(4) + week) == std::nullopt);
}

TEST_CASE("only scores of the last days are remembered, and not too many of them") {
  SubjectFacts facts;
  Score(facts, 1, 10, 90);
  Score(facts, 2, 20, 60);
  Score(facts, 3, 30, 40);
  Score(facts, 4, 40, 10);
  CHECK(facts.stored().scores_size() == 2);
  CHECK_FALSE(Score(facts, 2, 99, 60).stored);

  for (int i = 0; i < 1'000; ++i) {
    facts.ApplyTrait("Score", 100 + i, Ago(1) + std::chrono::seconds(i),
                     NumberValue(i == 17 ? 100 : 50 + i % 2), kNow);
  }
  CHECK(facts.stored().scores_size() <= SubjectFacts::kMostScores);
  CHECK(Fell(facts, 49, 2));
}

TEST_CASE("the same score again ends one that comes late between the two") {
  SubjectFacts facts;
  Score(facts, 1, 50, 10);
  CHECK_FALSE(Score(facts, 3, 50, 6).value);
  Score(facts, 2, 90, 8);
  CHECK(Fell(facts, 40, 7));
  CHECK_FALSE(Fell(facts, 40, 6));
}

TEST_CASE("a subject has a limited number of traits and segments, and texts a limited length") {
  SubjectFacts facts;
  for (int i = 0; i < SubjectFacts::kMost; ++i) {
    facts.ApplyTrait("T" + std::to_string(i), 1, kNow, NumberValue(1), kNow);
    facts.ApplyMembership("S" + std::to_string(i), 1, true, kNow);
  }
  CHECK_THROWS_AS(facts.ApplyTrait("more", 1, kNow, NumberValue(1), kNow), core::InvalidArgument);
  CHECK_THROWS_AS(facts.ApplyMembership("more", 1, true, kNow), core::InvalidArgument);
  CHECK(facts.ApplyTrait("T7", 2, kNow, TextValue(std::string(10'000, 'x')), kNow).value);
  CHECK(facts.FindTrait("T7")->text().size() == SubjectFacts::kLongestText);
}

}  // namespace accoil::tagging
