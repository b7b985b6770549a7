#include "services/widget/rebuild.h"

#include <array>

#include "services/widget/fact_notice.h"

namespace accoil::widget {
namespace {

using postgres::Transaction;

// A few thousand rows: the tables stay usable meanwhile.
constexpr int kSlice = 5'000;

// A row that was told again just now is another version of it, at another place. Whose facts are
// gone is noted, for lists to follow.
constexpr std::array<const char*, 7> kDeletes = {
    "DELETE FROM connection WHERE epoch < $1 AND ctid = ANY (ARRAY("
    "SELECT ctid FROM connection WHERE epoch < $1 LIMIT $2))",
    "DELETE FROM profile WHERE epoch < $1 AND ctid = ANY (ARRAY("
    "SELECT ctid FROM profile WHERE epoch < $1 LIMIT $2))",
    "WITH gone AS (DELETE FROM subject WHERE epoch < $1 AND ctid = ANY (ARRAY("
    "SELECT ctid FROM subject WHERE epoch < $1 LIMIT $2)) RETURNING *) "
    "INSERT INTO list_note (product_id, kind, subject_id) SELECT array_agg(product_id), "
    "array_agg(kind), array_agg(subject_id) FROM gone HAVING count(*) > 0",
    "WITH gone AS (DELETE FROM trait WHERE epoch < $1 AND ctid = ANY (ARRAY("
    "SELECT ctid FROM trait WHERE epoch < $1 LIMIT $2)) RETURNING *) "
    "INSERT INTO list_note (product_id, kind, subject_id, profile_id) SELECT "
    "array_agg(product_id), array_agg(kind), array_agg(subject_id), array_agg(profile_id) "
    "FROM gone HAVING count(*) > 0",
    "WITH gone AS (DELETE FROM membership WHERE epoch < $1 AND ctid = ANY (ARRAY("
    "SELECT ctid FROM membership WHERE epoch < $1 LIMIT $2)) RETURNING *) "
    "INSERT INTO list_note (product_id, kind, subject_id, profile_id) SELECT "
    "array_agg(product_id), array_agg(kind), array_agg(subject_id), array_agg(profile_id) "
    "FROM gone HAVING count(*) > 0",
    "DELETE FROM match WHERE epoch < $1 AND ctid = ANY (ARRAY("
    "SELECT ctid FROM match WHERE epoch < $1 LIMIT $2))",
    "DELETE FROM tag WHERE epoch < $1 AND ctid = ANY (ARRAY("
    "SELECT ctid FROM tag WHERE epoch < $1 LIMIT $2))",
};

// What has no facts at all: everybody who has was noted as they were told again.
constexpr const char* kDeleteListed =
    "DELETE FROM listed WHERE epoch < $1 AND ctid = ANY (ARRAY("
    "SELECT ctid FROM listed WHERE epoch < $1 LIMIT $2))";

Rebuild::Progress Read(Transaction& tx) {
  const auto rows = tx.Execute(R"sql(
    SELECT r.epoch, r.began_at IS NOT NULL AS under_way,
           coalesce(sum(g.end_offset), 0)::bigint AS records,
           coalesce(sum(g.end_offset - least(g.end_offset, coalesce(o.next_offset, 0))), 0)::bigint
             AS left_over
    FROM rebuild r
    LEFT JOIN rebuild_goal g ON true
    LEFT JOIN consumer_offset o ON o.topic = g.topic AND o.partition = g.partition
    GROUP BY r.epoch, r.began_at
  )sql");
  const auto row = rows.Only();
  return {row.Get<std::int64_t>("epoch"), row.Get<bool>("under_way"),
          row.Get<std::int64_t>("records"), row.Get<std::int64_t>("left_over")};
}

}  // namespace

void Rebuild::Begin() {
  database_.Transact([](Transaction& tx) {
    // A batch that is being applied ends first: it belongs to the old epoch, and so do its offsets.
    tx.Execute("LOCK TABLE consumer_offset IN SHARE ROW EXCLUSIVE MODE");
    tx.Execute(
        "UPDATE rebuild SET epoch = epoch + 1, began_at = now(), finished_at = NULL, "
        "list_goal = NULL");
    // When one was under way, its goals are as good: offsets have only begun anew.
    tx.Execute(R"sql(
      INSERT INTO rebuild_goal AS g (topic, partition, end_offset)
      SELECT topic, partition, next_offset FROM consumer_offset
      ON CONFLICT (topic, partition) DO UPDATE
        SET end_offset = greatest(g.end_offset, excluded.end_offset)
    )sql");
    // Whoever consumes finds its offset gone, cannot commit, and begins at the start.
    tx.Execute("DELETE FROM consumer_offset");
  });
}

Rebuild::Progress Rebuild::Look() {
  return database_.Transact([](Transaction& tx) { return Read(tx); });
}

bool Rebuild::Sweep() {
  return database_.Transact([](Transaction& tx) {
    // One replica at a time.
    const auto held =
        tx.Execute("SELECT epoch FROM rebuild WHERE began_at IS NOT NULL FOR UPDATE SKIP LOCKED");
    if (held.empty()) return false;
    const auto progress = Read(tx);
    if (progress.left > 0) return false;
    for (const auto* statement : kDeletes) {
      if (tx.Execute(statement, progress.epoch, kSlice).affected() == 0) continue;
      FactNotice gone;
      gone.Everything();
      gone.Send(tx);
      return true;
    }
    // All that was told again is noted up to here.
    tx.Execute(
        "UPDATE rebuild SET list_goal = (SELECT coalesce(max(id), 0) FROM list_note) "
        "WHERE list_goal IS NULL");
    const auto unfollowed =
        tx.Execute("SELECT 1 AS one FROM list_note n, rebuild r WHERE n.id <= r.list_goal LIMIT 1");
    if (!unfollowed.empty()) return false;
    if (tx.Execute(kDeleteListed, progress.epoch, kSlice).affected() > 0) return true;
    tx.Execute("UPDATE rebuild SET began_at = NULL, finished_at = now(), list_goal = NULL");
    tx.Execute("DELETE FROM rebuild_goal");
    return true;
  });
}

}  // namespace accoil::widget
