#include "services/connections/call_budget.h"

#include <algorithm>

#include "tests/catch.h"

namespace accoil::connections {
namespace {

using namespace std::chrono_literals;
using core::TimePoint;

constexpr std::int64_t kReset = 1'700'000'010;
const WindowId kWindow{kReset};
const WindowId kNext{kReset + 10};

/// A workspace's budget at a time that the test moves.
struct Budget {
  Lease Grant(Priority priority, int wanted, const std::vector<CallReport>& reports = {}) {
    CallBudget budget(settings, state, now);
    for (const auto& report : reports) budget.Report(report);
    return budget.Grant(priority, wanted);
  }
  void Report(const CallReport& report) { Grant(Priority::kMatching, 0, {report}); }
  /// Intercom says that so many remain of `limit`; the others were ours.
  void Seen(int limit, int remaining, WindowId reset = kWindow) {
    Report({.window = WindowId(0),
            .ended = std::max(0, limit - remaining),
            .unused = 0,
            .rate_limit = CallReport::RateLimit{limit, remaining, reset}});
  }
  /// `after` the window's begin.
  void Go(std::chrono::milliseconds after, WindowId window = kWindow) {
    now = TimePoint(std::chrono::seconds(window.value() - 10)) + after;
  }

  BudgetSettings settings;
  BudgetState state;
  TimePoint now = TimePoint(std::chrono::seconds(kReset - 10)) + 1s;
};

CallReport Ended(int calls, std::optional<CallReport::RateLimit> rate_limit,
                 WindowId window = kWindow) {
  return {.window = window, .ended = calls, .unused = 0, .rate_limit = rate_limit};
}

CallReport Unused(int calls, WindowId window = kWindow) {
  return {.window = window, .ended = 0, .unused = calls};
}

}  // namespace

TEST_CASE("on first contact a few calls are granted, until an answer told the limit") {
  Budget budget;
  const auto first = budget.Grant(Priority::kTraits, 100);
  CHECK(first.granted == 3);
  CHECK(first.retry_after > 0ms);
  CHECK(first.retry_after <= 1s);
  CHECK(budget.Grant(Priority::kInteractive, 1).granted == 0);
  const auto second =
      budget.Grant(Priority::kTraits, 100,
                   {Ended(3, CallReport::RateLimit{1'666, 1'663, kWindow}, first.window)});
  CHECK(second.granted == 100);
  CHECK(second.window == kWindow);
}

TEST_CASE("after a state was lost nothing is granted until what was granted before has run out") {
  Budget budget;
  budget.state = StateAfterLoss(budget.settings, budget.now);
  budget.Seen(200, 150);
  const auto held = budget.Grant(Priority::kTraits, 10);
  CHECK(held.granted == 0);
  CHECK(held.retry_after == 4s);
  budget.now += 4s;
  CHECK(budget.Grant(Priority::kTraits, 10).granted == 10);
}

TEST_CASE("calls are granted up to what remains less what is under way") {
  Budget budget;
  budget.Seen(200, 150);
  CHECK(budget.Grant(Priority::kInteractive, 1'000).granted == 150);
  CHECK(budget.Grant(Priority::kInteractive, 1).granted == 0);
  // 50 of them ended; the others may all still come.
  const auto lease = budget.Grant(Priority::kInteractive, 60,
                                  {Ended(50, CallReport::RateLimit{200, 120, kWindow})});
  CHECK(lease.granted == 20);
}

TEST_CASE("a lease ends before its window and is never longer than the longest") {
  Budget budget;
  budget.Seen(200, 199);
  CHECK(budget.Grant(Priority::kTraits, 1).valid_for == 3s);
  budget.Go(9s);
  CHECK(budget.Grant(Priority::kTraits, 1).valid_for == 750ms);
  budget.Go(9'740ms);
  const auto too_late = budget.Grant(Priority::kTraits, 1);
  CHECK(too_late.granted == 0);
  CHECK(too_late.retry_after == 510ms);
}

TEST_CASE("calls that come back unused can be granted again") {
  Budget budget;
  budget.Seen(200, 200);
  CHECK(budget.Grant(Priority::kInteractive, 200).granted == 200);
  CHECK(budget.Grant(Priority::kInteractive, 30, {Unused(30)}).granted == 30);
}

TEST_CASE("calls that ended without headers stay counted in their window") {
  Budget budget;
  budget.Seen(100, 100);
  CHECK(budget.Grant(Priority::kInteractive, 100).granted == 100);
  CHECK(budget.Grant(Priority::kInteractive, 100, {Ended(10, std::nullopt)}).granted == 0);
}

TEST_CASE("calls of the last window that may still arrive are taken off the new one") {
  Budget budget;
  budget.Seen(200, 200);
  budget.Go(9s);
  CHECK(budget.Grant(Priority::kInteractive, 40).granted == 40);
  budget.Go(1s, kNext);
  budget.Seen(200, 199, kNext);
  CHECK(budget.Grant(Priority::kInteractive, 1'000).granted == 159);
  // 30 turn out to have been counted in the last window.
  CHECK(budget
            .Grant(Priority::kInteractive, 1'000,
                   {Ended(30, CallReport::RateLimit{200, 10, kWindow})})
            .granted == 30);
}

TEST_CASE("leases of a caller that died are forgotten when its calls must have ended") {
  Budget budget;
  budget.Seen(200, 200);
  CHECK(budget.Grant(Priority::kInteractive, 50).granted == 50);
  // Granted 1 s into the window for 3 s; 12 s later, 6 s into the next, they are gone.
  budget.Go(5'900ms, kNext);
  budget.Seen(200, 200, kNext);
  CHECK(budget.Grant(Priority::kInteractive, 1'000).granted == 150);
  budget.Go(6s, kNext);
  CHECK(budget.Grant(Priority::kInteractive, 1'000).granted == 50);
}

TEST_CASE("a window turns only when the guard has passed") {
  Budget budget;
  budget.Seen(200, 0);
  budget.Go(10'249ms);
  const auto before = budget.Grant(Priority::kTraits, 10);
  CHECK(before.granted == 0);
  CHECK(before.retry_after == 1ms);
  budget.Go(10'250ms);
  const auto after = budget.Grant(Priority::kTraits, 10);
  CHECK(after.granted == 10);
  CHECK(after.window == kNext);
}

TEST_CASE("of a new window a tenth is granted until one of its answers was seen") {
  Budget budget;
  budget.Seen(200, 0);
  budget.Go(300ms, kNext);
  const auto probe = budget.Grant(Priority::kTraits, 100);
  CHECK(probe.granted == 20);
  CHECK(probe.retry_after == 100ms);
  CHECK(budget.Grant(Priority::kTraits, 100).granted == 0);
  const auto rest = budget.Grant(Priority::kTraits, 1'000,
                                 {Ended(1, CallReport::RateLimit{50, 49, kNext}, kNext)});
  // The limit was lowered: 49 remain, 19 are under way, 1 is the reserve.
  CHECK(rest.granted == 29);
}

TEST_CASE("a refused call ends granting in its window at once") {
  Budget budget;
  budget.Seen(200, 150);
  budget.Grant(Priority::kTraits, 5);
  auto refused = Ended(1, CallReport::RateLimit{200, 0, kWindow});
  refused.throttled = true;
  const auto lease = budget.Grant(Priority::kInteractive, 1, {refused});
  CHECK(lease.granted == 0);
  CHECK(lease.retry_after == 9'250ms);
  SECTION("also when the answer had no headers") {
    Budget other;
    other.Seen(200, 150);
    other.Grant(Priority::kTraits, 5);
    auto bare = Ended(1, std::nullopt);
    bare.throttled = true;
    CHECK(other.Grant(Priority::kInteractive, 1, {bare}).granted == 0);
  }
  SECTION("but not in the next") {
    budget.Go(300ms, kNext);
    CHECK(budget.Grant(Priority::kInteractive, 1).granted == 1);
  }
  SECTION("and an old refusal does not close the next") {
    budget.Go(300ms, kNext);
    CHECK(budget.Grant(Priority::kInteractive, 1, {refused}).granted == 1);
  }
}

TEST_CASE("an answer of a later window moves on to it") {
  Budget budget;
  budget.Seen(200, 10);
  budget.Grant(Priority::kInteractive, 5);
  budget.Go(10'100ms);
  const auto lease = budget.Grant(Priority::kInteractive, 1'000,
                                  {Ended(1, CallReport::RateLimit{200, 199, kNext})});
  CHECK(lease.window == kNext);
  CHECK(lease.granted == 195);
}

TEST_CASE("a call of our window that was counted in the one before shows that we turned early") {
  Budget budget;
  budget.Seen(200, 0);
  budget.Go(300ms, kNext);
  CHECK(budget.Grant(Priority::kTraits, 10).granted == 10);
  const auto held = budget.Grant(Priority::kTraits, 10,
                                 {Ended(2, CallReport::RateLimit{200, 0, kWindow}, kNext)});
  CHECK(held.granted == 0);
  CHECK(held.retry_after == 200ms);
  budget.Go(500ms, kNext);
  CHECK(budget.Grant(Priority::kTraits, 20).granted == 12);
  SECTION("and the next windows turn later") {
    budget.Seen(200, 100, kNext);
    budget.Go(10'499ms, kNext);
    CHECK(budget.Grant(Priority::kTraits, 1).window == kNext);
    budget.Go(10'500ms, kNext);
    CHECK(budget.Grant(Priority::kTraits, 1).window == WindowId(kReset + 20));
  }
}

TEST_CASE("the last two percent are kept for urgent calls until the window is nearly over") {
  Budget budget;
  budget.Seen(200, 200);
  const auto lease = budget.Grant(Priority::kTraits, 1'000);
  CHECK(lease.granted == 196);
  CHECK(budget.Grant(Priority::kAutomation, 2).granted == 2);
  budget.Seen(200, 200);
  budget.Report(Ended(198, CallReport::RateLimit{200, 2, kWindow}));
  const auto waiting = budget.Grant(Priority::kTraits, 10);
  CHECK(waiting.granted == 0);
  CHECK(waiting.retry_after == 7'500ms);
  budget.Go(8'500ms);
  CHECK(budget.Grant(Priority::kTraits, 10).granted == 2);
}

TEST_CASE("a small limit has no reserve") {
  Budget budget;
  budget.Seen(20, 20);
  CHECK(budget.Grant(Priority::kMatching, 100).granted == 20);
}

TEST_CASE("what an urgent priority did not get goes before what lower ones want") {
  Budget budget;
  budget.Seen(200, 40);
  CHECK(budget.Grant(Priority::kTraits, 100).granted == 36);
  // 60 come free, but traits are owed 64; matching gets only its share of a tenth.
  CHECK(budget.Grant(Priority::kMatching, 100, {Unused(36)}).granted == 20);
  SECTION("until they should have come back") {
    budget.now += 5s;
    CHECK(budget.Grant(Priority::kMatching, 100).granted == 16);
  }
}

TEST_CASE("a lower priority that waits has a tenth of the window for itself") {
  Budget budget;
  budget.Seen(200, 0);
  CHECK(budget.Grant(Priority::kMatching, 50).granted == 0);
  budget.Go(300ms, kNext);
  budget.Seen(200, 200, kNext);
  CHECK(budget.Grant(Priority::kInteractive, 1'000).granted == 180);
  CHECK(budget.Grant(Priority::kMatching, 50).granted == 16);
}

TEST_CASE("an idle priority keeps nothing back") {
  Budget budget;
  budget.Seen(200, 200);
  CHECK(budget.Grant(Priority::kMatching, 1'000).granted == 196);
}

TEST_CASE("what other apps call is left to them as long as they are expected to") {
  Budget budget;
  const auto foreign_calls = [&](WindowId window) {
    // At 1 s into the window, 10 of 30 counted calls were not ours: 100 in a window.
    budget.Go(1s, window);
    budget.Report({.window = WindowId(0),
                   .ended = 20,
                   .unused = 0,
                   .rate_limit = CallReport::RateLimit{200, 170, window}});
  };
  foreign_calls(WindowId(kReset - 10));
  foreign_calls(kWindow);
  budget.Go(5s, kNext);
  budget.Seen(200, 200, kNext);
  // 2 s until the last of them is sent: 20 for others.
  CHECK(budget.Grant(Priority::kInteractive, 1'000).granted == 180);
}

TEST_CASE("reports that cannot be right change nothing") {
  Budget budget;
  budget.Seen(200, 100);
  const auto before = budget.state;
  budget.Seen(0, 50);
  budget.Seen(200, -1);
  budget.Seen(200, 50, WindowId(kReset + 100'000));
  budget.Seen(200, 50, WindowId(0));
  budget.Report(Ended(50, std::nullopt));
  budget.Report(Unused(50));
  CHECK(budget.state == before);
}

TEST_CASE("a finished window tells how much of it was used and whether more was wanted") {
  Budget budget;
  budget.Seen(200, 200);
  budget.Grant(Priority::kInteractive, 200);
  budget.Report(Ended(200, CallReport::RateLimit{200, 0, kWindow}));
  budget.Grant(Priority::kTraits, 1);
  budget.Go(300ms, kNext);
  const CallBudget next(budget.settings, budget.state, budget.now);
  REQUIRE(next.finished().size() == 1);
  CHECK(next.finished()[0].limit == 200);
  CHECK(next.finished()[0].counted == 200);
  CHECK(next.finished()[0].wanted_more);
}

}  // namespace accoil::connections
