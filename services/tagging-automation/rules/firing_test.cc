#include "services/tagging-automation/rules/firing.h"

#include "tests/catch.h"

namespace accoil::tagging {
namespace {

using std::chrono::seconds;

const core::TimePoint kNow(std::chrono::hours(24 * 365 * 56));

/// A rule and a subject that things happen to.
struct Bed {
  RuleStanding rule{.suspended = false,
                    .catch_up = false,
                    .generation = 1,
                    .settling = false,
                    .filter_patience = seconds(60)};
  std::optional<Entry> stored;
  core::TimePoint now = kNow;
  bool before = false;
  bool filter = true;
  int fired = 0;
  int ended = 0;
  int inside = 0;

  Step See(bool is_inside, bool reentered = false) {
    return Take(Observe(stored, SightOf(is_inside, reentered), rule, now));
  }
  Step Visit(bool is_inside, SettleFiring firing = SettleFiring::kNobody) {
    return Take(Settle(stored, SightOf(is_inside, false), rule, firing, now));
  }

 private:
  Sight SightOf(bool is_inside, bool reentered) {
    return {.before = [this] { return before; },
            .inside = is_inside,
            .reentered = reentered,
            .filter = [this] { return filter; }};
  }
  Step Take(const Step& step) {
    if (step.entry) stored = step.entry;
    fired += step.fired ? 1 : 0;
    ended += step.ended ? 1 : 0;
    inside += step.inside;
    return step;
  }
};

}  // namespace

TEST_CASE("an entry fires once, however often it is seen") {
  Bed bed;
  bed.See(false);
  CHECK_FALSE(bed.stored);
  bed.See(true);
  bed.See(true);
  bed.See(true);
  CHECK(bed.fired == 1);
  CHECK(bed.inside == 1);
  CHECK(bed.stored->state == EntryState::kFired);
}

TEST_CASE("who has left and enters anew is fired for again") {
  Bed bed;
  bed.See(true);
  bed.See(false);
  bed.See(false);
  CHECK(bed.ended == 1);
  CHECK(bed.inside == 0);
  bed.See(true);
  CHECK(bed.fired == 2);
  CHECK(bed.stored->number == 2);
}

TEST_CASE("leaving and entering between two looks is both") {
  Bed bed;
  bed.See(true);
  bed.See(true, true);
  CHECK(bed.fired == 2);
  CHECK(bed.ended == 1);
  CHECK(bed.inside == 1);
}

TEST_CASE("a filter may become true within its time") {
  Bed bed;
  bed.filter = false;
  bed.See(true);
  CHECK(bed.fired == 0);
  CHECK(bed.stored->state == EntryState::kWaitingForFilter);
  bed.now += seconds(59);
  bed.filter = true;
  bed.See(true);
  CHECK(bed.fired == 1);
  bed.See(true);
  CHECK(bed.fired == 1);
}

TEST_CASE("a filter that becomes true too late does not fire") {
  Bed bed;
  bed.filter = false;
  bed.See(true);
  bed.now += seconds(60);
  bed.See(true);
  CHECK(bed.stored->state == EntryState::kNotFired);
  bed.filter = true;
  bed.See(true);
  CHECK(bed.fired == 0);
  // What never fired has given nothing that could be taken away.
  bed.See(false);
  CHECK(bed.ended == 0);
}

TEST_CASE("without patience a filter counts at the moment of the entry") {
  Bed bed;
  bed.rule.filter_patience = seconds(0);
  bed.filter = false;
  bed.See(true);
  CHECK(bed.stored->state == EntryState::kNotFired);
}

TEST_CASE("who leaves while the filter is awaited is not fired for") {
  Bed bed;
  bed.filter = false;
  bed.See(true);
  bed.See(false);
  bed.filter = true;
  bed.See(false);
  CHECK(bed.fired == 0);
  CHECK(bed.inside == 0);
}

TEST_CASE("a paused rule fires for nobody, and catches up if it is set so") {
  Bed bed;
  bed.rule.suspended = true;
  bed.See(true);
  CHECK(bed.stored->state == EntryState::kPaused);
  bed.See(true);
  CHECK(bed.fired == 0);
  bed.rule.suspended = false;

  SECTION("it catches up when settling comes by, or an event") {
    bed.rule.catch_up = true;
    SECTION("settling") { bed.Visit(true); }
    SECTION("an event") { bed.See(true); }
    CHECK(bed.fired == 1);
    bed.Visit(true);
    bed.See(true);
    CHECK(bed.fired == 1);
  }
  SECTION("or not") {
    SECTION("settling") { bed.Visit(true); }
    SECTION("an event") { bed.See(true); }
    CHECK(bed.fired == 0);
    CHECK(bed.stored->state == EntryState::kNotFired);
  }
  SECTION("who has left meanwhile is not caught up with") {
    bed.rule.catch_up = true;
    bed.Visit(false);
    CHECK(bed.fired == 0);
    CHECK(bed.inside == 0);
  }
  SECTION("nor who does not pass the filter") {
    bed.rule.catch_up = true;
    bed.filter = false;
    bed.Visit(true);
    CHECK(bed.fired == 0);
  }
}

TEST_CASE("a pause that begins while the filter is awaited takes the entry along") {
  Bed bed;
  bed.filter = false;
  bed.See(true);
  bed.rule.suspended = true;
  bed.See(true);
  CHECK(bed.stored->state == EntryState::kPaused);
}

TEST_CASE("those inside when a rule begins are marked, not fired for") {
  Bed bed;
  bed.rule.settling = true;
  bed.Visit(true);
  CHECK(bed.stored->state == EntryState::kNotFired);
  CHECK(bed.inside == 1);
  bed.See(true);
  CHECK(bed.fired == 0);
  bed.See(false);
  CHECK(bed.ended == 0);
  bed.See(true);
  CHECK(bed.fired == 1);
}

TEST_CASE("those inside when a rule begins are fired for when that is asked") {
  Bed bed;
  bed.rule.settling = true;
  SECTION("once, if they pass the filter") {
    bed.Visit(true, SettleFiring::kAll);
    bed.See(true);
    bed.Visit(true, SettleFiring::kAll);
    CHECK(bed.fired == 1);
  }
  SECTION("not if they do not") {
    bed.filter = false;
    bed.Visit(true, SettleFiring::kAll);
    CHECK(bed.fired == 0);
    CHECK(bed.stored->state == EntryState::kNotFired);
  }
  SECTION("later, if the rule begins paused") {
    bed.rule.suspended = true;
    bed.Visit(true, SettleFiring::kAll);
    CHECK(bed.stored->state == EntryState::kPaused);
  }
}

TEST_CASE("events before settling has come by: entries fire, who was inside is left to settling") {
  Bed bed;
  bed.rule.settling = true;
  SECTION("an entry") {
    bed.before = false;
    bed.See(true);
    CHECK(bed.fired == 1);
    bed.Visit(true, SettleFiring::kAll);
    CHECK(bed.fired == 1);
  }
  SECTION("inside before and after") {
    bed.before = true;
    bed.See(true);
    CHECK_FALSE(bed.stored);
    bed.Visit(true);
    CHECK(bed.fired == 0);
    CHECK(bed.stored->state == EntryState::kNotFired);
  }
  SECTION("inside before, out, in again") {
    bed.before = true;
    bed.See(false);
    bed.before = false;
    bed.See(true);
    CHECK(bed.fired == 1);
    bed.Visit(true);
    CHECK(bed.fired == 1);
  }
}

TEST_CASE("a change of the rule fires for nobody who was fired for, or is inside already") {
  Bed bed;
  bed.See(true);
  CHECK(bed.fired == 1);
  SECTION("inside of both definitions: stays") {
    bed.rule.generation = 2;
    bed.rule.settling = true;
    bed.before = true;
    bed.See(true);
    bed.Visit(true);
    bed.Visit(true, SettleFiring::kAll);
    CHECK(bed.fired == 1);
    CHECK(bed.inside == 1);
  }
  SECTION("outside of the new one: leaves") {
    bed.rule.generation = 2;
    bed.rule.settling = true;
    bed.Visit(false);
    CHECK(bed.ended == 1);
    CHECK(bed.inside == 0);
  }
  SECTION("outside of the old one, inside of the new one: counts as inside") {
    bed.See(false);
    bed.rule.generation = 2;
    bed.rule.settling = true;
    bed.before = true;
    // What was stored for the old definition does not make this an entry.
    bed.See(true);
    CHECK(bed.fired == 1);
    bed.Visit(true);
    CHECK(bed.fired == 1);
    CHECK(bed.stored->inside);
    CHECK(bed.stored->generation == 2);
  }
}

TEST_CASE("settling that fires for newcomers alone leaves entries as they are") {
  Bed bed;
  bed.filter = false;
  bed.rule.filter_patience = seconds(0);
  bed.See(true);
  bed.filter = true;
  bed.Visit(true, SettleFiring::kNewcomers);
  CHECK(bed.fired == 0);
  bed.Visit(true, SettleFiring::kAll);
  CHECK(bed.fired == 1);

  Bed other;
  other.Visit(true, SettleFiring::kNewcomers);
  CHECK(other.fired == 1);
}

}  // namespace accoil::tagging
