#include "services/tagging-automation/rules/evaluation.h"

#include "services/tagging-automation/rules/evaluation_round.h"

namespace accoil::tagging {
namespace {

using Clock = std::chrono::steady_clock;
using postgres::Transaction;

/// What follows goes into tables, in the order in which everybody locks.
void Write(Transaction& tx, WishTaker& taker, const EvaluationRound::Outcome& outcome) {
  RulesStore::WriteFacts(tx, outcome.facts);
  RulesStore::WriteEntries(tx, outcome.entries);
  if (!outcome.wishes.empty()) taker.Take(tx, outcome.wishes);
  RulesStore::AddCounts(tx, outcome.counts);
}

void Count(RuleMetrics& metrics, const EvaluationRound::Outcome& outcome, Clock::duration took) {
  metrics.Evaluated(outcome.evaluations, took);
  for (const auto* const rule : outcome.fired) metrics.Fired(rule->rule().definition.trigger);
  for (int i = 0; i < outcome.filters_awaited; ++i) metrics.FilterAwaited();
  for (int i = 0; i < outcome.filters_passed; ++i) metrics.FilterPassed();
  for (int i = 0; i < outcome.filters_missed; ++i) metrics.FilterMissed();
}

}  // namespace

HeldRules Evaluation::Hold(Transaction& tx, const std::set<core::ProductId>& products) {
  HeldRules held;
  if (products.empty()) return held;
  for (const auto& [id, version] : RulesStore::HoldVersions(tx, products)) {
    const auto product = id;
    held[product] =
        sets_.Get(product, version, [&] { return RulesStore::LoadRuleSet(tx, product); });
  }
  return held;
}

void Evaluation::Observe(Transaction& tx, const HeldRules& rules, std::span<Case> cases,
                         core::TimePoint now) {
  struct Affected {
    const Case* subject;
    const ProfileRules* rules;
    std::vector<std::size_t> places;
  };
  auto began = Clock::now();
  std::vector<Affected> affected;
  std::set<Subject> subjects;
  std::vector<FactsUpdate> only_facts;
  for (const auto& subject : cases) {
    const auto& set = rules.at(subject.key.product);
    const auto* const of_profile = set->Find(subject.key.kind, subject.key.profile);
    std::vector<std::size_t> places;
    if (of_profile != nullptr) places = of_profile->DependingOn(subject.changed);
    // Where time has passed, what waits for its filter is found by its entry.
    if (!places.empty() || (of_profile != nullptr && subject.changed.time)) {
      subjects.insert(subject.key.who());
      affected.push_back({&subject, of_profile, std::move(places)});
    } else if (subject.write) {
      only_facts.push_back({subject.key, subject.facts.ToBytes(), subject.due_at});
    } else if (subject.changed.time) {
      only_facts.push_back({subject.key, std::nullopt, std::nullopt});
    }
  }
  auto took = Clock::now() - began;

  EvaluationRound::Known known;
  known.identities = RulesStore::LoadIdentities(tx, subjects);
  known.entries = RulesStore::LoadEntries(tx, subjects);

  began = Clock::now();
  EvaluationRound round(known, filter_patience_, now);
  for (auto& [subject, of_profile, places] : affected) {
    round.Observe(*subject, *of_profile, std::move(places));
  }
  auto& outcome = round.outcome();
  outcome.facts.insert(outcome.facts.end(), std::make_move_iterator(only_facts.begin()),
                       std::make_move_iterator(only_facts.end()));
  took += Clock::now() - began;
  Spend(took);
  Write(tx, taker_, outcome);
  if (!affected.empty()) Count(metrics_, outcome, took);
}

void Evaluation::Settle(Transaction& tx, const CompiledRule& rule, const ProfileRules& of_profile,
                        std::span<Case> cases, core::TimePoint now) {
  std::set<Subject> subjects;
  for (const auto& subject : cases) subjects.insert(subject.key.who());
  EvaluationRound::Known known;
  known.identities = RulesStore::LoadIdentities(tx, subjects);
  known.entries = RulesStore::LoadEntries(tx, subjects);

  const auto began = Clock::now();
  EvaluationRound round(known, filter_patience_, now);
  for (const auto& subject : cases) round.Settle(subject, of_profile, rule);
  const auto took = Clock::now() - began;
  Spend(took);
  Write(tx, taker_, round.outcome());
  metrics_.Settled(static_cast<int>(cases.size()));
  Count(metrics_, round.outcome(), took);
}

}  // namespace accoil::tagging
