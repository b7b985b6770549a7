#include "services/tagging-automation/rules/firing.h"

namespace accoil::tagging {
namespace {

/// A stay begins.
Entry Enter(const std::optional<Entry>& stored, const RuleStanding& rule, core::TimePoint now) {
  Entry entry;
  entry.inside = true;
  entry.number = stored ? stored->number + 1 : 1;
  entry.entered_at = now;
  entry.generation = rule.generation;
  return entry;
}

/// Somebody enters: fired for, or it waits for the filter, or for the end of the pause.
void EnterNow(Step& step, const std::optional<Entry>& stored, const Sight& sight,
              const RuleStanding& rule, core::TimePoint now) {
  auto entry = Enter(stored, rule, now);
  if (rule.suspended) {
    entry.state = EntryState::kPaused;
  } else if (sight.filter()) {
    entry.state = EntryState::kFired;
    step.fired = true;
  } else if (rule.filter_patience > std::chrono::milliseconds(0)) {
    entry.state = EntryState::kWaitingForFilter;
    entry.filter_until = now + rule.filter_patience;
  } else {
    entry.state = EntryState::kNotFired;
  }
  step.entry = entry;
  ++step.inside;
}

void Leave(Step& step, const Entry& stored, const RuleStanding& rule) {
  auto entry = stored;
  entry.inside = false;
  entry.filter_until.reset();
  entry.generation = rule.generation;
  step.entry = entry;
  step.ended = stored.state == EntryState::kFired;
  --step.inside;
}

/// The entry takes another state, because somebody looked.
void Resolve(Step& step, const Entry& stored, const RuleStanding& rule, bool fires) {
  auto entry = stored;
  entry.state = fires ? EntryState::kFired : EntryState::kNotFired;
  entry.filter_until.reset();
  entry.generation = rule.generation;
  step.entry = entry;
  step.fired = fires;
}

void Stay(Step& step, const Entry& stored, const Sight& sight, const RuleStanding& rule,
          core::TimePoint now) {
  switch (stored.state) {
    case EntryState::kWaitingForFilter:
      if (rule.suspended) {
        auto entry = stored;
        entry.state = EntryState::kPaused;
        entry.filter_until.reset();
        entry.generation = rule.generation;
        step.entry = entry;
      } else if (sight.filter()) {
        Resolve(step, stored, rule, true);
      } else if (!stored.filter_until || *stored.filter_until <= now) {
        Resolve(step, stored, rule, false);
      }
      return;
    case EntryState::kPaused:
      if (!rule.suspended) Resolve(step, stored, rule, rule.catch_up && sight.filter());
      return;
    case EntryState::kFired:
    case EntryState::kNotFired:
      return;
  }
}

}  // namespace

Step Observe(const std::optional<Entry>& stored, const Sight& sight, const RuleStanding& rule,
             core::TimePoint now) {
  Step step;
  if (stored && stored->inside) {
    if (!sight.inside) {
      Leave(step, *stored, rule);
    } else if (sight.reentered) {
      Leave(step, *stored, rule);
      EnterNow(step, stored, sight, rule, now);
    } else {
      Stay(step, *stored, sight, rule, now);
    }
    return step;
  }
  if (!sight.inside) return step;
  // What was written for an older definition does not say that it was outside of this one.
  const bool unsettled = rule.settling && (!stored || stored->generation < rule.generation);
  if (unsettled && !sight.reentered && sight.before()) return step;
  EnterNow(step, stored, sight, rule, now);
  return step;
}

Step Settle(const std::optional<Entry>& stored, const Sight& sight, const RuleStanding& rule,
            SettleFiring firing, core::TimePoint now) {
  Step step;
  if (stored && stored->inside) {
    if (!sight.inside) {
      Leave(step, *stored, rule);
    } else if (firing == SettleFiring::kAll && !rule.suspended &&
               stored->state != EntryState::kFired && sight.filter()) {
      Resolve(step, *stored, rule, true);
    } else {
      Stay(step, *stored, sight, rule, now);
    }
    return step;
  }
  if (!sight.inside) return step;
  const bool fires = firing != SettleFiring::kNobody;
  auto entry = Enter(stored, rule, now);
  if (fires && rule.suspended) {
    entry.state = EntryState::kPaused;
  } else if (fires && sight.filter()) {
    entry.state = EntryState::kFired;
    step.fired = true;
  } else {
    entry.state = EntryState::kNotFired;
  }
  step.entry = entry;
  ++step.inside;
  return step;
}

}  // namespace accoil::tagging
