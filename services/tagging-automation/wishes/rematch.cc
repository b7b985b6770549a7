#include "services/tagging-automation/wishes/rematch.h"

#include "libs/postgres/database.h"
#include "services/tagging-automation/subjects/subject_columns.h"

namespace accoil::tagging {
namespace {

using postgres::Transaction;

SubjectColumns ToColumns(const std::set<Subject>& subjects) {
  SubjectColumns columns;
  for (const auto& subject : subjects) columns.Add(subject);
  return columns;
}

// A worker's claim ends first, whatever becomes of the match; what it then leaves undone goes where
// the subject is by then.
constexpr const char* kPoint = R"sql(
  WITH now_at AS MATERIALIZED (
    SELECT d.row, s.workspace_id, s.target_id
    FROM unnest($1::bigint[], $2::smallint[], $3::text[])
           WITH ORDINALITY AS i (product_id, kind, subject_id, place)
    CROSS JOIN LATERAL (
      SELECT workspace_id, target_id FROM subject
      WHERE product_id = i.product_id AND kind = i.kind AND subject_id = i.subject_id OFFSET 0
    ) s
    CROSS JOIN LATERAL (
      SELECT ctid AS row FROM delivery
      WHERE product_id = i.product_id AND kind = i.kind AND subject_id = i.subject_id AND open
      ORDER BY tag_key
      FOR UPDATE
    ) d
  )
  UPDATE delivery d
  SET workspace_id = n.workspace_id, target_id = n.target_id,
      due_at = CASE WHEN d.claim IS NOT NULL THEN d.due_at
                    WHEN n.target_id IS NULL THEN NULL
                    WHEN d.target_id IS NULL OR d.due_at IS NULL THEN now() + $4::interval
                    ELSE d.due_at END,
      since = CASE WHEN d.target_id IS NULL THEN now() ELSE d.since END,
      attempt = CASE WHEN d.claim IS NULL AND d.target_id IS DISTINCT FROM n.target_id THEN 0
                     ELSE d.attempt END
  FROM now_at n
  WHERE d.ctid = n.row
)sql";

constexpr const char* kTell = R"sql(
  UPDATE assignment a
  SET state = CASE WHEN o.target_id IS NULL THEN 2 ELSE 1 END,
      reason = CASE WHEN o.target_id IS NULL THEN o.match_reason ELSE '' END
  FROM (
    SELECT a.row, s.target_id, s.match_reason
    FROM unnest($1::bigint[], $2::smallint[], $3::text[]) AS i (product_id, kind, subject_id)
    CROSS JOIN LATERAL (
      SELECT target_id, match_reason FROM subject
      WHERE product_id = i.product_id AND kind = i.kind AND subject_id = i.subject_id OFFSET 0
    ) s
    CROSS JOIN LATERAL (
      SELECT ctid AS row FROM assignment
      WHERE product_id = i.product_id AND target_kind = i.kind
        AND target_subject_id = i.subject_id AND ended_at IS NULL OFFSET 0
    ) a
  ) o
  WHERE a.ctid = o.row
)sql";

constexpr const char* kReopen = R"sql(
  WITH again AS MATERIALIZED (
    SELECT d.row, s.workspace_id, s.target_id
    FROM unnest($1::bigint[], $2::smallint[], $3::text[])
           WITH ORDINALITY AS i (product_id, kind, subject_id, place)
    CROSS JOIN LATERAL (
      SELECT workspace_id, target_id FROM subject
      WHERE product_id = i.product_id AND kind = i.kind AND subject_id = i.subject_id OFFSET 0
    ) s
    CROSS JOIN LATERAL (
      SELECT ctid AS row FROM delivery
      WHERE product_id = i.product_id AND kind = i.kind AND subject_id = i.subject_id
        AND gone AND NOT open
      ORDER BY tag_key
      FOR UPDATE
    ) d
  )
  UPDATE delivery d
  SET open = true, gone = false, attempt = 0, last_error = NULL, since = now(),
      due_at = now() + $4::interval, workspace_id = a.workspace_id, target_id = a.target_id
  FROM again a
  WHERE d.ctid = a.row
  RETURNING d.product_id, d.kind, d.subject_id, d.tag_key, d.operation
)sql";

