#include "services/trait-sync/store.h"

namespace accoil::traitsync {
namespace {

using postgres::Transaction;

/// A sweep that may take its next step, its row locked; and where it stands.
struct Step {
  core::ProductId product;
  int after_kind = 0;
  std::string after_subject_id;
};

std::optional<Step> TakeStep(Transaction& tx) {
  // A slice waits until the one before is worked off, so that a sweep of a million subjects never
  // stands before the others' and never has more than a slice of rows to be claimed.
  const auto rows = tx.Execute(R"sql(
    SELECT s.product_id, s.running, s.after_kind, s.after_subject_id
    FROM sweep s
    JOIN connection c ON c.product_id = s.product_id AND c.state = 1
    WHERE (s.running OR s.next_at <= now())
      AND NOT EXISTS (SELECT FROM delivery d
                      WHERE d.product_id = s.product_id AND d.workspace_id = c.workspace_id
                        AND d.rank = 1 AND d.due_at <= now())
    ORDER BY s.next_at
    LIMIT 1
    FOR UPDATE OF s SKIP LOCKED
  )sql");
  if (rows.empty()) return std::nullopt;
  const auto row = rows.Only();
  Step step{row.Get<core::ProductId>("product_id"), 0, ""};
  if (row.Get<bool>("running")) {
    step.after_kind = row.Get<int>("after_kind");
    step.after_subject_id = row.Get<std::string>("after_subject_id");
  }
  return step;
}

// A delivery that is claimed comes again, for what its worker read may be older than the sweep's
// cause.
constexpr const char* kMarkSlice = R"sql(
  WITH slice AS MATERIALIZED (
    SELECT product_id, kind, subject_id FROM delivery
    WHERE product_id = $1 AND (kind, subject_id) > ($2::smallint, $3::text)
    ORDER BY kind, subject_id
    LIMIT $4
    FOR UPDATE
  ), marked AS (
    UPDATE delivery d
    SET due_at = coalesce(d.due_at, now()),
        rank = CASE WHEN d.due_at IS NULL THEN 1 ELSE d.rank END,
        changed_again_at = CASE WHEN d.claim IS NOT NULL
                                THEN coalesce(d.changed_again_at, now()) END
    FROM slice s
    WHERE d.product_id = s.product_id AND d.kind = s.kind AND d.subject_id = s.subject_id
      AND d.target_id IS NOT NULL AND (d.due_at IS NULL OR d.claim IS NOT NULL)
    RETURNING 1
  ), last AS (
    SELECT kind, subject_id FROM slice ORDER BY kind DESC, subject_id DESC LIMIT 1
  )
  SELECT last.kind, last.subject_id, (SELECT count(*) FROM slice) AS seen,
         (SELECT count(*) FROM marked) AS marked
  FROM last
)sql";

}  // namespace

void Store::StartSweep(core::ProductId product) {
  database_.Transact([&](Transaction& tx) {
    tx.Execute(R"sql(
      INSERT INTO sweep (product_id, next_at) VALUES ($1, now())
      ON CONFLICT (product_id) DO UPDATE SET next_at = now(), running = false
    )sql",
               product);
  });
}

void Store::ForgetUnconnectedChanges() {
  database_.Transact([&](Transaction& tx) {
    tx.Execute(R"sql(
      DELETE FROM changed_subject s
      WHERE NOT EXISTS (SELECT FROM connection c WHERE c.product_id = s.product_id AND c.state = 1)
    )sql");
  });
}

bool Store::SweepOnce(int slice, std::chrono::milliseconds interval) {
  return database_.Transact([&](Transaction& tx) {
    const auto step = TakeStep(tx);
    if (!step) return false;
    const auto rows =
        tx.Execute(kMarkSlice, step->product, step->after_kind, step->after_subject_id, slice);
    const auto seen = rows.empty() ? 0 : rows.Only().Get<std::int64_t>("seen");
    if (seen < slice) {
      tx.Execute(R"sql(
        UPDATE sweep
        SET running = false, next_at = now() + $2::interval, finished_at = now(),
            started_at = CASE WHEN running THEN started_at ELSE now() END,
            marked = CASE WHEN running THEN marked ELSE 0 END + $3
        WHERE product_id = $1
      )sql",
                 step->product, interval,
                 rows.empty() ? 0 : rows.Only().Get<std::int64_t>("marked"));
    } else {
      const auto last = rows.Only();
      tx.Execute(R"sql(
        UPDATE sweep
        SET started_at = CASE WHEN running THEN started_at ELSE now() END,
            marked = CASE WHEN running THEN marked ELSE 0 END + $4,
            running = true, after_kind = $2, after_subject_id = $3
        WHERE product_id = $1
      )sql",
                 step->product, last.Get<int>("kind"), last.Get<std::string>("subject_id"),
                 last.Get<std::int64_t>("marked"));
    }
    return true;
  });
}

}  // namespace accoil::traitsync
