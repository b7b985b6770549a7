#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "libs/core/clock.h"
#include "libs/core/ids.h"

namespace accoil::connections {

/// Who asks for calls, most urgent first; indexes the arrays of BudgetState.
enum class Priority : std::uint8_t { kInteractive, kAutomation, kTraits, kMatching };
inline constexpr std::size_t kPriorities = 4;

/// A window of Intercom's rate limit, named by its end: X-RateLimit-Reset, Unix seconds by
/// Intercom's clock.
using WindowId = core::Id<struct WindowIdTag, std::int64_t>;

struct BudgetSettings {
  /// How long Intercom's windows are.
  std::chrono::seconds window{10};
  /// How long after the end of a window, by our clock, the next is believed to have begun. At least
  /// what our clock may be ahead of Intercom's; what it is ahead beyond that is learned.
  std::chrono::milliseconds guard{250};
  /// Leases end this long before their window does, so that their calls mostly arrive in it.
  std::chrono::milliseconds margin{250};
  /// No lease lasts longer: what a caller cannot send soon is better with another.
  std::chrono::milliseconds longest_lease{3'000};
  /// When a call that was sent at its lease's last moment has certainly ended: the callers' HTTP
  /// time-out and some slack. Then calls whose end nobody reported are forgotten.
  std::chrono::milliseconds call_timeout{12'000};
  /// How many calls are granted in a window while no limit is known at all.
  int first_contact = 3;
  /// The reserve for the two urgent priorities is given to all this long before the window's end.
  std::chrono::milliseconds reserve_release{1'500};
  /// How long after the time it was told to come back a caller is still waited for.
  std::chrono::milliseconds demand_memory{2'000};
  /// How long it takes from a grant to the last of its calls. What other apps are expected to call
  /// meanwhile is not granted.
  std::chrono::milliseconds foreign_outlook{2'000};
};

/// Everything that is known of a workspace's budget between two decisions. A value: kept in the
/// database, one row a workspace.
struct BudgetState {
  /// Calls a window, as last seen; 0 while unknown.
  int limit = 0;
  /// The window that calls are granted in; 0 before the first contact.
  WindowId window;
  /// Whether an answer of this window has been reported, so that `remaining` is known.
  bool seen = false;
  /// Whether Intercom has refused a call in this window: nothing more is granted in it.
  bool closed = false;
  /// Nothing is granted before: a window was believed to have begun when it had not, or what was
  /// granted earlier is not known.
  core::TimePoint not_before;
  /// Lowest X-RateLimit-Remaining reported for this window; -1 when none was.
  int remaining = -1;
  /// Calls granted in this window less those that came back unused, and calls of earlier windows
  /// that ended in this one without telling where they were counted.
  int granted = 0;
  /// Of this window: calls that ended without rate-limit headers. They may or may not have been
  /// counted by Intercom.
  int unaccounted = 0;
  /// Of this window: calls that were reported with its headers.
  int accounted = 0;
  /// When an answer of this window was last heard of.
  core::TimePoint seen_at;
  /// At which pace others call, in calls a window: at least, from what was seen of this window…
  int foreign_pace = 0;
  /// …of the last window…
  int foreign_pace_before = 0;
  /// …and what is reckoned with: the lower of the last two, for one burst is no habit.
  int foreign = 0;
  /// Calls granted in this window by priority, whatever became of them.
  std::array<int, kPriorities> used{};

  /// Calls that were granted and whose end has not been reported, in order of `forgotten_at`.
  struct Lease {
    WindowId window;
    /// When its calls have certainly ended.
    core::TimePoint forgotten_at;
    int calls = 0;
    bool operator==(const Lease&) const = default;
  };
  std::vector<Lease> leases;

  /// What a priority lately asked for and did not get. It counts until the priority should have
  /// come back and asked for more, even if it then got what it asked for: one that asks for a few
  /// calls at a time is as hungry as one that asks for all at once.
  struct Demand {
    int calls = 0;
    core::TimePoint until;
    bool operator==(const Demand&) const = default;
  };
  std::array<Demand, kPriorities> demand{};

  /// How far our clock seems to be ahead of Intercom's beyond the guard (above 0), or is known to
  /// be behind it (below 0).
  std::chrono::microseconds lag{0};

  bool operator==(const BudgetState&) const = default;
};

/// A workspace's state after the last one was lost: nothing is granted until all leases of before
/// have run out; then it is as on first contact.
BudgetState StateAfterLoss(const BudgetSettings& settings, core::TimePoint now);

/// What became of calls that were granted.
struct CallReport {
  /// Of the lease; 0 for calls made without one.
  WindowId window;
  int ended = 0;
  int unused = 0;
  struct RateLimit {
    int limit = 0;
    int remaining = 0;
    WindowId reset;
  };
  /// Accounts for all of `ended`: calls whose answers had no headers come in a report of their own.
  std::optional<RateLimit> rate_limit;
  bool throttled = false;
};

/// The answer to a caller who asks for calls.
struct Lease {
  int granted = 0;
  WindowId window;
  std::chrono::microseconds valid_for{0};
  /// 0 when all that was wanted was granted.
  std::chrono::microseconds retry_after{0};
};

/// How a window ended, for metrics.
struct FinishedWindow {
  int limit = 0;
  /// As Intercom counted it, foreign callers included, when it told; else what was granted.
  int counted = 0;
  /// Whether somebody was waiting for calls when it ended.
  bool wanted_more = false;
};

/// Decides over one workspace's calls so that all callers together never pass Intercom's limit and
/// leave little of it unused while somebody waits. Pure: no I/O, no clock of its own; the caller
/// gives the time and keeps the state, and lets one decision at a time be made on it.
///
/// Why the limit holds. An answer of window W with `remaining` r shows that Intercom had counted
/// limit − r calls in W when it was made, among them every call that ended with an r as high or
/// higher. So whatever may still be counted in W beyond those limit − r calls has either not been
/// reported ended (`leases`, of earlier windows too, for a call may arrive late), or ended without
/// headers (`unaccounted`). Granting at most r − leases − unaccounted keeps the sum below the
/// limit. Before W has been heard of, only a tenth of the last known limit is granted, which covers
/// a limit that was lowered. Windows turn by our clock only `guard` after their end; a clock that
/// is further ahead shows when calls granted in W are answered with the end of the window before:
/// then granting stops until that one is over, and `lag` grows. Other apps of the workspace are
/// seen in the same headers; what they are likely to take between an answer and the calls granted
/// upon it is left to them, from what they took of the last two windows.
class CallBudget {
 public:
  /// Brings the state to `now`. `settings` and `state` outlive it.
  CallBudget(const BudgetSettings& settings, BudgetState& state, core::TimePoint now);

  /// Takes in what became of calls; before Lease, so that what is free is known.
  void Report(const CallReport& report);
  /// Grants up to `wanted` calls.
  Lease Grant(Priority priority, int wanted);

  /// Granted calls whose end has not been reported.
  int Outstanding() const;
  /// Until our clock takes the window for ended.
  std::chrono::microseconds EndsIn() const;
  /// The windows that ended since the state was last looked at and had been granted in.
  const std::vector<FinishedWindow>& finished() const { return finished_; }

 private:
  void Advance();
  void MoveTo(WindowId window);
  /// Answers whether it was.
  bool Believe(const CallReport::RateLimit& seen, WindowId leased_in);
  int TakeFromLeases(WindowId window, int calls);
  /// When the window after `window` begins, by our clock.
  core::TimePoint TurnTime(WindowId window) const;
  /// When, by our clock, no call of the window may be sent any more.
  core::TimePoint LastSend() const;
  core::TimePoint ReleaseTime() const;
  int Carried() const;
  /// The limit to reckon with: a few calls when it is unknown.
  int EffectiveLimit() const;
  void WatchForeign();
  /// How many calls others will have made, since the last answer we know of, when what is granted
  /// now has been sent.
  int ForeignExpected() const;
  /// What the limit leaves by our own account.
  int FreeByGrants() const;
  /// What the limit leaves, nothing left to other apps.
  int Uncommitted() const;
  /// What may still be granted in this window to all together.
  int Free() const;
  int Share() const;
  int Reserve(Priority priority) const;
  int FreshDemand(std::size_t priority) const;
  int WantedAbove(Priority priority) const;
  int GuaranteedBelow(Priority priority) const;
  int Allowed(Priority priority) const;
  std::chrono::microseconds RetryAfter(Priority priority) const;
  void NoteDemand(Priority priority, int wanted, const Lease& lease);

  const BudgetSettings& settings_;
  BudgetState& state_;
  core::TimePoint now_;
  std::vector<FinishedWindow> finished_;
};

}  // namespace accoil::connections