// Ended assignments are found by whom they meant.
constexpr const char* kReviveAssignments = R"sql(
  UPDATE assignment SET state = 1, ended_at = NULL, reason = '', reason_class = NULL
  WHERE ctid = ANY (ARRAY(
    SELECT a.row
    FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::bigint[])
           AS i (product_id, kind, subject_id, tag_key, operation)
    CROSS JOIN LATERAL (
      (SELECT ctid AS row FROM assignment
       WHERE product_id = i.product_id AND kind = i.kind AND subject_id = i.subject_id
         AND target_kind = i.kind AND target_subject_id = i.subject_id
         AND tag_key = i.tag_key AND operation = i.operation AND state = 4 OFFSET 0)
      UNION ALL
      (SELECT ctid AS row FROM assignment
       WHERE product_id = i.product_id AND target_kind = i.kind
         AND target_subject_id = i.subject_id
         AND (target_kind <> kind OR target_subject_id <> subject_id)
         AND tag_key = i.tag_key AND operation = i.operation AND state = 4 OFFSET 0)
    ) a))
)sql";

void TryGoneAgain(Transaction& tx, const std::set<Subject>& matched,
                  std::chrono::milliseconds window) {
  if (matched.empty()) return;
  const auto columns = ToColumns(matched);
  const auto rows =
      tx.Execute(kReopen, columns.product_id, columns.kind, columns.subject_id, window);
  if (rows.empty()) return;
  SubjectColumns again;
  std::vector<std::string> tag_key;
  std::vector<std::int64_t> operation;
  for (const auto& row : rows) {
    again.Add(SubjectOf(row));
    tag_key.push_back(row.Get<std::string>("tag_key"));
    operation.push_back(row.Get<std::int64_t>("operation"));
  }
  tx.Execute(kReviveAssignments, again.product_id, again.kind, again.subject_id, tag_key,
             operation);
}

}  // namespace

Rematched PutMatches(Transaction& tx,
                     std::span<const events::Received<events::v1::UserMatched>> matches) {
  Rematched rematched;
  if (matches.empty()) return rematched;
  SubjectColumns subjects;
  std::vector<std::int64_t> version;
  std::vector<std::optional<std::string>> workspace_id;
  std::vector<std::optional<std::string>> target_id;
  std::vector<std::string> reason;
  for (const auto& received : matches) {
    const auto& event = received.event;
    subjects.product_id.push_back(event.subject().product_id());
    subjects.kind.push_back(event.subject().kind());
    subjects.subject_id.push_back(event.subject().subject_id());
    version.push_back(event.version());
    const bool matched = !event.target_id().empty();
    workspace_id.push_back(matched ? std::optional(event.workspace_id()) : std::nullopt);
    target_id.push_back(matched ? std::optional(event.target_id()) : std::nullopt);
    reason.push_back(event.reason().empty() ? "not matched" : event.reason());
  }
  const auto rows = tx.Execute(R"sql(
    WITH newer AS MATERIALIZED (
      SELECT i.*, s.row, s.workspace_id AS old_workspace_id, s.target_id AS old_target_id,
             s.match_reason AS old_reason
      FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::bigint[], $5::text[], $6::text[],
                  $7::text[])
             AS i (product_id, kind, subject_id, version, workspace_id, target_id, reason)
      CROSS JOIN LATERAL (
        SELECT ctid AS row, * FROM subject
        WHERE product_id = i.product_id AND kind = i.kind AND subject_id = i.subject_id OFFSET 0
      ) s
      WHERE s.match_version < i.version
    )
    UPDATE subject s
    SET match_version = n.version, workspace_id = n.workspace_id, target_id = n.target_id,
        match_reason = n.reason
    FROM newer n
    WHERE s.ctid = n.row
    RETURNING s.product_id, s.kind, s.subject_id, s.target_id IS NOT NULL AS matched,
              s.target_id IS DISTINCT FROM n.old_target_id
                OR s.workspace_id IS DISTINCT FROM n.old_workspace_id
                OR (s.target_id IS NULL AND s.match_reason <> n.old_reason) AS moved
  )sql",
                               subjects.product_id, subjects.kind, subjects.subject_id, version,
                               workspace_id, target_id, reason);
  for (const auto& row : rows) {
    if (!row.Get<bool>("moved")) continue;
    rematched.moved.insert(SubjectOf(row));
    if (row.Get<bool>("matched")) rematched.matched.insert(SubjectOf(row));
  }
  return rematched;
}

