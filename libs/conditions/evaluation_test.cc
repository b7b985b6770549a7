#include <limits>

#include "libs/conditions/condition.h"
#include "libs/conditions/subject_fixture.h"
#include "libs/core/rfc3339.h"
#include "tests/catch.h"

namespace accoil::conditions {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using std::chrono::days;
using test::Subject;

core::TimePoint At(std::string_view date) {
  return core::ToTimePoint(core::ParseDate(date).value());
}
const core::TimePoint kNow = At("2026-03-01T12:00:00Z");

Condition Parse(std::string_view text) {
  return Condition::Parse(text, test::TestSchema(), "condition");
}
bool Holds(std::string_view text, const Subject& subject, core::TimePoint now = kNow) {
  return Parse(text).Evaluate(subject, now);
}
std::optional<core::TimePoint> Next(std::string_view text, const Subject& subject,
                                    core::TimePoint now = kNow) {
  return Parse(text).NextChange(subject, now);
}

}  // namespace

TEST_CASE("a score, a segment and an age make a condition") {
  constexpr auto kText = "Score < 40 and \"Enterprise\" in Segments and LastActive > 14 days ago";
  Subject subject;
  subject.Set(test::kScore, 39.0).Enter("Enterprise").Set(test::kLastActive, kNow - days(15));
  CHECK(Holds(kText, subject));
  CHECK_FALSE(Holds(kText, Subject(subject).Set(test::kScore, 40.0)));
  CHECK_FALSE(Holds(kText, Subject(subject).Set(test::kLastActive, kNow - days(14))));
  CHECK_FALSE(Holds(kText, Subject()
                               .Set(test::kScore, 39.0)
                               .Set(test::kLastActive, kNow - days(15))
                               .Enter("Enterprises")));
}

TEST_CASE("numbers are compared by every operator") {
  const auto subject = Subject().Set(test::kScore, 5.0);
  for (const auto& [text, holds] :
       std::initializer_list<std::pair<const char*, bool>>{{"Score = 5", true},
                                                           {"Score = 4", false},
                                                           {"Score != 5", false},
                                                           {"Score != 4", true},
                                                           {"Score < 5", false},
                                                           {"Score < 5.5", true},
                                                           {"Score <= 5", true},
                                                           {"Score <= 4", false},
                                                           {"Score > 5", false},
                                                           {"Score > -5", true},
                                                           {"Score >= 5", true},
                                                           {"Score >= 6", false},
                                                           {"Score = 0.5e1", true},
                                                           {"Score in (1, 5)", true},
                                                           {"Score in (1, 6)", false},
                                                           {"Score not in (1, 5)", false},
                                                           {"Score not in (1)", true}}) {
    CAPTURE(text);
    CHECK(Holds(text, subject) == holds);
  }
  CHECK(Holds("Score = 0", Subject().Set(test::kScore, -0.0)));
  CHECK(Holds("Score = -0", Subject().Set(test::kScore, 0.0)));
}

TEST_CASE("texts are equal byte for byte, and contain whatever the case of ASCII letters") {
  const auto subject = Subject().Set(test::kPlan, "Scale Up Größe"sv);
  CHECK(Holds("Plan = 'Scale Up Größe'", subject));
  CHECK_FALSE(Holds("Plan = 'scale up größe'", subject));
  CHECK(Holds("Plan != 'Scale'", subject));
  CHECK(Holds("Plan in ('a', 'Scale Up Größe')", subject));
  CHECK(Holds("Plan not in ('a', 'b')", subject));
  CHECK(Holds("Plan contains 'scale up'", subject));
  CHECK(Holds("Plan contains 'GRöß'", subject));
  CHECK_FALSE(Holds("Plan contains 'GRÖß'", subject));
  CHECK_FALSE(Holds("Plan contains 'scaleup'", subject));
  CHECK(Holds("Plan not contains 'scaleup'", subject));
  CHECK(Holds(R"(Plan = "a\"b\\c'd")", Subject().Set(test::kPlan, "a\"b\\c'd"sv)));
  CHECK(Holds("Plan = ''", Subject().Set(test::kPlan, ""sv)));
}

