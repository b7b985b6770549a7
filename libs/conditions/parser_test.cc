#include "libs/conditions/condition.h"
#include "libs/conditions/subject_fixture.h"
#include "tests/catch.h"

namespace accoil::conditions {
namespace {

using test::TestSchema;

/// The problem of a text that is refused, with its position.
std::string Problem(std::string_view text, const Schema& schema = TestSchema()) {
  try {
    Condition::Parse(text, schema, "rule.condition");
  } catch (const ConditionError& error) {
    CHECK(error.field() == "rule.condition");
    CHECK(error.problem().starts_with("at character " + std::to_string(error.position()) + ": "));
    return error.problem();
  }
  return "";
}
std::size_t Position(std::string_view text) {
  try {
    Condition::Parse(text, TestSchema(), "condition");
  } catch (const ConditionError& error) {
    return error.position();
  }
  return 0;
}
Condition Parse(std::string_view text) { return Condition::Parse(text, TestSchema(), ""); }

std::string Repeated(std::string_view piece, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += piece;
  return text;
}

}  // namespace

TEST_CASE("a condition is a tree of its parts") {
  const auto condition = Parse("Score >= 4 and (Plan = 'a' or LastActive < 2 weeks ago)");
  const auto& all = std::get<And>(condition.root().is).of;
  REQUIRE(all.size() == 2);
  const auto& score = std::get<Compare>(all[0].is);
  CHECK(score.field == test::kScore);
  CHECK(score.op == Operator::kGreaterOrEqual);
  CHECK(score.literal == Literal(4.0));
  const auto& any = std::get<Or>(all[1].is).of;
  REQUIRE(any.size() == 2);
  CHECK(std::get<Compare>(any[0].is).literal == Literal("a"));
  const auto& age = std::get<CompareAge>(any[1].is);
  CHECK(age.op == Operator::kLess);
  CHECK(age.age == std::chrono::weeks(2));
}

TEST_CASE("many joined by one word are one junction") {
  CHECK(std::get<And>(Parse("Trial and Trial and Trial").root().is).of.size() == 3);
  CHECK(std::get<Or>(Parse("Trial or Trial and Trial or Trial").root().is).of.size() == 3);
  CHECK(std::holds_alternative<Compare>(Parse("((Trial))").root().is));
}

TEST_CASE("what the language takes") {
  for (const char* text : {"Trial",
                           " \t\r\nTrial \n",
                           "NOT Trial AND Trial Or Trial",
                           "Score=1",
                           "Score<-0.5",
                           "Score = 1e3",
                           "Score = 1.5E-3",
                           "`Score` = 1",
                           "`Seats-Used` > 3",
                           "`In` = 'x'",
                           "'x' in Segments",
                           "\"x\" NOT IN Segments",
                           "'x' in `Segments`",
                           "Plan in ('a')",
                           "Plan not in ('a','b')",
                           "Score in (1,-2 , 3)",
                           "Trial in (true, FALSE)",
                           "Plan contains \"%_\"",
                           "Plan not contains 'x'",
                           "Plan is empty",
                           "Segments IS NOT EMPTY",
                           "LastActive > 1 hour ago",
                           "LastActive <= 36500 days ago",
                           "LastActive >= 876000 hours ago",
                           "LastActive = 1970-01-01",
                           "LastActive != 2199-12-31T23:59:59Z",
                           "LastActive < 2024-02-29T00:00:00.123+05:30",
                           "(Trial)and(Trial)",
                           "not(Trial)",
                           "Plan = '\\'' and Plan = \"\\\\\"",
                           "Plan = 'Größe 🎉'"}) {
    CAPTURE(text);
    CHECK(Problem(text).empty());
  }
}

TEST_CASE("an unknown name says which are there, the nearest first") {
  CHECK(Problem("Scor < 5") ==
        "at character 1: there is no Scor; did you mean Score? the fields are Score, Plan, `In`, "
        "Trial, Segments, LastActive, `Seats-Used`");
  CHECK(Problem("Trial and scoer < 5")
            .starts_with("at character 11: there is no scoer; did you mean Score?"));
  CHECK(Problem("'x' in Segmnets")
            .starts_with("at character 8: there is no Segmnets; did you mean Segments?"));
  // Nothing near.
  CHECK(
      Problem("Country = 'x'").starts_with("at character 1: there is no Country; the fields are "));
  CHECK(Problem("Score < 5", {}) == "at character 1: there is no Score, nor any other field");
  CHECK(Problem("Plan < 5", {{"Score", Type::kNumber}}) ==
        "at character 1: there is no Plan; the only field is Score");
}

TEST_CASE("a name in the wrong case suggests the right one") {
  CHECK(Problem("SCORE < 5").starts_with("at character 1: there is no SCORE; did you mean Score?"));
  CHECK(Problem("`seats-used` < 5")
            .starts_with("at character 1: there is no `seats-used`; did you mean `Seats-Used`?"));
}

TEST_CASE("of many names the ten nearest are shown") {
  Schema schema;
  for (int i = 10; i < 40; ++i) schema.push_back({"Trait" + std::to_string(i), Type::kNumber});
  CHECK(Problem("Trait5 = 1", schema) ==
        "at character 1: there is no Trait5; did you mean Trait15? the fields are Trait15, "
        "Trait25, Trait35, Trait10, Trait11, Trait12, Trait13, Trait14, Trait16, Trait17 and 20 "
        "more");
}

TEST_CASE("a long name is shown cut") {
  const auto problem = Problem(Repeated("x", 1'900) + " = 1");
  CHECK(problem.find(Repeated("x", 64) + "…") != std::string::npos);
  CHECK(problem.size() < 300);
}

TEST_CASE("positions are counted in characters") {
  CHECK(Position("Plan = 'Größe' ß") == 16);
  CHECK(Position("Plan = '🎉🎉' and Scor = 1") == 17);
  CHECK(Position("Trial and ") == 11);
  CHECK(Position("") == 1);
  CHECK(Position("  ") == 3);
  CHECK(Position("Plan = '🎉\xF0\x9F'") == 10);
  CHECK(Position("Plan = '🎉\x80'") == 10);
  CHECK(Position("\xC0\xAF") == 1);
}

TEST_CASE("an empty text says what a condition looks like") {
  CHECK(Problem("") == "at character 1: a condition is wanted, such as Score < 40");
  CHECK(Problem("   ") == "at character 4: a condition is wanted, such as Score < 40");
}

TEST_CASE("a literal of another type than the field's says which the field has, and one such") {
  const std::string number = "Score is a number; it is compared with a literal such as 40";
  CHECK(Problem("Score < '40'") == "at character 9: " + number);
  CHECK(Problem("Score = true") == "at character 9: " + number);
  CHECK(Problem("Score in (1, 'x')") == "at character 14: " + number);
  CHECK(Problem("Score = Plan") == "at character 9: " + number);
  CHECK(Problem("Score =") == "at character 8: " + number);
  CHECK(Problem("Score > 2026-01-31") == "at character 9: " + number);
  CHECK(Problem("Plan = 5") ==
        "at character 8: Plan is a text; it is compared with a literal such as \"Enterprise\"");
  CHECK(Problem("Plan = Enterprise") ==
        "at character 8: Plan is a text; it is compared with a literal such as \"Enterprise\", in "
        "quotes");
  CHECK(Problem("Trial = 'yes'") ==
        "at character 9: Trial is true or false; it is compared with a literal such as true");
  CHECK(Problem("LastActive < '2026-01-31'") ==
        "at character 14: LastActive is a date; it is compared with a literal such as 2026-01-31, "
        "without quotes, or with an age such as 14 days ago");
}

TEST_CASE("what a type does not take is said where it stands") {
  CHECK(Problem("Plan < 'a'") ==
        "at character 6: Plan is a text, which is compared by = and != alone, as in Plan = "
        "\"Enterprise\"");
  CHECK(Problem("Trial >= true").starts_with("at character 7: Trial is true or false, which is"));
  CHECK(Problem("Score contains '5'") ==
        "at character 7: Score is a number, only texts contain others; write Score < 40");
  CHECK(Problem("Score > 14 days ago") ==
        "at character 12: Score is a number; how long ago something is can be asked of dates "
        "alone");
  CHECK(Problem("Score") ==
        "at character 6: after Score, which is a number, stands what it is compared with, such as "
        "Score < 40");
  CHECK(Problem("Plan and Trial").starts_with("at character 6: after Plan, which is a text,"));
}

TEST_CASE("a set is asked for what it has") {
  const std::string advice = "Segments is a set of texts; write \"Enterprise\" in Segments";
  CHECK(Problem("Segments = 'x'") == "at character 10: " + advice);
  CHECK(Problem("Segments contains 'x'") == "at character 10: " + advice);
  CHECK(Problem("Segments not in ('x')") == "at character 10: " + advice);
  CHECK(Problem("'x' in Plan") ==
        "at character 8: Plan is a text, not a set; write Plan = \"Enterprise\"");
  CHECK(Problem("'x' = Plan") ==
        "at character 5: after a text stands in and a set, as in \"x\" in Segments; other "
        "comparisons begin with a field");
  CHECK(Problem("'x' in ('x')") == "at character 8: a set must follow, as in \"x\" in Segments");
}

TEST_CASE("ages are whole, of bounded length, and never exactly so long") {
  CHECK(Problem("LastActive > 1.5 days ago") ==
        "at character 14: a whole number from 0 is wanted, as in 14 days ago");
  CHECK(Position("LastActive > -1 days ago") == 14);
  CHECK(Problem("LastActive > 36501 days ago") ==
        "at character 14: at most 36500 days ago can be asked for");
  CHECK(Position("LastActive > 5215 weeks ago") == 14);
  CHECK(Position("LastActive > 1e300 days ago") == 14);
  CHECK(Problem("LastActive > 14") ==
        "at character 16: LastActive is a date; after the number stand hours, days or weeks and "
        "ago, as in 14 days ago");
  CHECK(Position("LastActive > 14 months ago") == 17);
  CHECK(Problem("LastActive > 14 days") == "at character 21: ago must follow, as in 14 days ago");
  CHECK(
      Problem("LastActive = 14 days ago").starts_with("at character 12: nothing is ever so long"));
  CHECK(Position("LastActive != 14 days ago") == 12);
}

TEST_CASE("dates are days of the calendar") {
  for (const char* date : {"2026-02-29", "2026-13-01", "2026-1-1", "2026-01-31T25:00:00Z",
                           "2026-01-31T12:00:00", "2026-01-31x", "2026-01-31T12:00:00Z+1"}) {
    CAPTURE(date);
    CHECK(
        Problem("LastActive > " + std::string(date)).starts_with("at character 14: this is no d"));
  }
  for (const char* date : {"1969-12-31", "2200-01-01", "0000-01-01", "9999-12-31",
                           "2199-12-31T23:59:59-01:00", "1970-01-01T00:00:00+00:01"}) {
    CAPTURE(date);
    CHECK(Problem("LastActive > " + std::string(date)) ==
          "at character 14: dates go from the year 1970 to 2199");
  }
}

TEST_CASE("numbers are finite and written plainly") {
  CHECK(Problem("Score < 1e400") == "at character 9: the number is too large or too small");
  CHECK(Problem("Score < 1e-400") == "at character 9: the number is too large or too small");
  CHECK(Problem("Score < " + Repeated("9", 400)) ==
        "at character 9: the number is too large or too small");
  CHECK(Problem("Score < 5.") == "at character 10: a digit must follow the point, as in 0.5");
  CHECK(Problem("Score < .5") ==
        "at character 9: . means nothing outside of quotes; a number begins with a digit, as in "
        "0.5");
  CHECK(Problem("Score < 14days") ==
        "at character 11: the number ends here; a space must stand before the next word");
  CHECK(Position("Score < 0x10") == 10);
  CHECK(Position("Score < 1e") == 10);
  CHECK(Position("Score < - 5") == 9);
  CHECK(Position("Score < +5") == 9);
  CHECK(Position("Score < NaN") == 9);
  CHECK(Position("Score < 40%") == 11);
  CHECK(Position("Score < 1,000") == 10);
}

TEST_CASE("signs of other languages are translated") {
  CHECK(Problem("Score == 5") == "at character 7: equal is written =");
  CHECK(Problem("Score <> 5") == "at character 7: not equal is written !=");
  CHECK(Problem("Trial && Trial") == "at character 7: && is written and");
  CHECK(Problem("Trial || Trial") == "at character 7: || is written or");
  CHECK(Problem("!Trial") == "at character 1: what is not true is written not");
  CHECK(Problem("Score ≤ 5") == "at character 7: less or equal is written <=");
  CHECK(Problem("Plan = “x”") ==
        "at character 8: texts stand in straight quotes, \"text\" or 'text'");
  CHECK(Problem("Seats-Used > 5")
            .starts_with("at character 1: there is no Seats; did you mean `Seats-Used`?"));
  CHECK(Problem("Größe > 5").find("there is no Gr;") != std::string::npos);
  CHECK(Problem("Score\u00A0< 5") ==
        "at character 6: U+00A0 means nothing outside of quotes; a name with more than A-Z, a-z, "
        "0-9 and _ stands in `backquotes`");
  CHECK(Problem("Trial; drop") == "at character 6: ; means nothing outside of quotes");
  CHECK(Problem("Trial 🎉").find("U+1F389 means nothing") != std::string::npos);
}

TEST_CASE("a keyword is no name without backquotes") {
  CHECK(Problem("In = 'x'") ==
        "at character 1: In is a word of the language; the field is written `In`");
  CHECK(Problem("Trial and or Trial") ==
        "at character 11: or cannot stand here; a comparison begins with a field, such as Score < "
        "40");
  CHECK(Position("true") == 1);
  // Words that mean something in their place alone.
  const Schema schema{{"days", Type::kNumber}, {"empty", Type::kBoolean}, {"Ago", Type::kDate}};
  CHECK(Problem("days > 5 and empty and Ago > 5 days ago or Ago is empty", schema).empty());
}

TEST_CASE("quotes are closed, and hold what can be read") {
  CHECK(Problem("Plan = 'x") ==
        "at character 8: the quote that opens here is never closed; write ' after the text");
  CHECK(Problem("`Score = 1") ==
        "at character 1: the quote that opens here is never closed; write ` after the name");
  CHECK(Problem("Plan = 'x\\n'") ==
        "at character 10: a backslash in it stands before ' or another backslash: \\' or \\\\");
  CHECK(Position("Plan = 'x\\") == 10);
  CHECK(Problem("Plan = 'a\nb'") == "at character 10: a line break or tab cannot stand in quotes");
  CHECK(Problem(std::string_view("Plan = 'a\0b'", 12)) ==
        "at character 10: control characters mean nothing here: U+0000");
  CHECK(Problem("Trial \x7F") == "at character 7: control characters mean nothing here: U+007F");
  CHECK(Problem("Plan = '\xED\xA0\x80'") == "at character 9: this is not UTF-8");
  CHECK(Problem("Plan contains ''").starts_with("at character 15: every text contains this;"));
}

TEST_CASE("what may follow is said where something else does") {
  CHECK(Problem("Trial Trial") ==
        "at character 7: a comparison ends before this; and, or, or the end must follow");
  CHECK(Problem("(Trial Trial)") ==
        "at character 8: a comparison ends before this; and, or, or ) must follow");
  CHECK(Problem("(Trial") == "at character 1: the parenthesis that opens here is never closed");
  CHECK(Problem("Trial)") == "at character 6: no parenthesis is open that this could close");
  CHECK(Problem("Trial and").starts_with("at character 10: a comparison must follow, such as"));
  CHECK(Problem("5 < Score").starts_with("at character 1: a comparison begins with a field,"));
  CHECK(Problem("()").starts_with("at character 2: a comparison begins with a field,"));
  CHECK(Problem("Plan is 'x'").starts_with("at character 9: after is stands empty or not empty;"));
  CHECK(Problem("Plan not 'x'") == "at character 10: after Plan not stands in or contains");
  CHECK(Problem("Plan in 'x'") ==
        "at character 9: after in stand literals in parentheses, as in (\"Enterprise\", …)");
  CHECK(Position("Plan in ()") == 10);
  CHECK(Position("Plan in ('x',)") == 14);
  CHECK(Problem("Plan in ('x' 'y')") ==
        "at character 14: a comma and another literal, or ) must follow");
  // The first thing that is wrong, not the first broken token.
  CHECK(Position("Scor = 1 and Plan = 'x") == 1);
}

TEST_CASE("a condition has bounds") {
  CHECK(Problem("Trial" + Repeated(" ", 1'995)).empty());
  CHECK(Problem("Trial" + Repeated(" ", 1'996)) ==
        "at character 2001: a condition has at most 2000 bytes, this one has 2001");

  const auto nested = [](int depth) {
    return Repeated("(", depth / 2) + Repeated("not ", depth - depth / 2) + "Trial" +
           Repeated(")", depth / 2);
  };
  CHECK(Problem(nested(Condition::kDeepest)).empty());
  CHECK(Problem(nested(Condition::kDeepest + 1)) ==
        "at character 81: parentheses and nots stand at most 32 deep within each other");
  CHECK(Position(Repeated("(", 2'000)) == 33);

  const auto joined = [](int comparisons) {
    return "Trial" + Repeated(" or Trial", comparisons - 1);
  };
  CHECK(Problem(joined(Condition::kMostComparisons)).empty());
  CHECK(Problem(joined(Condition::kMostComparisons + 1)) ==
        "at character 901: a condition has at most 100 comparisons");
}

}  // namespace accoil::conditions
