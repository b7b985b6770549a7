#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "libs/core/clock.h"
#include "libs/events/batch.h"
#include "services/tagging-automation/rules/evaluation.h"
#include "services/tagging-automation/rules/rules_store.h"
#include "services/tagging-automation/wishes/directory.h"

namespace accoil::tagging {

/// What a batch tells of one subject in one profile. Lives no longer than the batch.
struct ToldFacts {
  struct Membership {
    const std::string* segment;
    std::int64_t version;
    bool entered;
    core::TimePoint occurred_at;
  };
  std::vector<const events::v1::TraitChanged*> traits;
  std::vector<Membership> memberships;
  /// The product tells of it for the first time.
  bool appeared = false;
  /// Who it is has changed.
  bool everything = false;
  /// Whether it must have a row of facts from now on.
  bool needs_row = false;
  /// Of the first event.
  std::string traceparent;
};

/// What events mean for rules: keeps profiles and facts, and has the rules evaluated that depend on
/// what has changed. No state; what it is given outlives it.
class RuleFacts {
 public:
  /// A batch that is about to be applied: all that it is about is locked.
  struct Begun {
    HeldRules rules;
    std::map<FactsKey, ToldFacts> told;
    std::vector<FactsRow> rows;
  };

  RuleFacts(Evaluation& evaluation, const core::Clock& clock)
      : evaluation_(evaluation), clock_(clock) {}

  /// Applies the batch's profiles, holds the rules of its products as they then are, and locks the
  /// facts that it tells of or that it may have looked at again. The first thing in the
  /// transaction: the directory is locked after facts.
  Begun Begin(postgres::Transaction& tx, const events::Batch& batch);
  /// Applies traits and memberships, and what the directory has changed.
  void Apply(postgres::Transaction& tx, Begun begun, const DirectoryChanges& directory);

 private:
  HeldRules HoldRules(postgres::Transaction& tx, const events::Batch& batch);

  Evaluation& evaluation_;
  const core::Clock& clock_;
};

}  // namespace accoil::tagging
