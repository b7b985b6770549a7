#include "services/widget/facts.h"

#include <limits>

#include "tests/catch.h"

namespace accoil::widget {
namespace {

const core::TimePoint kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);

std::int64_t DaysBefore(int days) {
  return std::chrono::floor<std::chrono::days>(kNow).time_since_epoch().count() - days;
}

TEST_CASE("values read back as they were packed") {
  Packer packer;
  for (const auto number :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{127},
        std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    packer.Add(number);
  }
  packer.Add("text");
  packer.Add(std::string(300, 'x'));
  packer.Add(0.25);
  packer.Add(true);
  const auto bytes = packer.Take();
  Unpacker unpacker(bytes);
  CHECK(unpacker.Number() == 0);
  CHECK(unpacker.Number() == -1);
  CHECK(unpacker.Number() == 127);
  CHECK(unpacker.Number() == std::numeric_limits<std::int64_t>::min());
  CHECK(unpacker.Number() == std::numeric_limits<std::int64_t>::max());
  CHECK(unpacker.Text() == "text");
  CHECK(unpacker.Text() == std::string(300, 'x'));
  CHECK(unpacker.Double() == 0.25);
  CHECK(unpacker.Flag());
  CHECK(unpacker.AtEnd());
  CHECK_THROWS_AS(unpacker.Number(), std::logic_error);
}

TEST_CASE("what is cut off is noticed") {
  Packer packer;
  packer.Add("text");
  const auto bytes = packer.Take();
  Unpacker unpacker(std::string_view(bytes).substr(0, 3));
  CHECK_THROWS_AS(unpacker.Text(), std::logic_error);
}

TEST_CASE("a subject reads back, and so does one that is not known") {
  SubjectFact ada;
  ada.known = true;
  ada.name = "Ada";
  ada.email = "ada@x.example";
  ada.accounts = {"acme", "beta"};
  ada.match_version = 7;
  ada.match_workspace = "ws-1";
  ada.match_target = "c1";
  const auto read = UnpackSubject(Pack(ada));
  CHECK(read.known);
  CHECK_FALSE(read.removed);
  CHECK(read.name == "Ada");
  CHECK(read.accounts == ada.accounts);
  CHECK(read.match_version == 7);
  CHECK(read.match_target == "c1");
  CHECK_FALSE(UnpackSubject(Pack(SubjectFact())).known);
}

TEST_CASE("measures read as of the time of the look: what was a week ago, and who left lately") {
  MeasuresPacker packer;
  const auto history = "[[" + std::to_string(DaysBefore(9)) + ",10],[" +
                       std::to_string(DaysBefore(3)) + ",20],[" + std::to_string(DaysBefore(1)) +
                       ",30]]";
  packer.AddTrait("Plan", "\"Gold\"", std::nullopt, kNow - std::chrono::hours(2));
  packer.AddTrait("Score", "40", history, kNow - std::chrono::hours(5));
  packer.AddTrait("Trial", "true", std::nullopt, kNow - std::chrono::hours(9));
  packer.AddTrait("Unsayable", "NaN", std::nullopt, kNow);
  packer.AddSegment("All", true, kNow - std::chrono::days(90));
  packer.AddSegment("Gone", false, kNow - std::chrono::days(3));
  packer.AddSegment("Long gone", false, kNow - std::chrono::days(8));
  const auto packed = packer.Take();

  const auto measures = UnpackMeasures(packed, kNow);
  REQUIRE(measures.traits.size() == 3);
  CHECK(measures.traits.at("Score").value == Value(40.0));
  CHECK(measures.traits.at("Score").week_ago == Value(20.0));
  CHECK(measures.traits.at("Plan").value == Value("Gold"));
  CHECK(measures.traits.at("Trial").value == Value(true));
  CHECK(measures.newest == kNow - std::chrono::hours(2));
  REQUIRE(measures.segments.size() == 1);
  CHECK(measures.segments[0].name == "All");
  CHECK(measures.left == std::vector<std::string>{"Gone"});

  // Six days later nobody has told anything.
  const auto later = UnpackMeasures(packed, kNow + std::chrono::days(6));
  CHECK(later.traits.at("Score").week_ago == std::nullopt);
  CHECK(later.left.empty());
}

}  // namespace
}  // namespace accoil::widget
