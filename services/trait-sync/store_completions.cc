#include <algorithm>

#include "services/trait-sync/store.h"
#include "services/trait-sync/subject_columns.h"

namespace accoil::traitsync {
namespace {

using postgres::Transaction;

struct CompletionColumns {
  SubjectColumns subjects;
  std::vector<std::string> target_id;
  std::vector<std::optional<std::chrono::milliseconds>> retry_in;
  std::vector<int> attempt;
  std::vector<std::optional<std::string>> error;
  std::vector<bool> distrust;
  std::vector<bool> called;
};

// A change that came while it was claimed makes it due again; a failure keeps the time of its
// oldest change. Locks in key order, as every statement does.
constexpr const char* kComplete = R"sql(
  INSERT INTO delivery AS d (product_id, kind, subject_id, target_id, due_at, attempt, last_error,
                             distrust, called_at)
  SELECT $1::bigint, i.kind, i.subject_id, i.target_id, now() + i.retry_in, i.attempt, i.error,
         i.distrust, CASE WHEN i.called THEN now() END
  FROM unnest($3::smallint[], $4::text[], $5::text[], $6::interval[], $7::integer[], $8::text[],
              $9::boolean[], $10::boolean[])
         AS i (kind, subject_id, target_id, retry_in, attempt, error, distrust, called)
  ORDER BY i.kind, i.subject_id COLLATE "C"
  ON CONFLICT (product_id, kind, subject_id) DO UPDATE
    SET claim = NULL,
        due_at = CASE WHEN excluded.due_at IS NOT NULL THEN excluded.due_at
                      WHEN d.distrust OR excluded.distrust THEN now()
                      WHEN d.changed_again_at IS NOT NULL THEN now() + $11::interval END,
        changed_at = CASE WHEN excluded.due_at IS NOT NULL
                          THEN least(d.changed_at, d.changed_again_at)
                          ELSE d.changed_again_at END,
        changed_again_at = NULL,
        called_at = coalesce(excluded.called_at, d.called_at),
        attempt = excluded.attempt,
        last_error = excluded.last_error,
        distrust = d.distrust OR excluded.distrust
    WHERE d.claim = $2
  RETURNING d.kind, d.subject_id
)sql";

/// Writes what the targets hold now, of the deliveries that were still ours.
void PutDelivered(Transaction& tx, core::ProductId product,
                  const std::vector<const Completion*>& completions) {
  SubjectColumns subjects;
  std::vector<std::string> target_id;
  std::vector<std::string> attributes;
  std::vector<std::int64_t> era;
  for (const auto* completion : completions) {
    if (!completion->delivered) continue;
    subjects.Add(completion->subject);
    target_id.push_back(completion->target_id);
    attributes.push_back(ToJson(*completion->delivered));
    era.push_back(completion->era);
  }
  if (attributes.empty()) return;
  tx.Execute(R"sql(
    INSERT INTO delivered (product_id, kind, subject_id, target_id, attributes, era)
    SELECT $1::bigint, i.kind, i.subject_id, i.target_id, i.attributes::jsonb, i.era
    FROM unnest($2::smallint[], $3::text[], $4::text[], $5::text[], $6::bigint[])
      AS i (kind, subject_id, target_id, attributes, era)
    ON CONFLICT (product_id, kind, subject_id) DO UPDATE
      SET attributes = excluded.attributes, era = excluded.era
  )sql",
             product, subjects.kind, subjects.subject_id, target_id, attributes, era);
}

void PutSetAside(Transaction& tx, core::ProductId product,
                 const std::vector<const Completion*>& completions) {
  SubjectColumns cleared;
  SubjectColumns subjects;
  std::vector<std::string> attribute;
  std::vector<std::string> reason_class;
  std::vector<std::string> reason;
  std::vector<std::optional<std::string>> value;
  std::vector<std::optional<core::TimePoint>> retry_at;
  for (const auto* completion : completions) {
    if (!completion->set_aside) continue;
    cleared.Add(completion->subject);
    for (const auto& [name, entry] : *completion->set_aside) {
      subjects.Add(completion->subject);
      attribute.push_back(name);
      reason_class.emplace_back(ToString(entry.reason_class));
      reason.push_back(entry.reason);
      value.push_back(entry.refused ? std::optional(ToJson(*entry.refused)) : std::nullopt);
      retry_at.push_back(entry.retry_at);
    }
  }
  if (cleared.kind.empty()) return;
  tx.Execute(R"sql(
    DELETE FROM set_aside WHERE ctid = ANY (ARRAY(
      SELECT s.row
      FROM unnest($2::smallint[], $3::text[]) AS i (kind, subject_id)
      CROSS JOIN LATERAL (
        SELECT ctid AS row FROM set_aside
        WHERE product_id = $1 AND kind = i.kind AND subject_id = i.subject_id OFFSET 0
      ) s))
  )sql",
             product, cleared.kind, cleared.subject_id);
  if (attribute.empty()) return;
  tx.Execute(R"sql(
    INSERT INTO set_aside (product_id, kind, subject_id, attribute, reason_class, reason, value,
                           retry_at)
    SELECT $1::bigint, i.* FROM unnest($2::smallint[], $3::text[], $4::text[], $5::text[], $6::text[],
                               $7::text[], $8::timestamptz[]) AS i
  )sql",
             product, subjects.kind, subjects.subject_id, attribute, reason_class, reason, value,
             retry_at);
}

