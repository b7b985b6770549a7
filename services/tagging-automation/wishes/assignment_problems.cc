#include <algorithm>

#include "libs/postgres/database.h"
#include "services/tagging-automation/subjects/subject_columns.h"
#include "services/tagging-automation/wishes/assignments.h"

namespace accoil::tagging {
namespace {

using postgres::Transaction;

// Assignments in trouble, each with what its group is: its class, tag and reason. One that is due
// is in trouble when its delivery keeps failing; one that waits, when it has waited for long.
constexpr const char* kTroubled = R"sql(
  WITH troubled AS MATERIALIZED (
    SELECT a.assignment_id, a.product_id, a.target_kind, a.target_subject_id, a.tag_key,
           a.operation, a.kind, a.subject_id, a.tag, a.requested_at, a.ended_at, a.state,
           CASE a.state WHEN 4 THEN CASE a.reason_class WHEN 1 THEN 'tag_refused'
                                                        ELSE 'target_gone' END
                        WHEN 2 THEN 'waiting' ELSE 'failing' END AS reason_class,
           CASE a.state WHEN 1 THEN d.last_error ELSE a.reason END AS reason,
           CASE a.state WHEN 1 THEN d.due_at END AS retry_at
    FROM assignment a
    LEFT JOIN LATERAL (
      SELECT last_error, due_at, attempt FROM delivery
      WHERE a.state = 1 AND product_id = a.product_id AND kind = a.target_kind
        AND subject_id = a.target_subject_id AND tag_key = a.tag_key OFFSET 0
    ) d ON true
    WHERE a.product_id = $1 AND a.state <> 3
      AND (a.state = 4
           OR (a.state = 2 AND a.requested_at < now() - interval '1 hour')
           OR (a.state = 1 AND d.attempt >= 3 AND d.last_error IS NOT NULL))
  ), problem AS (
    SELECT *, reason_class || ':' || md5(tag_key || chr(10) || reason) AS problem_key FROM troubled
  )
)sql";

constexpr std::size_t kExamples = 10;

/// A statement about them.
std::string OfTroubled(const std::string& query) {
  std::string text(kTroubled);
  text += query;
  return text;
}

}  // namespace

std::vector<ProblemGroup> Assignments::Problems(Transaction& tx, core::ProductId product) {
  static const auto sql = OfTroubled(R"sql(
    SELECT problem_key, min(reason_class) AS reason_class, min(tag) AS tag, min(reason) AS reason,
           count(DISTINCT (kind, subject_id)) AS subjects,
           min(coalesce(ended_at, requested_at)) AS since, min(retry_at) AS retry_at
    FROM problem GROUP BY problem_key ORDER BY subjects DESC, problem_key LIMIT 100
  )sql");
  static const auto examples = OfTroubled(R"sql(
    SELECT * FROM (
      SELECT problem_key, product_id, kind, subject_id,
             row_number() OVER (PARTITION BY problem_key ORDER BY kind, subject_id) AS place
      FROM (SELECT DISTINCT problem_key, product_id, kind, subject_id FROM problem) one
    ) example WHERE place <= $2 ORDER BY problem_key, place
  )sql");
  std::vector<ProblemGroup> groups;
  for (const auto& row : tx.Execute(sql, product)) {
    ProblemGroup group;
    group.key = row.Get<std::string>("problem_key");
    group.reason_class = row.Get<std::string>("reason_class");
    group.tag = row.Get<std::string>("tag");
    group.reason = row.Get<std::string>("reason");
    group.subjects = row.Get<std::int64_t>("subjects");
    group.since = row.Get<core::TimePoint>("since");
    group.retry_at = row.Get<std::optional<core::TimePoint>>("retry_at");
    groups.push_back(std::move(group));
  }
  if (groups.empty()) return groups;
  for (const auto& row : tx.Execute(examples, product, kExamples)) {
    const auto key = row.Get<std::string>("problem_key");
    const auto found = std::find_if(groups.begin(), groups.end(),
                                    [&](const auto& group) { return group.key == key; });
    if (found != groups.end()) found->examples.push_back(SubjectOf(row));
  }
  return groups;
}

std::optional<std::int64_t> Assignments::Retry(Transaction& tx, core::ProductId product,
                                               const std::string& key) {
  static const auto find = OfTroubled(R"sql(
    SELECT assignment_id, product_id, target_kind, target_subject_id, tag_key, operation, state
    FROM problem WHERE problem_key = $2
    ORDER BY target_kind, target_subject_id, tag_key, assignment_id LIMIT 10000
  )sql");
  const auto rows = tx.Execute(find, product, key);
  if (rows.empty()) return std::nullopt;
  SubjectColumns target;
  std::vector<std::string> tag_key;
  std::vector<std::int64_t> operation;
  std::vector<std::int64_t> ids;
  for (const auto& row : rows) {
    // What waits goes on waiting: only a match can help it.
    if (row.Get<AssignmentState>("state") == AssignmentState::kWaiting) continue;
    target.Add({product, row.Get<SubjectKind>("target_kind"),
                row.Get<core::SubjectId>("target_subject_id")});
    tag_key.push_back(row.Get<std::string>("tag_key"));
    operation.push_back(row.Get<std::int64_t>("operation"));
    ids.push_back(row.Get<std::int64_t>("assignment_id"));
  }
  if (ids.empty()) return 0;
  tx.Execute(R"sql(
    UPDATE delivery d
    SET open = true, gone = false, attempt = 0, last_error = NULL, since = now(),
        due_at = CASE WHEN target_id IS NOT NULL THEN now() END
    WHERE ctid = ANY (ARRAY(
      SELECT d.row
      FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::bigint[])
             AS i (product_id, kind, subject_id, tag_key, operation)
      CROSS JOIN LATERAL (
        SELECT ctid AS row FROM delivery
        WHERE product_id = i.product_id AND kind = i.kind AND subject_id = i.subject_id
          AND tag_key = i.tag_key AND operation = i.operation AND claim IS NULL
        FOR UPDATE
      ) d))
  )sql",
             target.product_id, target.kind, target.subject_id, tag_key, operation);
  // Where something newer was asked for since, that is what counts.
  const auto retried = tx.Execute(R"sql(
    UPDATE assignment a
    SET state = CASE WHEN NOT d.again THEN 6 WHEN d.target_id IS NULL THEN 2 ELSE 1 END,
        ended_at = CASE WHEN NOT d.again THEN now() END,
        reason_class = NULL,
        reason = CASE WHEN NOT d.again THEN 'something else was asked for afterwards'
                      WHEN d.target_id IS NULL THEN 'not matched' ELSE '' END
    FROM unnest($1::bigint[]) AS i (assignment_id)
    CROSS JOIN LATERAL (
      SELECT product_id, target_kind, target_subject_id, tag_key, operation FROM assignment
      WHERE assignment_id = i.assignment_id OFFSET 0
    ) o
    CROSS JOIN LATERAL (
      SELECT operation = o.operation AS again, target_id FROM delivery
      WHERE product_id = o.product_id AND kind = o.target_kind
        AND subject_id = o.target_subject_id AND tag_key = o.tag_key OFFSET 0
    ) d
    WHERE a.assignment_id = i.assignment_id
    RETURNING a.state
  )sql",
                                  ids);
  std::int64_t again = 0;
  for (const auto& row : retried) {
    if (row.Get<AssignmentState>("state") != AssignmentState::kSuperseded) ++again;
  }
  return again;
}

}  // namespace accoil::tagging
