#include "services/widget/formatting.h"

#include "tests/catch.h"

namespace accoil::widget {
namespace {

using std::chrono::hours;

core::TimePoint Day(int year, unsigned month, unsigned day) {
  return std::chrono::sys_days(std::chrono::year(year) / std::chrono::month(month) /
                               std::chrono::day(day));
}

TEST_CASE("numbers have separators for thousands and no needless decimals") {
  CHECK(FormatNumber(0) == "0");
  CHECK(FormatNumber(-0.001) == "0");
  CHECK(FormatNumber(999) == "999");
  CHECK(FormatNumber(1234567) == "1,234,567");
  CHECK(FormatNumber(-1234.5) == "−1,234.5");
  CHECK(FormatNumber(0.8333) == "0.83");
  CHECK(FormatNumber(1e20) == "1e+20");
  CHECK(FormatPercent(57) == "57%");
  CHECK(FormatChange(12) == "+12");
  CHECK(FormatChange(-3) == "−3");
  CHECK(FormatChange(0) == "±0");
  CHECK(FormatCount(1, "user") == "1 user");
  CHECK(FormatCount(1200, "user") == "1,200 users");
}

TEST_CASE("a moment is told as people tell it, by days") {
  const auto now = Day(2026, 11, 24) + hours(1);
  CHECK(FormatAgo(now - hours(1), now) == "today");
  CHECK(FormatAgo(now - hours(2), now) == "yesterday");
  CHECK(FormatMoment(Day(2026, 11, 21), now) == "3 days ago (21 Nov 2026)");
  CHECK(FormatAgo(Day(2026, 9, 1), now) == "2 months ago");
  CHECK(FormatAgo(Day(2024, 9, 1), now) == "2 years ago");
  CHECK(FormatAgo(Day(2026, 11, 25), now) == "tomorrow");
  CHECK(FormatAgo(Day(2026, 12, 4), now) == "in 10 days");
}

TEST_CASE("a score has the word of its ready-made segment") {
  CHECK(ScoreWord(100) == "Most Engaged");
  CHECK(ScoreWord(75) == "Slightly Engaged");
  CHECK(ScoreWord(50) == "Slightly Engaged");
  CHECK(ScoreWord(25) == "Passive");
  CHECK(ScoreWord(24.9) == "Least Engaged");
}

TEST_CASE("a trait's name reads as a label") {
  CHECK(FormatLabel("Score") == "Score");
  CHECK(FormatLabel("ActivationRate") == "Activation rate");
  CHECK(FormatLabel("AdoptionRateAllTime") == "Adoption rate all time");
  CHECK(FormatLabel("LTV") == "LTV");
  CHECK(FormatLabel("monthlyLTVInUSD") == "monthly LTV in USD");
  CHECK(FormatLabel("plan_tier") == "plan tier");
}

TEST_CASE("markup in data is shown and not obeyed") {
  const auto plain = PlainInMarkdown("**Bold** [link](http://x) _i_ `c` <b>\nnext");
  CHECK(plain.find_first_of("*[]_`<>\n") == std::string::npos);
  CHECK(plain == "∗∗Bold∗∗ ［link］(http://x) ＿i＿ ˋcˋ ‹b› next");
}

TEST_CASE("long text is cut at a character and says so") {
  CHECK(Shorten("short", 5) == "short");
  CHECK(Shorten("shorter", 5) == "shor…");
  CHECK(Shorten("äöüß€", 5) == "äöüß€");
  CHECK(Shorten("äöüß€x", 5) == "äöüß…");
  CHECK(Shorten("", 0).empty());
}

}  // namespace
}  // namespace accoil::widget
