#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "libs/events/batch.h"
#include "libs/postgres/database.h"
#include "services/tagging-automation/rules/firing.h"
#include "services/tagging-automation/rules/rule.h"
#include "services/tagging-automation/rules/rule_set.h"
#include "services/tagging-automation/subjects/profile.h"

namespace accoil::tagging {

/// The service's tables.
std::vector<postgres::Migration> Migrations();

/// A subject in a profile, in the order in which rows are locked.
struct FactsKey {
  core::ProductId product;
  SubjectKind kind = SubjectKind::kUser;
  core::ProfileId profile;
  core::SubjectId subject;
  friend auto operator<=>(const FactsKey&, const FactsKey&) = default;

  Subject who() const { return {product, kind, subject}; }
};

/// A row of facts; locked or not.
struct FactsRow {
  FactsKey key;
  std::string bytes;
  std::optional<core::TimePoint> due_at;
};
/// What is written of it.
struct FactsUpdate {
  FactsKey key;
  /// Nothing: they stay.
  std::optional<std::string> bytes;
  std::optional<core::TimePoint> due_at;
};

using EntryKey = std::pair<Subject, RuleId>;

/// What is added to the counts of a rule.
struct CountChange {
  std::int64_t fired = 0;
  std::int64_t inside = 0;
};

/// A rule that the subject is inside of.
struct InsideRule {
  RuleId id;
  std::string name;
  EntryState state = EntryState::kNotFired;
  core::TimePoint entered_at;
};

struct BrokenRule {
  RuleId id;
  std::string name;
  std::string reason;
  core::TimePoint since;
  std::int64_t inside = 0;
};

struct RuleCounts {
  std::int64_t rules = 0;
  std::int64_t active = 0;
};

/// All the SQL from facts to firings, within the caller's transaction. No state; any thread.
class RulesStore {
 public:
  // What the rules of products are at (rules_store_sets.cc).

  /// The versions of the products' rules, which stay so until the transaction ends.
  static std::map<core::ProductId, std::int64_t> HoldVersions(
      postgres::Transaction& tx, const std::set<core::ProductId>& products);
  /// The products' rules or profiles are about to change: waits for all who hold the version.
  static void ChangeVersions(postgres::Transaction& tx, const std::set<core::ProductId>& products);
  /// Keeps what is newer.
  static void ApplyProfiles(postgres::Transaction& tx, const events::Batch& batch);
  /// Those that are not removed.
  static std::vector<Profile> LoadProfiles(postgres::Transaction& tx, core::ProductId product);
  /// Nothing when there is none or it is removed.
  static std::optional<Profile> FindProfile(postgres::Transaction& tx, core::ProductId product,
                                            const core::ProfileId& profile);
  static RuleSet LoadRuleSet(postgres::Transaction& tx, core::ProductId product);

  // Rules (rules_store_rules.cc).

  /// By name.
  static std::vector<Rule> List(postgres::Transaction& tx, core::ProductId product);
  static std::optional<Rule> Find(postgres::Transaction& tx, core::ProductId product, RuleId rule);
  static RuleCounts Count(postgres::Transaction& tx, core::ProductId product);
  /// Throws core::Conflict when the name is taken.
  static RuleId Insert(postgres::Transaction& tx, const Rule& rule);
  /// Writes everything but created_at, fired and inside. Throws core::Conflict when the name is
  /// taken.
  static void Update(postgres::Transaction& tx, const Rule& rule);
  /// False when there is none.
  static bool Delete(postgres::Transaction& tx, core::ProductId product, RuleId rule);
  /// By name.
  static std::vector<BrokenRule> Broken(postgres::Transaction& tx, core::ProductId product);
  /// What the subject is inside of, by name.
  static std::vector<InsideRule> InsideOf(postgres::Transaction& tx, const Subject& subject);

  // Facts and entries (rules_store_facts.cc).

  /// Makes rows for those that have none, with empty facts.
  static void EnsureFacts(postgres::Transaction& tx, const std::set<FactsKey>& keys);
  /// Those that there are, in the order of their keys; theirs alone until the transaction ends.
  /// With `due_by`, only those due by then and not locked by others.
  static std::vector<FactsRow> LockFacts(postgres::Transaction& tx, const std::set<FactsKey>& keys,
                                         std::optional<core::TimePoint> due_by = std::nullopt);
  static void WriteFacts(postgres::Transaction& tx, std::span<const FactsUpdate> updates);
  /// Of subjects measured by a profile, the next by id, not locked.
  static std::vector<FactsRow> ReadFacts(postgres::Transaction& tx, core::ProductId product,
                                         SubjectKind kind, const core::ProfileId& profile,
                                         const std::optional<core::SubjectId>& after, int most);
  /// Their facts in a profile, not locked, as far as there are any.
  static std::vector<FactsRow> ReadFactsOf(postgres::Transaction& tx,
                                           const std::set<FactsKey>& keys);
  /// Those due longest.
  static std::set<FactsKey> FindDue(postgres::Transaction& tx, core::TimePoint now, int most);
  /// Those of them that the product has told of before.
  static std::set<Subject> FindSeen(postgres::Transaction& tx, const std::set<Subject>& subjects);
  /// As far as they are known.
  static std::map<Subject, Identity> LoadIdentities(postgres::Transaction& tx,
                                                    const std::set<Subject>& subjects);
  static std::map<Subject, std::map<RuleId, Entry>> LoadEntries(postgres::Transaction& tx,
                                                                const std::set<Subject>& subjects);
  static void WriteEntries(postgres::Transaction& tx, const std::map<EntryKey, Entry>& entries);
  static void AddCounts(postgres::Transaction& tx, const std::map<RuleId, CountChange>& changes);

  // Walks over subjects (rules_store_walks.cc).

  /// Rules that settle, at most `most`.
  static std::vector<std::pair<core::ProductId, RuleId>> FindSettling(postgres::Transaction& tx,
                                                                      int most);
  /// It, if it still settles and nobody else is at it; this worker's until the transaction ends.
  static std::optional<Rule> LockSettling(postgres::Transaction& tx, RuleId rule);
  /// Settling has come so far; nothing: it is over.
  static void AdvanceSettling(postgres::Transaction& tx, RuleId rule,
                              const std::optional<core::SubjectId>& after);
  /// The next subjects by id: that the rule's profile measures, or that are inside of the rule.
  static std::vector<core::SubjectId> NextMeasured(postgres::Transaction& tx, const Rule& rule,
                                                   const std::optional<core::SubjectId>& after,
                                                   int most);
  /// Those that exist and were first heard of since, or are inside of the rule.
  static std::vector<core::SubjectId> NextExisting(postgres::Transaction& tx, const Rule& rule,
                                                   const std::optional<core::TimePoint>& since,
                                                   const std::optional<core::SubjectId>& after,
                                                   int most);
  static std::vector<core::SubjectId> NextInside(postgres::Transaction& tx, const Rule& rule,
                                                 const std::optional<core::SubjectId>& after,
                                                 int most);
  /// Deletes a slice of what deleted rules have left; false when there is nothing.
  static bool CleanUpDeleted(postgres::Transaction& tx, int most);
};

}  // namespace accoil::tagging