TEST_CASE("what a text contains is found wherever it begins") {
  const auto contains = [](std::string_view value, std::string_view needle) {
    std::string text = "Plan contains '";
    text += needle;
    text += "'";
    return Holds(text, Subject().Set(test::kPlan, value));
  };
  CHECK(contains("aaab", "AAB"));
  CHECK(contains("abababac", "ababac"));
  CHECK(contains("aabaaabaaac", "aabaaac"));
  CHECK_FALSE(contains("abababa", "ababac"));
  CHECK_FALSE(contains("ab", "abc"));
  CHECK(contains("abc", "abc"));
  // Hard to find by looking at every place.
  const std::string value(64 << 10, 'a');
  std::string needle(1'900, 'a');
  needle += 'b';
  CHECK_FALSE(contains(value, needle));
  CHECK(contains(value + "B", needle));
}

TEST_CASE("truths are compared, or stand alone") {
  const auto yes = Subject().Set(test::kTrial, true);
  const auto no = Subject().Set(test::kTrial, false);
  for (const char* text :
       {"Trial", "Trial = true", "Trial != false", "not Trial = false", "Trial in (TRUE)"}) {
    CAPTURE(text);
    CHECK(Holds(text, yes));
    CHECK_FALSE(Holds(text, no));
  }
}

TEST_CASE("dates are compared with days and moments") {
  const auto subject = Subject().Set(test::kLastActive, At("2026-01-31T12:00:00Z"));
  CHECK(Holds("LastActive = 2026-01-31T12:00:00Z", subject));
  CHECK(Holds("LastActive = 2026-01-31T13:00:00+01:00", subject));
  CHECK(Holds("LastActive > 2026-01-31", subject));
  CHECK_FALSE(Holds("LastActive = 2026-01-31", subject));
  CHECK(Holds("LastActive < 2026-02-01", subject));
  CHECK(Holds("LastActive in (2026-02-01, 2026-01-31T12:00:00Z)", subject));
}

TEST_CASE("of ages, greater is longer ago") {
  const auto ago = [](auto age) { return Subject().Set(test::kLastActive, kNow - age); };
  CHECK(Holds("LastActive > 14 days ago", ago(days(14) + 1us)));
  CHECK_FALSE(Holds("LastActive > 14 days ago", ago(days(14))));
  CHECK(Holds("LastActive >= 14 days ago", ago(days(14))));
  CHECK(Holds("LastActive <= 14 days ago", ago(days(14))));
  CHECK_FALSE(Holds("LastActive < 14 days ago", ago(days(14))));
  CHECK(Holds("LastActive < 14 days ago", ago(days(14) - 1us)));
  CHECK(Holds("LastActive > 1 hour ago", ago(61min)));
  CHECK(Holds("LastActive < 2 Weeks Ago", ago(days(13))));
  CHECK(Holds("LastActive < 0 days ago", ago(-1h)));
  CHECK(Holds("LastActive > 0 days ago", ago(1us)));
}

TEST_CASE("a date that is as far away as can be has an age") {
  const auto first = Subject().Set(test::kLastActive, core::TimePoint::min());
  const auto last = Subject().Set(test::kLastActive, core::TimePoint::max());
  CHECK(Holds("LastActive > 36500 days ago", first));
  CHECK(Holds("LastActive < 36500 days ago", last));
  CHECK_FALSE(Next("LastActive > 36500 days ago", first));
  CHECK_FALSE(Next("LastActive > 36500 days ago", last));
}

TEST_CASE("a comparison without a value is false, whatever it asks") {
  const Subject nobody;
  for (const char* text :
       {"Score = 0", "Score != 0", "Score < 1", "Score >= 0", "Score in (0)", "Score not in (0)",
        "Plan = ''", "Plan != ''", "Plan contains 'a'", "Plan not contains 'a'", "Trial",
        "Trial = false", "Trial != true", "LastActive < 2026-01-31", "LastActive < 1 day ago",
        "LastActive >= 1 day ago", "'New' in Segments", "Score is not empty",
        "Segments is not empty"}) {
    CAPTURE(text);
    CHECK_FALSE(Holds(text, nobody));
    CHECK(Holds("not (" + std::string(text) + ")", nobody));
  }
  for (const char* text : {"Score is empty", "Plan is empty", "Trial is empty",
                           "LastActive is empty", "Segments is empty", "'New' not in Segments"}) {
    CAPTURE(text);
    CHECK(Holds(text, nobody));
  }
  CHECK_FALSE(Holds("Plan is empty", Subject().Set(test::kPlan, ""sv)));
  CHECK_FALSE(Holds("Segments is empty", Subject().Enter("New")));
}

TEST_CASE("a value of another type than the field's is no match") {
  const auto subject = Subject().Set(test::kScore, "5"sv).Set(test::kPlan, 5.0);
  CHECK_FALSE(Holds("Score = 5", subject));
  CHECK_FALSE(Holds("Score != 4", subject));
  CHECK_FALSE(Holds("Plan contains '5'", subject));
  CHECK_FALSE(Holds("Plan = '5' or Plan != '5' or Plan in ('5')", subject));
}

TEST_CASE("not binds tighter than and, and tighter than or") {
  const auto subject = [](bool trial, double score) {
    return Subject().Set(test::kTrial, trial).Set(test::kScore, score);
  };
  CHECK(Holds("Trial or Score = 1 and Score = 2", subject(true, 0)));
  CHECK_FALSE(Holds("(Trial or Score = 1) and Score = 2", subject(true, 0)));
  CHECK_FALSE(Holds("not Trial and Score = 1", subject(true, 0)));
  CHECK(Holds("not (Trial and Score = 1)", subject(true, 0)));
  CHECK(Holds("not not Trial", subject(true, 0)));
  CHECK(Holds("Score = 1 and Trial or Score = 2", subject(false, 2)));
}

TEST_CASE("a condition changes by itself when something becomes longer ago than it says") {
  const auto subject = Subject().Set(test::kLastActive, kNow - days(13)).Set(test::kScore, 5.0);
  const auto fourteen = kNow + days(1);
  CHECK(Next("LastActive >= 14 days ago", subject) == fourteen);
  CHECK(Next("LastActive < 14 days ago", subject) == fourteen);
  CHECK(Next("LastActive > 14 days ago", subject) == fourteen + 1us);
  CHECK(Next("LastActive <= 14 days ago", subject) == fourteen + 1us);
  CHECK(Next("not LastActive >= 14 days ago", subject) == fourteen);
  CHECK_FALSE(Next("LastActive > 12 days ago", subject));
  CHECK_FALSE(Next("LastActive > 14 days ago", Subject()));
  CHECK_FALSE(Next("Score = 5 and LastActive > 2020-01-01", subject));
  CHECK_FALSE(Next("LastActive > 14 days ago", subject, fourteen + 1us));
  CHECK(Next("LastActive > 14 days ago", subject, fourteen) == fourteen + 1us);
}

TEST_CASE("a moment between two microseconds is rounded to one at which the change is there") {
  const auto subject = Subject().Set(test::kLastActive, kNow - days(14) + 1ns);
  CHECK(Next("LastActive >= 14 days ago", subject) == kNow + 1us);
  CHECK(Next("LastActive > 14 days ago", subject) == kNow + 1us);
  CHECK(Holds("LastActive > 14 days ago", subject, kNow + 1us));
}

TEST_CASE("what facts alone decide is not looked at again as time goes by") {
  const auto subject = Subject().Set(test::kLastActive, kNow - days(13)).Set(test::kScore, 5.0);
  CHECK_FALSE(Next("Score > 5 and LastActive >= 14 days ago", subject));
  CHECK(Next("Score = 5 and LastActive >= 14 days ago", subject) == kNow + days(1));
  CHECK_FALSE(Next("Score = 5 or LastActive >= 14 days ago", subject));
  CHECK(Next("Score > 5 or LastActive >= 14 days ago", subject) == kNow + days(1));
  // Both must have become true.
  CHECK(Next("LastActive >= 14 days ago and LastActive >= 20 days ago", subject) == kNow + days(7));
  CHECK(Next("LastActive >= 14 days ago or LastActive >= 20 days ago", subject) == kNow + days(1));
  CHECK(Next("LastActive >= 10 days ago and LastActive < 20 days ago", subject) == kNow + days(7));
}

TEST_CASE("a condition says what it looks at") {
  const auto condition = Parse(
      "'b' in Segments or not (Score > 5 and 'a' in Segments) or 'b' not in Segments or Trial");
  CHECK(condition.fields() ==
        std::vector<std::size_t>{test::kScore, test::kTrial, test::kSegments});
  CHECK(condition.texts() == std::vector<std::string>{"a", "b"});
  CHECK_FALSE(condition.depends_on_time());
  CHECK(Parse("not (Trial and LastActive < 1 day ago)").depends_on_time());
  CHECK_FALSE(Parse("LastActive < 2026-01-31").depends_on_time());
}

}  // namespace accoil::conditions
