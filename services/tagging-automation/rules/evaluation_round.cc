#include "services/tagging-automation/rules/evaluation_round.h"

#include <algorithm>

namespace accoil::tagging {
namespace {

const Identity kUnknown;
const std::map<RuleId, Entry> kNoEntries;

void Sooner(std::optional<core::TimePoint>& due, const std::optional<core::TimePoint>& other) {
  if (other && (!due || *other < *due)) due = other;
}

}  // namespace

struct EvaluationRound::Look {
  const Case& subject;
  const Identity& identity;
  const std::map<RuleId, Entry>& entries;
  SubjectView view;
  std::optional<core::TimePoint> due;

  std::optional<Entry> EntryOf(RuleId rule) const {
    const auto found = entries.find(rule);
    if (found == entries.end()) return std::nullopt;
    return found->second;
  }
};

EvaluationRound::Look EvaluationRound::Begin(const Case& subject, const ProfileRules& rules) const {
  const auto who = subject.key.who();
  const auto identity = known_.identities.find(who);
  const auto entries = known_.entries.find(who);
  const auto& is = identity == known_.identities.end() ? kUnknown : identity->second;
  const auto& has = entries == known_.entries.end() ? kNoEntries : entries->second;
  return {subject, is, has, SubjectView(rules.fields(), subject.facts, is, subject.key.subject),
          std::nullopt};
}

void EvaluationRound::Observe(const Case& subject, const ProfileRules& rules,
                              std::vector<std::size_t> places) {
  auto look = Begin(subject, rules);
  if (subject.changed.time) {
    // What waits for its filter is due by time, whatever it depends on.
    for (std::size_t place = 0; place < rules.rules().size(); ++place) {
      const auto entry = look.EntryOf(rules.rules()[place].rule().id);
      if (entry && entry->state == EntryState::kWaitingForFilter) places.push_back(place);
    }
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
  } else {
    // What other rules are due for stays.
    look.due = subject.due_at;
  }
  for (const auto place : places) ObserveOne(look, rules.rules()[place]);
  Finish(look);
}

void EvaluationRound::ObserveOne(Look& look, const CompiledRule& rule) {
  ++outcome_.evaluations;
  const auto stored = look.EntryOf(rule.rule().id);
  const auto& subject = look.subject;
  // For new subjects: an entry of another generation was into another trigger.
  const bool stays = subject.changed.appeared ||
                     (stored && stored->inside && stored->generation == rule.rule().generation);
  Sight sight;
  sight.inside = rule.Inside(look.view, stays, now_);
  if (!sight.inside && !(stored && stored->inside)) {
    Due(look, rule, std::nullopt);
    return;
  }
  if (const auto* const trigger = std::get_if<EntersSegment>(&rule.rule().definition.trigger)) {
    sight.reentered = std::find(subject.reentered.begin(), subject.reentered.end(),
                                trigger->segment) != subject.reentered.end();
  }
  sight.filter = [&] { return rule.Passes(look.view, now_); };
  sight.before = [&] {
    if (!subject.before) return rule.Inside(look.view, false, now_);
    // The view borrows them all.
    const SubjectView before(look.view.fields(), *subject.before, look.identity,
                             subject.key.subject);
    return rule.Inside(before, false, now_);
  };
  const auto step = tagging::Observe(stored, sight, rule.Standing(filter_patience_), now_);
  Take(look, rule, stored, step);
}

void EvaluationRound::Settle(const Case& subject, const ProfileRules& rules,
                             const CompiledRule& rule) {
  ++outcome_.evaluations;
  auto look = Begin(subject, rules);
  look.due = subject.due_at;
  const auto stored = look.EntryOf(rule.rule().id);
  const bool current = stored && stored->inside && stored->generation == rule.rule().generation;
  Sight sight;
  // Among new subjects, those are existing ones when everybody is looked at.
  sight.inside =
      rule.Inside(look.view, current || rule.rule().settling == SettleScope::kEverybody, now_);
  sight.filter = [&] { return rule.Passes(look.view, now_); };
  const auto step = tagging::Settle(stored, sight, rule.Standing(filter_patience_),
                                    rule.rule().settle_firing, now_);
  Take(look, rule, stored, step);
  Finish(look);
}

void EvaluationRound::Take(Look& look, const CompiledRule& rule, const std::optional<Entry>& stored,
                           const Step& step) {
  Due(look, rule, step.entry ? step.entry : stored);
  if (!step.entry) return;
  outcome_.entries[EntryKey(look.subject.key.who(), rule.rule().id)] = *step.entry;
  auto& count = outcome_.counts[rule.rule().id];
  count.inside += step.inside;
  if (step.fired) {
    ++count.fired;
    outcome_.fired.push_back(&rule);
  }
  const bool waited = stored && stored->inside && stored->state == EntryState::kWaitingForFilter;
  if (waited && step.fired) ++outcome_.filters_passed;
  if (waited && step.entry->inside && step.entry->state == EntryState::kNotFired) {
    ++outcome_.filters_missed;
  }
  if (step.entry->inside && step.entry->state == EntryState::kWaitingForFilter) {
    ++outcome_.filters_awaited;
  }
  Wishes(look.subject, rule, step);
}

void EvaluationRound::Wishes(const Case& subject, const CompiledRule& rule, const Step& step) {
  const auto wish = [&](const Action& action, bool remove) {
    outcome_.wishes.push_back({.subject = subject.key.who(),
                               .target = action.target,
                               .tag = action.tag,
                               .remove = remove,
                               .cause = {.rule = rule.rule().id, .job = std::nullopt},
                               .traceparent = subject.traceparent});
  };
  for (const auto& action : rule.rule().definition.actions) {
    if (step.ended && action.remove_on_exit) wish(action, true);
  }
  for (const auto& action : rule.rule().definition.actions) {
    if (step.fired) wish(action, false);
  }
}

void EvaluationRound::Due(Look& look, const CompiledRule& rule,
                          const std::optional<Entry>& entry) const {
  const bool waiting = entry && entry->inside && entry->state == EntryState::kWaitingForFilter;
  if (waiting) Sooner(look.due, entry->filter_until);
  Sooner(look.due, rule.NextChange(look.view, waiting, now_));
}

void EvaluationRound::Finish(const Look& look) {
  const auto& subject = look.subject;
  if (!subject.write && look.due == subject.due_at) return;
  std::optional<std::string> bytes;
  if (subject.write) bytes = subject.facts.ToBytes();
  outcome_.facts.push_back({subject.key, std::move(bytes), look.due});
}

}  // namespace accoil::tagging
