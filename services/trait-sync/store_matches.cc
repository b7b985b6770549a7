#include "libs/events/fact_columns.h"
#include "services/trait-sync/store.h"

namespace accoil::traitsync {
namespace {

using events::v1::UserMatched;
using postgres::Transaction;

struct MatchColumns {
  std::vector<std::int64_t> product_id;
  std::vector<int> kind;
  std::vector<std::string> subject_id;
  std::vector<std::int64_t> version;
  std::vector<std::string> workspace_id;
  std::vector<std::optional<std::string>> target_id;
  std::vector<core::TimePoint> published_at;
  std::vector<std::optional<std::string>> traceparent;
};

MatchColumns ToColumns(std::span<const events::Received<UserMatched>> matches) {
  MatchColumns columns;
  for (const auto& [event, key, traceparent, published_at] : matches) {
    columns.product_id.push_back(event.subject().product_id());
    columns.kind.push_back(event.subject().kind());
    columns.subject_id.push_back(event.subject().subject_id());
    columns.version.push_back(event.version());
    columns.workspace_id.push_back(event.workspace_id());
    const bool matched = !event.target_id().empty();
    columns.target_id.push_back(matched ? std::optional(event.target_id()) : std::nullopt);
    columns.published_at.push_back(published_at);
    columns.traceparent.push_back(traceparent.empty() ? std::nullopt : std::optional(traceparent));
  }
  return columns;
}

// Makes the rows that are missing and locks all, in key order as every statement does: an upsert
// that changes nothing locks what is there.
constexpr const char* kLockDeliveries = R"sql(
  INSERT INTO delivery (product_id, kind, subject_id)
  SELECT product_id, kind, subject_id
  FROM unnest($1::bigint[], $2::smallint[], $3::text[]) AS i (product_id, kind, subject_id)
  ORDER BY product_id, kind, subject_id COLLATE "C"
  ON CONFLICT (product_id, kind, subject_id) DO UPDATE
    SET match_version = delivery.match_version WHERE false
)sql";

// A statement of its own after the one that took the locks, so that it sees what the transactions
// that held them have committed. A delivery under way to the old target may still write there: what
// it may have written is cleared once its claim has ended.
constexpr const char* kApplyMatches = R"sql(
  WITH moved AS MATERIALIZED (
    SELECT i.*, d.row, d.target_id AS old_target_id, d.workspace_id AS old_workspace_id,
           d.claim IS NOT NULL OR d.distrust AS unsure,
           CASE WHEN d.claim IS NOT NULL THEN d.due_at ELSE now() END AS clear_at,
           d.match_version > 0 AS matched_anew,
           i.target_id IS DISTINCT FROM d.target_id
             OR (i.target_id IS NOT NULL AND i.workspace_id IS DISTINCT FROM d.workspace_id)
             AS moves
    FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::bigint[], $5::text[], $6::text[],
                $7::timestamptz[], $8::text[])
           AS i (product_id, kind, subject_id, version, workspace_id, target_id, published_at,
                 traceparent)
    CROSS JOIN LATERAL (
      SELECT ctid AS row, * FROM delivery
      WHERE product_id = i.product_id AND kind = i.kind AND subject_id = i.subject_id OFFSET 0
    ) d
    WHERE d.match_version < i.version
  ), left_behind AS (
    INSERT INTO former_target AS f (product_id, kind, subject_id, target_id, workspace_id,
                                    attributes, everything, due_at)
    SELECT m.product_id, m.kind, m.subject_id, m.old_target_id, m.old_workspace_id,
           ARRAY(SELECT jsonb_object_keys(t.attributes)), m.unsure, m.clear_at
    FROM moved m
    CROSS JOIN LATERAL (
      SELECT attributes FROM delivered
      WHERE product_id = m.product_id AND kind = m.kind AND subject_id = m.subject_id OFFSET 0
    ) t
    WHERE m.moves AND m.old_target_id IS NOT NULL AND (t.attributes <> '{}' OR m.unsure)
    ON CONFLICT (product_id, kind, subject_id, target_id) DO UPDATE
      SET attributes = f.attributes || excluded.attributes,
          everything = f.everything OR excluded.everything,
          due_at = greatest(f.due_at, excluded.due_at), claim = NULL, attempt = 0
  ), forgotten AS (
    DELETE FROM delivered WHERE ctid = ANY (ARRAY(
      SELECT t.row
      FROM moved m
      CROSS JOIN LATERAL (
        SELECT ctid AS row FROM delivered
        WHERE product_id = m.product_id AND kind = m.kind AND subject_id = m.subject_id OFFSET 0
      ) t
      WHERE m.target_id IS NULL))
  ), held AS (
    INSERT INTO delivered AS t (product_id, kind, subject_id, target_id)
    SELECT product_id, kind, subject_id, target_id FROM moved
    WHERE moves AND target_id IS NOT NULL
    ON CONFLICT (product_id, kind, subject_id) DO UPDATE
      SET target_id = excluded.target_id, attributes = '{}'
  ), back AS (
    DELETE FROM set_aside WHERE ctid = ANY (ARRAY(
      SELECT s.row
      FROM moved m
      CROSS JOIN LATERAL (
        SELECT ctid AS row FROM set_aside
        WHERE product_id = m.product_id AND kind = m.kind AND subject_id = m.subject_id OFFSET 0
      ) s
      WHERE m.moves))
  )
  UPDATE delivery d
  SET match_version = m.version,
      workspace_id = CASE WHEN m.moves THEN m.workspace_id ELSE d.workspace_id END,
      target_id = m.target_id,
      due_at = CASE WHEN NOT m.moves THEN d.due_at WHEN m.target_id IS NOT NULL THEN now() END,
      rank = CASE WHEN m.moves THEN 1 ELSE d.rank END,
      claim = CASE WHEN NOT m.moves THEN d.claim END,
      changed_at = CASE WHEN m.moves THEN m.published_at ELSE d.changed_at END,
      changed_again_at = CASE WHEN NOT m.moves THEN d.changed_again_at END,
      called_at = CASE WHEN NOT m.moves THEN d.called_at END,
      attempt = CASE WHEN m.moves THEN 0 ELSE d.attempt END,
      distrust = CASE WHEN m.moves THEN m.matched_anew AND m.target_id IS NOT NULL
                      ELSE d.distrust END,
      traceparent = CASE WHEN m.moves THEN m.traceparent ELSE d.traceparent END,
      last_error = CASE WHEN NOT m.moves THEN d.last_error END
  FROM moved m
  WHERE d.ctid = m.row
)sql";

}  // namespace

void Store::ApplyMatches(Transaction& tx, const events::Batch& batch) {
  const auto matches = batch.Of<UserMatched>();
  if (matches.empty()) return;
  events::Subjects subjects;
  subjects.AddAll<UserMatched>(batch);
  const auto s = subjects.ToColumns();
  tx.Execute(kLockDeliveries, s.product_id, s.kind, s.subject_id);
  const auto m = ToColumns(matches);
  tx.Execute(kApplyMatches, m.product_id, m.kind, m.subject_id, m.version, m.workspace_id,
             m.target_id, m.published_at, m.traceparent);
}

}  // namespace accoil::traitsync
