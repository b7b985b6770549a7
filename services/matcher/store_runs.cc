#include "services/matcher/store.h"

namespace accoil::matcher {
namespace {

// What a history shows, and so what is kept of it.
constexpr int kHistory = 100;

Connection ReadConnection(const postgres::Row& row) {
  return {.product = row.Get<core::ProductId>("product_id"),
          .version = row.Get<std::int64_t>("version"),
          .workspace = row.Get<core::WorkspaceId>("workspace_id"),
          .connected = row.Get<bool>("connected"),
          .match_by_external_id = row.Get<bool>("match_by_external_id")};
}

Run ReadRun(const postgres::Row& row) {
  return {.id = row.Get<std::int64_t>("run_id"),
          .product = row.Get<core::ProductId>("product_id"),
          .trigger = row.Get<std::string>("trigger"),
          .state = row.Get<std::string>("state"),
          .started_at = row.Get<std::optional<core::TimePoint>>("started_at"),
          .finished_at = row.Get<std::optional<core::TimePoint>>("finished_at"),
          .users = row.Get<std::int64_t>("users"),
          .matched = row.Get<std::int64_t>("matched"),
          .calls = row.Get<std::int64_t>("calls"),
          .method = row.Get<std::string>("method"),
          .error = row.Get<std::string>("error"),
          .read_since = row.Get<std::optional<core::TimePoint>>("read_since"),
          .cursor = row.Get<std::string>("cursor"),
          .contacts_read = row.Get<bool>("contacts_read"),
          .position = row.Get<std::string>("position")};
}

std::optional<Run> OpenRun(postgres::Transaction& tx, core::ProductId product) {
  const auto rows = tx.Execute(R"sql(
    SELECT * FROM run WHERE product_id = $1::bigint AND state IN ('waiting', 'running')
  )sql",
                               product);
  if (rows.empty()) return std::nullopt;
  return ReadRun(rows.Only());
}

}  // namespace

void Store::ApplyConnection(postgres::Transaction& tx, const Connection& connection,
                            std::chrono::milliseconds interval, core::TimePoint now) {
  std::optional<Connection> before;
  for (const auto row :
       tx.Execute("SELECT * FROM connection WHERE product_id = $1::bigint FOR UPDATE",
                  connection.product)) {
    before = ReadConnection(row);
  }
  const auto applied =
      tx.Execute(R"sql(
    INSERT INTO connection AS c (product_id, version, workspace_id, connected,
                                 match_by_external_id, next_run_at)
    VALUES ($1::bigint, $2::bigint, $3::text, $4::boolean, $5::boolean, $6::timestamptz)
    ON CONFLICT (product_id) DO UPDATE
      SET version = excluded.version, workspace_id = excluded.workspace_id,
          connected = excluded.connected, match_by_external_id = excluded.match_by_external_id
      WHERE c.version < excluded.version
  )sql",
                 connection.product, connection.version, connection.workspace, connection.connected,
                 connection.match_by_external_id, now + interval);
  if (applied.affected() == 0) return;
  const bool same = before && before->connected == connection.connected &&
                    before->workspace == connection.workspace &&
                    before->match_by_external_id == connection.match_by_external_id;
  if (same) return;
  // Whoever works for the state before loses its claim, and with it the right to write.
  tx.Execute(R"sql(
    UPDATE connection SET claim_owner = NULL, claim_until = NULL, failures = 0, retry_at = NULL,
                          next_run_at = $2::timestamptz
    WHERE product_id = $1::bigint
  )sql",
             connection.product, now + interval);
  tx.Execute(R"sql(
    UPDATE run SET state = 'failed', error = $2::text, finished_at = $3::timestamptz
    WHERE product_id = $1::bigint AND state IN ('waiting', 'running')
  )sql",
             connection.product,
             connection.connected ? "the connection changed" : "the product was disconnected", now);
  if (!connection.connected) {
    // The run after the next connection sees whatever they were about.
    tx.Execute(R"sql(
      DELETE FROM doubted_contact d
      WHERE d.workspace_id = $1::text AND NOT EXISTS (
        SELECT FROM connection c WHERE c.workspace_id = $1::text AND c.connected)
    )sql",
               before->workspace);
    return;
  }
  tx.Execute(R"sql(
    INSERT INTO run (product_id, trigger, state, requested_at)
    VALUES ($1::bigint, 'connected', 'waiting', $2::timestamptz)
  )sql",
             connection.product, now);
}

std::optional<Connection> Store::GetConnection(postgres::Transaction& tx, core::ProductId product) {
  const auto rows = tx.Execute("SELECT * FROM connection WHERE product_id = $1::bigint", product);
  if (rows.empty()) return std::nullopt;
  return ReadConnection(rows.Only());
}

