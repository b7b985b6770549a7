#include "services/trait-sync/store_runs.h"

#include "services/trait-sync/store.h"

namespace accoil::traitsync {

using postgres::Transaction;

std::int64_t BeginRun(Transaction& tx, core::ProductId product, const std::string& kind,
                      const std::string& trigger) {
  tx.Execute(R"sql(
    DELETE FROM sync_run
    WHERE product_id = $1 AND state <> 'running'
      AND run_id <= (SELECT run_id FROM sync_run WHERE product_id = $1
                     ORDER BY run_id DESC OFFSET $2 LIMIT 1)
  )sql",
             product, kMostRuns - 1);
  return tx
      .Execute(R"sql(
        INSERT INTO sync_run (product_id, kind, trigger) VALUES ($1, $2, $3) RETURNING run_id
      )sql",
               product, kind, trigger)
      .Only()
      .Get<std::int64_t>("run_id");
}

void FinishRun(Transaction& tx, std::int64_t run, const RunOutcome& outcome) {
  tx.Execute(R"sql(
    UPDATE sync_run
    SET state = CASE WHEN $4 = '' THEN 'finished' ELSE 'failed' END, finished_at = now(),
        items = items + $2, calls = calls + $3, error = $4
    WHERE run_id = $1 AND state = 'running'
  )sql",
             run, outcome.items, outcome.calls, outcome.error);
}

std::int64_t Store::BeginCleanUpRun(core::ProductId product, const std::string& trigger) {
  return database_.Transact([&](Transaction& tx) {
    // Whoever began one that never ended has died.
    tx.Execute(R"sql(
      UPDATE sync_run
      SET state = 'failed', finished_at = now(), error = 'was interrupted; the next one went on'
      WHERE product_id = $1 AND kind = 'clean_up' AND state = 'running'
    )sql",
               product);
    return BeginRun(tx, product, "clean_up", trigger);
  });
}

void Store::FinishCleanUpRun(std::int64_t run, const RunOutcome& outcome) {
  database_.Transact([&](Transaction& tx) { FinishRun(tx, run, outcome); });
}

}  // namespace accoil::traitsync
