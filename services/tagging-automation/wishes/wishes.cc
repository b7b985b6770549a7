#include "services/tagging-automation/wishes/wishes.h"

#include <algorithm>

#include "libs/postgres/database.h"
#include "services/tagging-automation/wishes/wish_store.h"

namespace accoil::tagging {
namespace {

using postgres::Transaction;

constexpr std::size_t kSlice = 2'000;

bool IsTheirOwn(const Wish& wish) { return KindOf(wish.target) == wish.subject.kind; }
bool TakesBack(const Wish& wish) { return wish.remove && wish.cause.rule; }

/// Finds who is meant by each of the wishes, whose subjects are locked.
void Resolve(Transaction& tx, std::span<ResolvedWish> wishes) {
  std::set<Subject> look_for;
  for (const auto& resolved : wishes) {
    if (!IsTheirOwn(resolved.wish) && !TakesBack(resolved.wish)) {
      look_for.insert(resolved.wish.subject);
    }
  }
  const auto others = FindOthers(tx, look_for);
  for (auto& resolved : wishes) {
    if (TakesBack(resolved.wish)) continue;
    if (IsTheirOwn(resolved.wish)) {
      resolved.targets = {resolved.wish.subject};
    } else if (const auto found = others.find(resolved.wish.subject); found != others.end()) {
      resolved.targets = found->second;
    }
  }
}

std::set<TagPlace> PlacesOf(Transaction& tx, std::span<const ResolvedWish> wishes) {
  std::vector<HolderQuery> queries;
  std::set<TagPlace> places;
  for (const auto& [wish, targets, requested_at] : wishes) {
    const auto tag_key = TagKeyOf(wish.tag);
    if (TakesBack(wish)) {
      queries.push_back({{*wish.cause.rule, wish.subject}, KindOf(wish.target), tag_key});
    } else {
      for (const auto& target : targets) places.insert({target, tag_key});
    }
  }
  places.merge(FindHeld(tx, queries));
  return places;
}

void TakeSlice(Transaction& tx, std::span<ResolvedWish> wishes, std::chrono::milliseconds window) {
  std::set<Subject> meant;
  for (const auto& resolved : wishes) meant.insert(resolved.wish.subject);
  LockSubjects(tx, meant);
  Resolve(tx, wishes);
  const auto places = PlacesOf(tx, wishes);

  std::set<Subject> targets;
  for (const auto& place : places) {
    if (!meant.contains(place.target)) targets.insert(place.target);
  }
  LockSubjects(tx, targets);
  targets.merge(meant);
  TagWorld world;
  world.matches = FindMatches(tx, targets);
  world.places = LockPlaces(tx, places);
  const auto matches = world.matches;
  WritePlan(tx, PlanTags(std::move(world), wishes), wishes, matches, window);
}

void TakeAll(Transaction& tx, std::vector<ResolvedWish> wishes, std::chrono::milliseconds window) {
  const std::span all(wishes);
  for (std::size_t begin = 0; begin < all.size(); begin += kSlice) {
    TakeSlice(tx, all.subspan(begin, std::min(kSlice, all.size() - begin)), window);
  }
}

/// What is open because of $2 at a place, and the place's delivery is then locked: deliveries
/// before assignments, as everywhere.
std::string LockText(const std::string& cause) {
  return R"sql(
    WITH place AS MATERIALIZED (
      SELECT DISTINCT product_id, target_kind, target_subject_id, tag_key
      FROM assignment
      WHERE product_id = $1 AND ended_at IS NULL AND target_subject_id IS NOT NULL AND )sql" +
         cause + R"sql(
    )
    SELECT d.product_id
    FROM (SELECT * FROM place ORDER BY target_kind, target_subject_id, tag_key) p
    CROSS JOIN LATERAL (
      SELECT product_id FROM delivery
      WHERE product_id = p.product_id AND kind = p.target_kind
        AND subject_id = p.target_subject_id AND tag_key = p.tag_key
      FOR UPDATE
    ) d
  )sql";
}

/// Ends what is open because of $2, but for what a worker has: that is left to it.
std::string CancelText(const std::string& cause) {
  return R"sql(
    UPDATE assignment a SET state = 8, ended_at = now(), reason = $3
    WHERE product_id = $1 AND ended_at IS NULL AND NOT EXISTS (
        SELECT FROM delivery d
        WHERE d.product_id = a.product_id AND d.kind = a.target_kind
          AND d.subject_id = a.target_subject_id AND d.tag_key = a.tag_key
          AND d.claim IS NOT NULL)
      AND )sql" +
         cause + R"sql(
    RETURNING a.target_kind, a.target_subject_id, a.tag_key
  )sql";
}

constexpr const char* kOfRule = "rule_id = $2::bigint";
constexpr const char* kOfJob = "job_id = $2::uuid";

/// Ends what stood at the places of cancelled assignments; answers how many those are.
int Settle(Transaction& tx, core::ProductId product, const postgres::Result& cancelled) {
  std::set<TagPlace> places;
  for (const auto& row : cancelled) {
    if (row.IsNull("target_subject_id")) continue;
    places.insert({{product, row.Get<SubjectKind>("target_kind"),
                    row.Get<core::SubjectId>("target_subject_id")},
                   row.Get<std::string>("tag_key")});
  }
  CloseUnwanted(tx, places);
  return static_cast<int>(cancelled.size());
}

}  // namespace

void Wishes::Take(Transaction& tx, std::span<const Wish> wishes) {
  std::vector<ResolvedWish> resolved;
  resolved.reserve(wishes.size());
  for (const auto& wish : wishes) resolved.push_back({wish, {}, std::nullopt});
  TakeAll(tx, std::move(resolved), window_);
}

void Wishes::Forget(Transaction& tx, core::ProductId product, RuleId rule) {
  static const auto lock = LockText(kOfRule);
  static const auto cancel = CancelText(kOfRule);
  tx.Execute("DELETE FROM holder WHERE product_id = $1 AND rule_id = $2", product, rule);
  tx.Execute(lock, product, rule);
  Settle(tx, product, tx.Execute(cancel, product, rule, "the rule was deleted"));
}

int Wishes::Cancel(Transaction& tx, core::ProductId product, const JobId& job) {
  static const auto lock = LockText(kOfJob);
  static const auto cancel = CancelText(kOfJob);
  tx.Execute(lock, product, job);
  return Settle(tx, product, tx.Execute(cancel, product, job, "the job was cancelled"));
}

void Wishes::Resolve(Transaction& tx, std::span<const Subject> subjects) {
  if (subjects.empty()) return;
  // Whoever lets one of them wait has it locked until that can be seen.
  LockSubjects(tx, {subjects.begin(), subjects.end()});
  TakeAll(tx, TakeUnresolved(tx, subjects), window_);
}

}  // namespace accoil::tagging
