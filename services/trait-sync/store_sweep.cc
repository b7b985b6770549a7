#include "services/trait-sync/store.h"

namespace accoil::traitsync {
namespace {

using postgres::Transaction;

/// A sweep that may take its next step, its row locked; and where it stands.
struct Step {
  core::ProductId product;
  /// It goes on after this subject; otherwise it begins.
  bool running = false;
  int after_kind = 0;
  std::string after_subject_id;
  /// Its run that has not ended.
  std::optional<std::int64_t> run;
  /// All is marked and worked off: only its run is to be ended.
  bool over = false;
  /// What made it due.
  std::string trigger;
};

std::optional<Step> TakeStep(Transaction& tx) {
  // A slice waits until the one before is worked off, so that a sweep of a million subjects never
  // stands before the others' and never has more than a slice of rows to be claimed. Its run ends
  // when the last slice is: then nobody may have any of it under way either.
  const auto rows = tx.Execute(R"sql(
    SELECT s.product_id, s.running, s.after_kind, s.after_subject_id, s.run_id, s.trigger,
           NOT s.running AND s.next_at > now() AS over
    FROM sweep s
    JOIN connection c ON c.product_id = s.product_id AND c.state = 1
    WHERE (s.running OR s.next_at <= now() OR s.run_id IS NOT NULL)
      AND NOT EXISTS (SELECT FROM delivery d
                      WHERE d.product_id = s.product_id AND d.workspace_id = c.workspace_id
                        AND d.rank = 1 AND d.due_at <= now())
      AND (s.running OR s.next_at <= now()
           OR NOT EXISTS (SELECT FROM delivery d
                          WHERE d.product_id = s.product_id AND d.workspace_id = c.workspace_id
                            AND d.rank = 1 AND d.claim IS NOT NULL AND d.due_at IS NOT NULL))
    ORDER BY s.next_at
    LIMIT 1
    FOR UPDATE OF s SKIP LOCKED
  )sql");
  if (rows.empty()) return std::nullopt;
  const auto row = rows.Only();
  Step step;
  step.product = row.Get<core::ProductId>("product_id");
  step.running = row.Get<bool>("running");
  if (step.running) {
    step.after_kind = row.Get<int>("after_kind");
    step.after_subject_id = row.Get<std::string>("after_subject_id");
  }
  step.run = row.Get<std::optional<std::int64_t>>("run_id");
  step.over = row.Get<bool>("over");
  step.trigger = row.Get<std::string>("trigger");
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

/// Begins a sweep's run; one that was begun anew before it was over has done what it has.
std::int64_t BeginSweepRun(Transaction& tx, const Step& step) {
  if (step.run) FinishRun(tx, *step.run, {});
  const auto run = BeginRun(tx, step.product, "sweep", step.trigger);
  tx.Execute("UPDATE sweep SET run_id = $2, trigger = 'scheduled' WHERE product_id = $1",
             step.product, run);
  return run;
}

void EndSweepRun(Transaction& tx, const Step& step) {
  FinishRun(tx, *step.run, {});
  tx.Execute("UPDATE sweep SET run_id = NULL WHERE product_id = $1", step.product);
}

}  // namespace

void Store::StartSweep(core::ProductId product) {
  database_.Transact([&](Transaction& tx) {
    tx.Execute(R"sql(
      INSERT INTO sweep (product_id, next_at, trigger) VALUES ($1, now(), 'requested')
      ON CONFLICT (product_id) DO UPDATE
        SET next_at = now(), running = false, trigger = excluded.trigger
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

void Store::StopUnconnectedSweeps() {
  database_.Transact([&](Transaction& tx) {
    const auto stopped = tx.Execute(R"sql(
      WITH stranded AS MATERIALIZED (
        SELECT product_id, run_id FROM sweep s
        WHERE run_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM connection c
                          WHERE c.product_id = s.product_id AND c.state = 1)
        FOR UPDATE SKIP LOCKED
      ), stopped AS (
        UPDATE sweep s SET run_id = NULL, running = false
        FROM stranded WHERE s.product_id = stranded.product_id
      )
      SELECT run_id FROM stranded
    )sql");
    for (const auto& row : stopped) {
      FinishRun(tx, row.Get<std::int64_t>("run_id"), {0, 0, "the product is not connected"});
    }
  });
}

bool Store::SweepOnce(int slice, std::chrono::milliseconds interval) {
  return database_.Transact([&](Transaction& tx) {
    const auto step = TakeStep(tx);
    if (!step) return false;
    if (step->over) {
      EndSweepRun(tx, *step);
      return true;
    }
    const auto run = step->running && step->run ? *step->run : BeginSweepRun(tx, *step);
    const auto rows =
        tx.Execute(kMarkSlice, step->product, step->after_kind, step->after_subject_id, slice);
    const auto seen = rows.empty() ? 0 : rows.Only().Get<std::int64_t>("seen");
    tx.Execute("UPDATE sync_run SET items = items + $2 WHERE run_id = $1", run, seen);
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
