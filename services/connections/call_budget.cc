#include "services/connections/call_budget.h"

#include <algorithm>

namespace accoil::connections {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// A reset further away than this from our clock is nobody's window: a defect, not believed.
constexpr auto kFarthestReset = std::chrono::minutes(10);
/// A clock further behind than this is not followed: the windows' length may be set wrong, and
/// being late is safe.
constexpr auto kMostBehind = seconds(5);
constexpr auto kMostAhead = seconds(60);
/// A lease shorter than this would end before it is used.
constexpr auto kShortestLease = milliseconds(50);
/// While something is about to be reported, callers come back this soon…
constexpr auto kSoon = milliseconds(200);
/// …while others go first, this soon…
constexpr auto kAfterOthers = milliseconds(500);
/// …and while only calls that come back unused could help, this soon.
constexpr auto kSeldom = milliseconds(1'000);
/// Other apps' pace is not judged by less than this of a window.
constexpr auto kShortestWatch = milliseconds(500);
/// From sending a call to Intercom's counting it, when all is well.
constexpr auto kSlowestSend = milliseconds(1'000);
constexpr auto kSoonest = milliseconds(20);

/// The reserve for urgent calls, and the limit below which one would be too much of it.
constexpr int kReservePercent = 2;
constexpr int kSmallestLimitWithReserve = 50;
/// What each waiting priority is sure to get of a window.
constexpr int kSharePercent = 10;
/// What is granted of a window before one of its answers was seen.
constexpr int kProbePercent = 10;

core::TimePoint EndOf(WindowId window) { return core::TimePoint(seconds(window.value())); }

/// The whole second at or after a point in time, so that leases of a second share an entry.
core::TimePoint CeilToSecond(core::TimePoint time) { return std::chrono::ceil<seconds>(time); }

}  // namespace

BudgetState StateAfterLoss(const BudgetSettings& settings, core::TimePoint now) {
  BudgetState state;
  state.not_before = now + settings.longest_lease + kSlowestSend;
  return state;
}

CallBudget::CallBudget(const BudgetSettings& settings, BudgetState& state, core::TimePoint now)
    : settings_(settings), state_(state), now_(now) {
  Advance();
}

core::TimePoint CallBudget::TurnTime(WindowId window) const {
  return EndOf(window) + settings_.guard + state_.lag;
}

core::TimePoint CallBudget::LastSend() const {
  return EndOf(state_.window) + std::min(state_.lag, microseconds(0)) - settings_.margin;
}

core::TimePoint CallBudget::ReleaseTime() const {
  return LastSend() + settings_.margin - settings_.reserve_release;
}

void CallBudget::Advance() {
  std::erase_if(state_.leases, [this](const auto& lease) { return lease.forgotten_at <= now_; });
  if (state_.window.value() == 0) {
    // Nothing is known: any window will do, the first answer tells which it really is.
    const auto end = CeilToSecond(now_ + settings_.window);
    state_.window = WindowId(duration_cast<seconds>(end.time_since_epoch()).count());
    return;
  }
  const auto late = now_ - TurnTime(state_.window);
  if (late < late.zero()) return;
  const auto windows = late / settings_.window + 1;
  MoveTo(WindowId(state_.window.value() + windows * settings_.window.count()));
}

void CallBudget::MoveTo(WindowId window) {
  if (state_.limit > 0 && state_.granted > 0) {
    FinishedWindow finished{state_.limit,
                            state_.seen ? state_.limit - state_.remaining : state_.granted, false};
    for (std::size_t priority = 0; priority < kPriorities; ++priority) {
      finished.wanted_more = finished.wanted_more || FreshDemand(priority) > 0;
    }
    finished_.push_back(finished);
  }
  // A window that nothing was heard of tells nothing of others either.
  const int pace = state_.seen ? state_.foreign_pace : state_.foreign / 2;
  state_.foreign = std::min(pace, state_.foreign_pace_before);
  state_.foreign_pace_before = pace;
  state_.foreign_pace = 0;
  state_.window = window;
  state_.seen = false;
  state_.closed = false;
  state_.remaining = -1;
  state_.unaccounted = 0;
  state_.accounted = 0;
  state_.used = {};
  // When it was left too early and is come back to, what was granted in it still is.
  state_.granted = Outstanding() - Carried();
}

int CallBudget::TakeFromLeases(WindowId window, int calls) {
  int taken = 0;
  for (auto& lease : state_.leases) {
    if (lease.window != window) continue;
    const int part = std::min(lease.calls, calls - taken);
    lease.calls -= part;
    taken += part;
  }
  std::erase_if(state_.leases, [](const auto& lease) { return lease.calls == 0; });
  return taken;
}

void CallBudget::Report(const CallReport& report) {
  const int unused = TakeFromLeases(report.window, report.unused);
  const int ended = TakeFromLeases(report.window, report.ended);
  if (report.window == state_.window) {
    state_.granted -= unused;
    // Counted in an earlier window, so not in this one.
    if (report.rate_limit && report.rate_limit->reset < state_.window) state_.granted -= ended;
  } else if (!report.rate_limit) {
    state_.granted += ended;
  }
  if (report.rate_limit) {
    const bool believed = Believe(*report.rate_limit, report.window);
    if (believed && report.rate_limit->reset == state_.window) {
      state_.accounted += report.ended;
      WatchForeign();
    }
  } else {
    state_.unaccounted += ended;
  }
  const auto refused_in = report.rate_limit ? report.rate_limit->reset : report.window;
  if (report.throttled && refused_in == state_.window) state_.closed = true;
}

bool CallBudget::Believe(const CallReport::RateLimit& seen, WindowId leased_in) {
  const auto distance = EndOf(seen.reset) - now_;
  if (seen.limit <= 0 || seen.remaining < 0 || std::chrono::abs(distance) > kFarthestReset)
    return false;

  // The answer was made before now and after its window had begun.
  const auto begun_for = duration_cast<microseconds>(now_ - (EndOf(seen.reset) - settings_.window));
  if (begun_for < state_.lag) state_.lag = std::max(begun_for, microseconds(-kMostBehind));

  if (seen.reset > state_.window) {
    MoveTo(seen.reset);
  } else if (seen.reset < state_.window && !state_.seen) {
    if (leased_in == state_.window && TurnTime(seen.reset) <= now_) {
      // A call that was granted in our window was counted in the one before: we turned too early.
      state_.lag = std::min(state_.lag + std::max(microseconds(settings_.guard), state_.lag),
                            microseconds(kMostAhead));
      state_.not_before = TurnTime(seen.reset);
    } else if (TurnTime(seen.reset) > now_) {
      // Windows end elsewhere than they were assumed to.
      MoveTo(seen.reset);
    }
  }
  if (seen.reset == state_.window) {
    state_.seen_at = now_;
    state_.limit = state_.seen ? std::min(state_.limit, seen.limit) : seen.limit;
    state_.remaining = state_.seen ? std::min(state_.remaining, seen.remaining) : seen.remaining;
    state_.seen = true;
  }
  return true;
}

int CallBudget::Outstanding() const {
  int calls = 0;
  for (const auto& lease : state_.leases) calls += lease.calls;
  return calls;
}

int CallBudget::Carried() const {
  int calls = 0;
  for (const auto& lease : state_.leases) {
    if (lease.window != state_.window) calls += lease.calls;
  }
  return calls;
}

std::chrono::microseconds CallBudget::EndsIn() const {
  return duration_cast<microseconds>(TurnTime(state_.window) - now_);
}

int CallBudget::EffectiveLimit() const {
  return state_.limit > 0 ? state_.limit : settings_.first_contact;
}

void CallBudget::WatchForeign() {
  // Calls under way may have been counted, so this is the least it can be.
  const int ours = state_.accounted + state_.unaccounted + Outstanding();
  const int others = std::max(0, state_.limit - state_.remaining - ours);
  const auto begun = EndOf(state_.window) - settings_.window + state_.lag;
  const auto watched =
      std::clamp<core::TimePoint::duration>(now_ - begun, kShortestWatch, settings_.window);
  const auto pace = std::min<std::int64_t>(others * settings_.window / watched, state_.limit);
  state_.foreign_pace = std::max(state_.foreign_pace, static_cast<int>(pace));
}

int CallBudget::ForeignExpected() const {
  if (!state_.seen) return 0;
  const auto left = EndOf(state_.window) - now_;
  const auto ahead =
      std::clamp<core::TimePoint::duration>(left, left.zero(), settings_.foreign_outlook);
  const auto unwatched = ahead + (now_ - state_.seen_at);
  const auto window = duration_cast<core::TimePoint::duration>(settings_.window);
  return static_cast<int>((state_.foreign * unwatched.count() + window.count() - 1) /
                          window.count());
}

int CallBudget::FreeByGrants() const { return EffectiveLimit() - state_.granted - Carried(); }

int CallBudget::Uncommitted() const {
  if (state_.closed || now_ < state_.not_before) return 0;
  int free = FreeByGrants();
  if (state_.seen) free = std::min(free, state_.remaining - Outstanding() - state_.unaccounted);
  return std::max(free, 0);
}

int CallBudget::Free() const { return std::max(Uncommitted() - ForeignExpected(), 0); }

int CallBudget::Share() const { return std::max(1, EffectiveLimit() * kSharePercent / 100); }

int CallBudget::Reserve(Priority priority) const {
  const bool urgent = priority <= Priority::kAutomation;
  if (urgent || state_.limit < kSmallestLimitWithReserve || now_ >= ReleaseTime()) return 0;
  return std::max(1, state_.limit * kReservePercent / 100);
}

int CallBudget::FreshDemand(std::size_t priority) const {
  const auto& demand = state_.demand[priority];
  return demand.until > now_ ? demand.calls : 0;
}

int CallBudget::WantedAbove(Priority priority) const {
  int wanted = 0;
  for (std::size_t above = 0; above < static_cast<std::size_t>(priority); ++above) {
    wanted += FreshDemand(above);
  }
  return wanted;
}

int CallBudget::GuaranteedBelow(Priority priority) const {
  if (now_ >= ReleaseTime()) return 0;
  int guaranteed = 0;
  for (std::size_t below = static_cast<std::size_t>(priority) + 1; below < kPriorities; ++below) {
    guaranteed += std::clamp(Share() - state_.used[below], 0, FreshDemand(below));
  }
  return guaranteed;
}

int CallBudget::Allowed(Priority priority) const {
  const int free = Free() - Reserve(priority);
  const int after_others = free - WantedAbove(priority) - GuaranteedBelow(priority);
  const int own_share = std::min(free, Share() - state_.used[static_cast<std::size_t>(priority)]);
  int allowed = std::max({after_others, own_share, 0});
  if (!state_.seen && state_.limit > 0) {
    const int probe = std::max(1, state_.limit * kProbePercent / 100);
    allowed = std::min(allowed, std::max(probe - state_.granted, 0));
  }
  return allowed;
}

Lease CallBudget::Grant(Priority priority, int wanted) {
  Lease lease{0, state_.window, microseconds(0), microseconds(0)};
  const auto lease_end = std::min(LastSend(), now_ + settings_.longest_lease);
  if (lease_end - now_ >= kShortestLease) lease.granted = std::min(wanted, Allowed(priority));
  if (lease.granted > 0) {
    lease.valid_for = duration_cast<microseconds>(lease_end - now_);
    state_.granted += lease.granted;
    state_.used[static_cast<std::size_t>(priority)] += lease.granted;
    const auto forgotten_at = CeilToSecond(lease_end + settings_.call_timeout);
    const auto same = std::find_if(
        state_.leases.begin(), state_.leases.end(), [&](const BudgetState::Lease& other) {
          return other.window == state_.window && other.forgotten_at == forgotten_at;
        });
    if (same != state_.leases.end()) {
      same->calls += lease.granted;
    } else {
      state_.leases.push_back({state_.window, forgotten_at, lease.granted});
    }
  }
  if (lease.granted < wanted) lease.retry_after = RetryAfter(priority);
  NoteDemand(priority, wanted, lease);
  return lease;
}

std::chrono::microseconds CallBudget::RetryAfter(Priority priority) const {
  const auto next_window = EndsIn();
  if (state_.closed) return next_window;
  if (now_ < state_.not_before) return duration_cast<microseconds>(state_.not_before - now_);
  core::TimePoint::duration wait = next_window;
  if (!state_.seen) {
    // The first answer is awaited; the longer it takes, the less often it is asked for.
    const auto elapsed = now_ - (TurnTime(state_.window) - settings_.window);
    wait = std::clamp<core::TimePoint::duration>(elapsed / 4, kSoon / 2, kSeldom);
  } else if (Outstanding() > 0 && (Carried() > 0 || FreeByGrants() > Uncommitted())) {
    // Some of the calls under way have been counted already, which their reports will show.
    wait = kSoon;
  } else if (Free() > 0 && WantedAbove(priority) + GuaranteedBelow(priority) > 0) {
    wait = kAfterOthers;
  } else if (Uncommitted() > 0) {
    // Left to urgent calls and to other apps, until the window is nearly over.
    wait = std::max<core::TimePoint::duration>(ReleaseTime() - now_, kSoon);
  } else if (Outstanding() > 0) {
    wait = kSeldom;
  }
  wait = std::max<core::TimePoint::duration>(wait, kSoonest);
  if (now_ + wait >= LastSend() - kShortestLease) return next_window;
  return duration_cast<microseconds>(wait);
}

void CallBudget::NoteDemand(Priority priority, int wanted, const Lease& lease) {
  const int unmet = wanted - lease.granted;
  if (unmet <= 0) return;
  // Several callers of a priority ask for different amounts: a larger one fades.
  const int before = FreshDemand(static_cast<std::size_t>(priority)) / 2;
  state_.demand[static_cast<std::size_t>(priority)] = {
      std::max(before, unmet), now_ + lease.retry_after + settings_.demand_memory};
}

}  // namespace accoil::connections
