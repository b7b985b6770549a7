#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "services/tagging-automation/rules/evaluation.h"

namespace accoil::tagging {

/// One transaction's look at subjects: collects what follows from it. No I/O; one thread; what it
/// is given outlives it.
class EvaluationRound {
 public:
  /// What is known of the subjects besides their facts.
  struct Known {
    std::map<Subject, Identity> identities;
    std::map<Subject, std::map<RuleId, Entry>> entries;
  };
  /// What is to be written.
  struct Outcome {
    std::vector<FactsUpdate> facts;
    std::map<EntryKey, Entry> entries;
    std::vector<Wish> wishes;
    std::map<RuleId, CountChange> counts;
    /// Rules looked at.
    int evaluations = 0;
    std::vector<const CompiledRule*> fired;
    int filters_awaited = 0;
    int filters_passed = 0;
    int filters_missed = 0;
  };

  EvaluationRound(const Known& known, std::chrono::milliseconds filter_patience,
                  core::TimePoint now)
      : known_(known), filter_patience_(filter_patience), now_(now) {}

  /// What has changed of the subject, by the rules at `places`, which depend on it.
  void Observe(const Case& subject, const ProfileRules& rules, std::vector<std::size_t> places);
  void Settle(const Case& subject, const ProfileRules& rules, const CompiledRule& rule);

  Outcome& outcome() { return outcome_; }

 private:
  /// A subject while it is looked at.
  struct Look;

  Look Begin(const Case& subject, const ProfileRules& rules) const;
  void ObserveOne(Look& look, const CompiledRule& rule);
  void Take(Look& look, const CompiledRule& rule, const std::optional<Entry>& stored,
            const Step& step);
  void Wishes(const Case& subject, const CompiledRule& rule, const Step& step);
  /// When the subject is due by what the rule now says of it.
  void Due(Look& look, const CompiledRule& rule, const std::optional<Entry>& entry) const;
  void Finish(const Look& look);

  const Known& known_;
  std::chrono::milliseconds filter_patience_;
  core::TimePoint now_;
  Outcome outcome_;
};

}  // namespace accoil::tagging