void FollowMatches(Transaction& tx, const Rematched& rematched, std::chrono::milliseconds window) {
  if (rematched.moved.empty()) return;
  const auto columns = ToColumns(rematched.moved);
  tx.Execute(kPoint, columns.product_id, columns.kind, columns.subject_id, window);
  tx.Execute(kTell, columns.product_id, columns.kind, columns.subject_id);
  TryGoneAgain(tx, rematched.matched, window);
}

void ExpireRemoved(Transaction& tx, const std::set<Subject>& subjects) {
  if (subjects.empty()) return;
  const auto columns = ToColumns(subjects);
  tx.Execute(R"sql(
    UPDATE delivery SET open = false, due_at = NULL
    WHERE ctid = ANY (ARRAY(
      SELECT d.row
      FROM unnest($1::bigint[], $2::smallint[], $3::text[]) AS i (product_id, kind, subject_id)
      CROSS JOIN LATERAL (
        SELECT target_id FROM subject
        WHERE product_id = i.product_id AND kind = i.kind AND subject_id = i.subject_id
          AND removed AND target_id IS NULL OFFSET 0
      ) s
      CROSS JOIN LATERAL (
        SELECT ctid AS row FROM delivery
        WHERE product_id = i.product_id AND kind = i.kind AND subject_id = i.subject_id
          AND open AND claim IS NULL
        FOR UPDATE
      ) d))
  )sql",
             columns.product_id, columns.kind, columns.subject_id);
  // What a worker has ends with it.
  tx.Execute(R"sql(
    UPDATE assignment SET state = 5, ended_at = now(), reason = 'removed from the product'
    WHERE ctid = ANY (ARRAY(
      SELECT a.row
      FROM unnest($1::bigint[], $2::smallint[], $3::text[]) AS i (product_id, kind, subject_id)
      CROSS JOIN LATERAL (
        SELECT target_id FROM subject
        WHERE product_id = i.product_id AND kind = i.kind AND subject_id = i.subject_id
          AND removed AND target_id IS NULL OFFSET 0
      ) s
      CROSS JOIN LATERAL (
        (SELECT a.ctid AS row FROM assignment a
         WHERE a.product_id = i.product_id AND a.target_kind = i.kind
           AND a.target_subject_id = i.subject_id AND a.ended_at IS NULL
           AND NOT EXISTS (
             SELECT FROM delivery d
             WHERE d.product_id = a.product_id AND d.kind = a.target_kind
               AND d.subject_id = a.target_subject_id AND d.tag_key = a.tag_key
               AND d.claim IS NOT NULL)
         OFFSET 0)
        UNION ALL
        (SELECT ctid AS row FROM assignment
         WHERE product_id = i.product_id AND kind = i.kind AND subject_id = i.subject_id
           AND target_subject_id IS NULL AND ended_at IS NULL OFFSET 0)
      ) a))
  )sql",
             columns.product_id, columns.kind, columns.subject_id);
}

}  // namespace accoil::tagging