void Store::ScheduleRuns(postgres::Transaction& tx, std::chrono::milliseconds interval,
                         core::TimePoint now) {
  tx.Execute(R"sql(
    WITH due AS (
      UPDATE connection SET next_run_at = $2::timestamptz
      WHERE connected AND next_run_at <= $1::timestamptz
      RETURNING product_id
    )
    INSERT INTO run (product_id, trigger, state, requested_at)
    SELECT product_id, 'scheduled', 'waiting', $1::timestamptz FROM due
    ON CONFLICT (product_id) WHERE state IN ('waiting', 'running') DO NOTHING
  )sql",
             now, now + interval);
  // A shorter interval than before counts from now on.
  tx.Execute(R"sql(
    UPDATE connection SET next_run_at = $1::timestamptz
    WHERE connected AND next_run_at > $1::timestamptz
  )sql",
             now + interval);
}

std::optional<Claim> Store::ClaimWork(postgres::Transaction& tx, const std::string& owner,
                                      std::chrono::milliseconds lease,
                                      std::chrono::milliseconds quiet,
                                      std::chrono::milliseconds longest, core::TimePoint now) {
  // For each product the index on due_at is asked for its ends only, however many are due.
  const auto rows = tx.Execute(R"sql(
    WITH ready AS (
      SELECT c.product_id, greatest(u.newest, a.newest) > $2::timestamptz AS streaming,
             s.settled
      FROM connection c
      LEFT JOIN run r ON r.product_id = c.product_id AND r.state IN ('waiting', 'running')
      CROSS JOIN LATERAL (
        SELECT (SELECT d.due_at FROM due_user d WHERE d.product_id = c.product_id
                ORDER BY d.due_at LIMIT 1) AS oldest,
               (SELECT d.due_at FROM due_user d
                WHERE d.product_id = c.product_id AND d.due_at <= $1::timestamptz
                ORDER BY d.due_at DESC LIMIT 1) AS newest
      ) AS u
      CROSS JOIN LATERAL (
        SELECT (SELECT d.due_at FROM due_account d WHERE d.product_id = c.product_id
                ORDER BY d.due_at LIMIT 1) AS oldest,
               (SELECT d.due_at FROM due_account d
                WHERE d.product_id = c.product_id AND d.due_at <= $1::timestamptz
                ORDER BY d.due_at DESC LIMIT 1) AS newest
      ) AS a
      CROSS JOIN LATERAL (
        -- A run waits for what streams in as well: planned for those who are there, it would be the
        -- wrong way for those who follow.
        SELECT coalesce(r.run_id IS NOT NULL AND greatest(u.newest, a.newest) IS NULL
                        OR greatest(u.newest, a.newest) <= $2::timestamptz
                        OR least(u.oldest, a.oldest) <= $3::timestamptz, false) AS settled
      ) AS s
      WHERE c.connected
        AND (c.claim_owner IS NULL OR c.claim_until < $1::timestamptz)
        AND (c.retry_at IS NULL OR c.retry_at <= $1::timestamptz)
        -- What Intercom notified of waits for nothing, unless another product of the workspace is
        -- worked for, who asks for it.
        AND (s.settled
             OR EXISTS (SELECT FROM doubted_contact d WHERE d.workspace_id = c.workspace_id)
                AND NOT EXISTS (SELECT FROM connection o
                                WHERE o.workspace_id = c.workspace_id AND o.connected
                                  AND o.claim_owner IS NOT NULL
                                  AND o.claim_until >= $1::timestamptz))
      ORDER BY c.claim_until NULLS FIRST, c.product_id
      LIMIT 1
      FOR UPDATE OF c SKIP LOCKED
    )
    UPDATE connection c SET claim_owner = $4::text, claim_until = $5::timestamptz
    FROM ready WHERE c.product_id = ready.product_id
    RETURNING c.*, coalesce(ready.streaming, false) AS streaming, ready.settled
  )sql",
                               now, now - quiet, now - longest, owner, now + lease);
  if (rows.empty()) return std::nullopt;
  const auto row = rows.Only();
  Claim claim;
  claim.connection = ReadConnection(row);
  claim.owner = owner;
  claim.failures = row.Get<int>("failures");
  claim.streaming = row.Get<bool>("streaming");
  claim.settled = row.Get<bool>("settled");
  if (claim.settled) claim.run = OpenRun(tx, claim.connection.product);
  return claim;
}

