#pragma once

#include <map>
#include <set>
#include <vector>

#include "libs/core/clock.h"
#include "libs/events/batch.h"
#include "services/tagging-automation/directory.h"
#include "services/tagging-automation/evaluation.h"
#include "services/tagging-automation/rules_store.h"

namespace accoil::tagging {

/// What events mean for rules: keeps profiles and facts, and has the rules evaluated that depend on
/// what has changed. No state; what it is given outlives it.
class RuleFacts {
 public:
  RuleFacts(Evaluation& evaluation, const core::Clock& clock)
      : evaluation_(evaluation), clock_(clock) {}

  /// Applies the batch's profiles, and holds the rules of its products as they then are. The first
  /// thing in the transaction.
  HeldRules Begin(postgres::Transaction& tx, const events::Batch& batch);
  /// Applies traits and memberships, and what the directory has changed.
  void Apply(postgres::Transaction& tx, const events::Batch& batch,
             const DirectoryChanges& directory, const HeldRules& rules);

 private:
  /// What a batch tells of one subject in one profile.
  struct Told;
  using AllTold = std::map<FactsKey, Told>;

  /// Rules that a profile's catalogue has broken or healed are marked so.
  void CheckRules(postgres::Transaction& tx, core::ProductId product,
                  const std::set<core::ProfileId>& profiles);
  static AllTold Gather(const events::Batch& batch);
  /// Adds the subjects whose identity matters to rules of a profile.
  static void AddIdentities(const DirectoryChanges& directory, const HeldRules& rules,
                            AllTold& told);
  std::vector<FactsRow> Lock(postgres::Transaction& tx, const AllTold& told);
  static Case Merge(const FactsRow& row, const Told& told, const ProfileRules* rules,
                    core::TimePoint now);

  Evaluation& evaluation_;
  const core::Clock& clock_;
};

}  // namespace accoil::tagging
