#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "services/tagging-automation/rules/rule_metrics.h"
#include "services/tagging-automation/rules/rule_set.h"
#include "services/tagging-automation/rules/rules_store.h"
#include "services/tagging-automation/wishes/wish.h"

namespace accoil::tagging {

/// A subject in a profile whose row of facts is locked by this transaction.
struct Case {
  FactsKey key;
  SubjectFacts facts;
  /// As they were, when they have changed.
  std::optional<SubjectFacts> before;
  std::optional<core::TimePoint> due_at;
  /// Whether the facts are to be written.
  bool write = false;
  ChangedFacts changed;
  /// Segments that it has left and entered again.
  std::vector<std::string> reentered;
  /// W3C trace context of what changed it.
  std::string traceparent;
};

/// Rules of products, held for the transaction.
using HeldRules = std::map<core::ProductId, std::shared_ptr<const RuleSet>>;

/// Looks at subjects by the rules, and writes what follows: facts, entries, wishes for tags and
/// counts, all within the caller's transaction. Any thread; what it is given outlives it.
class Evaluation {
 public:
  Evaluation(RuleSets& sets, WishTaker& taker, RuleMetrics& metrics,
             std::chrono::milliseconds filter_patience)
      : sets_(sets), taker_(taker), metrics_(metrics), filter_patience_(filter_patience) {}

  /// The rules of products, which stay so until the transaction ends. To be called before anything
  /// is locked.
  HeldRules Hold(postgres::Transaction& tx, const std::set<core::ProductId>& products);

  /// Facts have changed, or time has passed (ChangedFacts::time): looks at the rules that depend on
  /// what has.
  void Observe(postgres::Transaction& tx, const HeldRules& rules, std::span<Case> cases,
               core::TimePoint now);
  /// Settling of a rule has come to these subjects.
  void Settle(postgres::Transaction& tx, const CompiledRule& rule, const ProfileRules& of_profile,
              std::span<Case> cases, core::TimePoint now);

  /// How long evaluation itself has taken so far, without the database.
  std::chrono::nanoseconds spent() const { return std::chrono::nanoseconds(spent_); }
  /// Counts the time of something else that belongs to it.
  void Spend(std::chrono::nanoseconds time) { spent_ += time.count(); }

 private:
  RuleSets& sets_;
  WishTaker& taker_;
  RuleMetrics& metrics_;
  std::chrono::milliseconds filter_patience_;
  std::atomic<std::int64_t> spent_{0};
};

}  // namespace accoil::tagging