/// The target may hold what a worker without a claim sent: everything is to be written again by
/// whoever has the subject now; a target that it left meanwhile is to be cleared of everything.
void Distrust(Transaction& tx, core::ProductId product, const core::WorkspaceId& workspace,
              const std::vector<const Completion*>& lost) {
  SubjectColumns uncalled;
  std::vector<std::string> uncalled_target_id;
  SubjectColumns subjects;
  std::vector<std::string> target_id;
  for (const auto* completion : lost) {
    (completion->called ? subjects : uncalled).Add(completion->subject);
    (completion->called ? target_id : uncalled_target_id).push_back(completion->target_id);
  }
  if (!uncalled_target_id.empty()) {
    // A target that was left waits for the claim's end to be cleared; this is it.
    tx.Execute(R"sql(
      UPDATE former_target f SET due_at = now()
      FROM unnest($2::smallint[], $3::text[], $4::text[]) AS i (kind, subject_id, target_id)
      WHERE f.product_id = $1 AND f.kind = i.kind AND f.subject_id = i.subject_id
        AND f.target_id = i.target_id AND f.claim IS NULL AND f.attempt = 0
    )sql",
               product, uncalled.kind, uncalled.subject_id, uncalled_target_id);
  }
  if (target_id.empty()) return;
  tx.Execute(R"sql(
    WITH ours AS MATERIALIZED (
      SELECT d.product_id, d.kind, d.subject_id
      FROM unnest($2::smallint[], $3::text[], $4::text[]) AS i (kind, subject_id, target_id)
      JOIN delivery d ON d.product_id = $1 AND d.kind = i.kind AND d.subject_id = i.subject_id
                     AND d.target_id = i.target_id
      ORDER BY d.kind, d.subject_id
      FOR UPDATE OF d
    )
    UPDATE delivery d
    SET distrust = true,
        due_at = CASE WHEN d.claim IS NULL THEN least(d.due_at, now()) ELSE d.due_at END
    FROM ours o
    WHERE d.product_id = o.product_id AND d.kind = o.kind AND d.subject_id = o.subject_id
  )sql",
             product, subjects.kind, subjects.subject_id, target_id);
  tx.Execute(R"sql(
    INSERT INTO former_target AS f (product_id, kind, subject_id, target_id, workspace_id,
                                    attributes, everything, due_at)
    SELECT $1::bigint, i.kind, i.subject_id, i.target_id, $5::text, '{}', true, now()
    FROM unnest($2::smallint[], $3::text[], $4::text[]) AS i (kind, subject_id, target_id)
    WHERE NOT EXISTS (SELECT FROM delivery d
                      WHERE d.product_id = $1 AND d.kind = i.kind
                        AND d.subject_id = i.subject_id AND d.target_id = i.target_id)
    ORDER BY i.kind, i.subject_id COLLATE "C"
    ON CONFLICT (product_id, kind, subject_id, target_id) DO UPDATE
      SET everything = true, due_at = now(), claim = NULL
  )sql",
             product, subjects.kind, subjects.subject_id, target_id, workspace);
}

}  // namespace

int Store::Complete(core::ProductId product, const core::WorkspaceId& workspace, std::int64_t token,
                    std::vector<Completion> completions, int sweep_calls) {
  if (completions.empty()) return 0;
  std::sort(completions.begin(), completions.end(),
            [](const Completion& a, const Completion& b) { return a.subject < b.subject; });
  CompletionColumns columns;
  for (const auto& completion : completions) {
    columns.subjects.Add(completion.subject);
    columns.target_id.push_back(completion.target_id);
    columns.retry_in.push_back(completion.retry_in);
    columns.attempt.push_back(completion.attempt);
    columns.error.push_back(completion.error.empty() ? std::nullopt
                                                     : std::optional(completion.error));
    columns.distrust.push_back(completion.distrust);
    columns.called.push_back(completion.called);
  }
  return database_.Transact([&](Transaction& tx) {
    const auto rows =
        tx.Execute(kComplete, product, token, columns.subjects.kind, columns.subjects.subject_id,
                   columns.target_id, columns.retry_in, columns.attempt, columns.error,
                   columns.distrust, columns.called, window_);
    std::set<Subject> ended;
    for (const auto& row : rows) ended.insert(SubjectOf(row));
    std::vector<const Completion*> ours;
    std::vector<const Completion*> lost;
    for (const auto& completion : completions) {
      (ended.contains(completion.subject) ? ours : lost).push_back(&completion);
    }
    PutDelivered(tx, product, ours);
    PutSetAside(tx, product, ours);
    Distrust(tx, product, workspace, lost);
    if (sweep_calls > 0) {
      tx.Execute(R"sql(
        UPDATE sync_run SET calls = calls + $2
        WHERE run_id = (SELECT run_id FROM sweep WHERE product_id = $1)
      )sql",
                 product, sweep_calls);
    }
    return static_cast<int>(lost.size());
  });
}

}  // namespace accoil::traitsync
