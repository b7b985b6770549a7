#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "libs/core/clock.h"
#include "services/tagging-automation/rules/rule.h"

namespace accoil::tagging {

/// What became of an entry into a rule's trigger; numbered as the column rule_subject.state.
enum class EntryState : std::int16_t {
  kFired = 1,
  /// The filter was not true yet and still has time.
  kWaitingForFilter = 2,
  /// Inside before the rule began, or the filter was not true in time.
  kNotFired = 3,
  /// Entered while the rule was paused.
  kPaused = 4,
};

/// What is stored of a subject and a rule: of its last stay inside.
struct Entry {
  bool inside = false;
  EntryState state = EntryState::kNotFired;
  /// How often it has entered.
  int number = 0;
  core::TimePoint entered_at;
  std::optional<core::TimePoint> filter_until;
  /// The rule's when it was written.
  int generation = 0;
  friend bool operator==(const Entry&, const Entry&) = default;
};

/// How a rule stands.
struct RuleStanding {
  /// Paused, or its filter is broken: entries are noted and fired for by nobody.
  bool suspended = false;
  bool catch_up = false;
  int generation = 1;
  /// Subjects without an entry of this generation may be inside nevertheless.
  bool settling = false;
  std::chrono::milliseconds filter_patience{0};
};

/// A subject as a rule sees it now.
struct Sight {
  /// Inside of the trigger by what was known before; looked at only while the rule settles.
  std::function<bool()> before;
  bool inside = false;
  /// It has left and entered again since it was last looked at.
  bool reentered = false;
  /// Whether the filter is true now; asked for only when it matters.
  std::function<bool()> filter;
};

/// What is to be done.
struct Step {
  /// What is to be stored; nothing: as it was.
  std::optional<Entry> entry;
  /// The last stay has ended, and it had been fired for: what it gave may be taken away.
  bool ended = false;
  /// An entry is fired for (after what has ended).
  bool fired = false;
  /// Change of the number of those inside: -1, 0 or 1.
  int inside = 0;
};

/// What an event or the passing of time means for a subject and a rule. Pure.
///
/// An entry is the step from outside to inside. Where an entry is stored, that says whether the
/// subject was inside; where none is, it was outside, unless the rule still settles: then `before`
/// tells, and those who were inside are left to settling.
Step Observe(const std::optional<Entry>& stored, const Sight& sight, const RuleStanding& rule,
             core::TimePoint now);

/// What it means that settling comes to a subject: who is inside without an entry counts as inside
/// from now on; whether those are fired for (if the filter is true), or also those whose entry was
/// not fired for, says `firing`; who was paused is caught up with or not. `sight.before` and
/// `reentered` are not looked at.
Step Settle(const std::optional<Entry>& stored, const Sight& sight, const RuleStanding& rule,
            SettleFiring firing, core::TimePoint now);

}  // namespace accoil::tagging