bool Store::Hold(postgres::Transaction& tx, const Claim& claim, std::chrono::milliseconds lease,
                 core::TimePoint now) {
  const auto held = tx.Execute(R"sql(
    UPDATE connection SET claim_until = $3::timestamptz
    WHERE product_id = $1::bigint AND claim_owner = $2::text AND connected
      AND workspace_id = $4::text AND match_by_external_id = $5::boolean
  )sql",
                               claim.connection.product, claim.owner, now + lease,
                               claim.connection.workspace, claim.connection.match_by_external_id);
  return held.affected() == 1;
}

void Store::Release(postgres::Transaction& tx, const Claim& claim, bool failed,
                    std::optional<std::chrono::milliseconds> retry_after, core::TimePoint now) {
  const auto retry_at =
      retry_after ? std::optional<core::TimePoint>(now + *retry_after) : std::nullopt;
  // claim_until stays as the time of the last work, which decides whose turn is next.
  tx.Execute(R"sql(
    UPDATE connection
    SET claim_owner = NULL, claim_until = $3::timestamptz, failures = $4::integer,
        retry_at = $5::timestamptz
    WHERE product_id = $1::bigint AND claim_owner = $2::text
  )sql",
             claim.connection.product, claim.owner, now, failed ? claim.failures + 1 : 0, retry_at);
}

Run Store::RequestRun(postgres::Transaction& tx, core::ProductId product, core::TimePoint now) {
  tx.Execute(R"sql(
    INSERT INTO run (product_id, trigger, state, requested_at)
    VALUES ($1::bigint, 'requested', 'waiting', $2::timestamptz)
    ON CONFLICT (product_id) WHERE state IN ('waiting', 'running') DO NOTHING
  )sql",
             product, now);
  tx.Execute("UPDATE connection SET retry_at = NULL WHERE product_id = $1::bigint", product);
  auto run = OpenRun(tx, product);
  // It can end between the two statements, in another transaction: then the caller asks again.
  if (!run) throw core::Unavailable("the run that was under way has just ended");
  return *run;
}

std::optional<Run> Store::GetRun(postgres::Transaction& tx, core::ProductId product,
                                 std::int64_t id) {
  const auto rows = tx.Execute(
      "SELECT * FROM run WHERE product_id = $1::bigint AND run_id = $2::bigint", product, id);
  if (rows.empty()) return std::nullopt;
  return ReadRun(rows.Only());
}

std::vector<Run> Store::ListRuns(postgres::Transaction& tx, core::ProductId product) {
  std::vector<Run> runs;
  for (const auto row : tx.Execute(R"sql(
         SELECT * FROM run WHERE product_id = $1::bigint ORDER BY run_id DESC LIMIT $2::bigint
       )sql",
                                   product, kHistory)) {
    runs.push_back(ReadRun(row));
  }
  return runs;
}

void Store::SaveRun(postgres::Transaction& tx, const Run& run) {
  tx.Execute(R"sql(
    UPDATE run
    SET state = $2::text, started_at = $3::timestamptz, finished_at = $4::timestamptz,
        users = $5::bigint, matched = $6::bigint, calls = $7::bigint, method = $8::text,
        error = $9::text, read_since = $10::timestamptz, cursor = $11::text,
        contacts_read = $12::boolean, position = $13::text
    WHERE run_id = $1::bigint AND state IN ('waiting', 'running')
  )sql",
             run.id, run.state, run.started_at, run.finished_at, run.users, run.matched, run.calls,
             run.method, run.error, run.read_since, run.cursor, run.contacts_read, run.position);
  if (!run.finished_at) return;
  tx.Execute(R"sql(
    DELETE FROM run WHERE product_id = $1::bigint AND run_id <= (
      SELECT run_id FROM run WHERE product_id = $1::bigint
      ORDER BY run_id DESC OFFSET $2::bigint LIMIT 1)
  )sql",
             run.product, kHistory);
}

void Store::QueueAgain(postgres::Transaction& tx, const Run& failed, core::TimePoint now) {
  tx.Execute(R"sql(
    INSERT INTO run (product_id, trigger, state, requested_at, method, read_since, cursor,
                     contacts_read, position, users, matched)
    VALUES ($1::bigint, $2::text, 'waiting', $3::timestamptz, $4::text, $5::timestamptz, $6::text,
            $7::boolean, $8::text, $9::bigint, $10::bigint)
    ON CONFLICT (product_id) WHERE state IN ('waiting', 'running') DO NOTHING
  )sql",
             failed.product, failed.trigger, now, failed.method, failed.read_since, failed.cursor,
             failed.contacts_read, failed.position, failed.users, failed.matched);
}

}  // namespace accoil::matcher
