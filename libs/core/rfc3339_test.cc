#include "libs/core/rfc3339.h"

#include "tests/catch.h"

namespace accoil::core {
namespace {

std::int64_t Seconds(std::string_view text) {
  return ParseDate(text).value().time_since_epoch().count();
}

}  // namespace

TEST_CASE("a date is RFC 3339, or a day alone") {
  CHECK(Seconds("1970-01-01T00:00:00Z") == 0);
  CHECK(Seconds("2026-11-24T07:17:35+01:00") == 1'795'501'055);
  CHECK(Seconds("2026-11-24t07:17:35.999999-00:30") == 1'795'506'455);
  CHECK(Seconds("2026-11-24") == 1'795'478'400);
  CHECK(Seconds("1969-12-31T23:59:59Z") == -1);
  CHECK(Seconds("2016-12-31T23:59:60Z") == Seconds("2017-01-01T00:00:00Z"));
  for (const char* text :
       {"", "2026", "2026-11", "2026-13-01", "2026-02-29", "2026-11-24T07:17",
        "2026-11-24T24:00:00Z", "2026-11-24T07:17:35", "2026-11-24T07:17:35+1:00",
        "2026-11-24T07:17:35.Z", "2026-11-24T07:17:35Z ", "24.11.2026", "1795501055"}) {
    CAPTURE(text);
    CHECK(!ParseDate(text));
  }
}

TEST_CASE("a date that a TimePoint cannot hold becomes the nearest that it can") {
  CHECK(ToTimePoint(ParseDate("2026-11-24").value()) ==
        TimePoint(std::chrono::seconds(1'795'478'400)));
  CHECK(ToTimePoint(ParseDate("9999-12-31").value()) >
        ToTimePoint(ParseDate("2262-04-11").value()));
  CHECK(ToTimePoint(ParseDate("0000-01-01").value()) <
        ToTimePoint(ParseDate("1677-09-22").value()));
  CHECK(ToTimePoint(ParseDate("9999-12-31").value()) ==
        ToTimePoint(ParseDate("2500-01-01").value()));
}

}  // namespace accoil::core
