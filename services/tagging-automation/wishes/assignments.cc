#include "services/tagging-automation/wishes/assignments.h"

#include <array>
#include <limits>

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "libs/postgres/database.h"
#include "services/tagging-automation/subjects/subject_columns.h"
#include "services/tagging-automation/wishes/tag_plan.h"

namespace accoil::tagging {
namespace {

using postgres::Transaction;

constexpr std::array<const char*, 9> kStates = {
    "", "due", "waiting", "done", "failed", "expired", "superseded", "kept", "cancelled"};

constexpr const char* kColumns = R"sql(
  SELECT assignment_id, product_id, kind, subject_id, target_kind, target_subject_id, tag, remove,
         rule_id, job_id, requested_at, ended_at, state, reason, target_id
)sql";

Assignment AssignmentOf(const postgres::Row& row) {
  Assignment assignment;
  assignment.id = row.Get<std::int64_t>("assignment_id");
  assignment.subject = SubjectOf(row);
  if (!row.IsNull("target_subject_id")) {
    assignment.target = {assignment.subject.product, row.Get<SubjectKind>("target_kind"),
                         row.Get<core::SubjectId>("target_subject_id")};
  }
  assignment.tag = row.Get<std::string>("tag");
  assignment.remove = row.Get<bool>("remove");
  assignment.cause.rule = row.Get<std::optional<RuleId>>("rule_id");
  assignment.cause.job = row.Get<std::optional<JobId>>("job_id");
  assignment.requested_at = row.Get<core::TimePoint>("requested_at");
  assignment.ended_at = row.Get<std::optional<core::TimePoint>>("ended_at");
  assignment.state = row.Get<AssignmentState>("state");
  assignment.reason = row.Get<std::string>("reason");
  assignment.target_id = row.Get<std::optional<std::string>>("target_id").value_or("");
  return assignment;
}

std::vector<Assignment> ToAssignments(const postgres::Result& rows) {
  std::vector<Assignment> assignments;
  for (const auto& row : rows) assignments.push_back(AssignmentOf(row));
  return assignments;
}

/// The statement of a page: only what narrows it stands in it, so that each has the plan of the
/// index that is made for it. Every parameter is used, whatever the filter.
std::string PageText(const AssignmentFilter& filter) {
  std::string where;
  if (filter.rule) where += " AND rule_id = $3::bigint";
  if (filter.job) where += " AND job_id = $4::uuid";
  if (filter.subject) {
    // The two are found by an index each.
    where += R"sql(
      AND assignment_id IN (
        (SELECT assignment_id FROM assignment
         WHERE product_id = $1 AND kind = $5::smallint AND subject_id = $6::text
           AND assignment_id < $2)
        UNION ALL
        (SELECT assignment_id FROM assignment
         WHERE product_id = $1 AND target_kind = $5::smallint AND target_subject_id = $6::text
           AND (target_kind <> kind OR target_subject_id <> subject_id) AND assignment_id < $2))
    )sql";
  }
  if (!filter.tag.empty()) where += " AND tag_key = $7::text";
  if (filter.state) {
    where += " AND state = $8::smallint";
    // What the index is told by.
    if (*filter.state != AssignmentState::kDone) where += " AND state <> 3";
  }
  return std::string(kColumns) + R"sql(
    FROM assignment
    WHERE product_id = $1 AND assignment_id < $2
      AND num_nulls($3::bigint, $4::uuid, $5::smallint, $6::text, $7::text, $8::smallint)
        IS NOT NULL )sql" +
         where + " ORDER BY assignment_id DESC LIMIT $9";
}

std::int64_t ReadCursor(const std::string& cursor) {
  if (cursor.empty()) return std::numeric_limits<std::int64_t>::max();
  const auto id = core::ParseInteger<std::int64_t>(cursor);
  if (!id || *id < 1) throw core::InvalidArgument("cursor", "is not one that was answered");
  return *id;
}

}  // namespace

const char* ToString(AssignmentState state) { return kStates.at(static_cast<std::size_t>(state)); }

std::optional<AssignmentState> AssignmentStateFrom(const std::string& word) {
  for (std::size_t i = 1; i < kStates.size(); ++i) {
    if (word == kStates[i]) return static_cast<AssignmentState>(i);
  }
  return std::nullopt;
}

AssignmentPage Assignments::List(Transaction& tx, const AssignmentFilter& filter, int limit,
                                 const std::string& cursor) {
  const auto before = ReadCursor(cursor);
  std::optional<SubjectKind> kind;
  std::optional<core::SubjectId> subject;
  if (filter.subject) {
    kind = filter.subject->kind;
    subject = filter.subject->id;
  }
  // One more tells whether there is another page.
  const auto rows = tx.Execute(PageText(filter), filter.product, before, filter.rule, filter.job,
                               kind, subject, TagKeyOf(filter.tag), filter.state, limit + 1);
  AssignmentPage page;
  page.assignments = ToAssignments(rows);
  if (page.assignments.size() > static_cast<std::size_t>(limit)) {
    page.assignments.pop_back();
    page.next_cursor = std::to_string(page.assignments.back().id);
  }
  return page;
}

std::vector<Assignment> Assignments::OfSubject(Transaction& tx, const Subject& subject, int most) {
  AssignmentFilter filter;
  filter.product = subject.product;
  filter.subject = subject;
  return List(tx, filter, most, "").assignments;
}

AssignmentSummary Assignments::Summary(Transaction& tx, core::ProductId product) {
  const auto row = tx.Execute(R"sql(
    SELECT count(*) FILTER (WHERE state = 1) AS due,
           count(*) FILTER (WHERE state = 2) AS waiting,
           count(*) FILTER (WHERE state = 4) AS failed,
           coalesce(extract(epoch FROM now() - min(requested_at) FILTER (WHERE state = 1)) * 1000,
                    0)::bigint AS oldest_due,
           NOT EXISTS (SELECT FROM connection WHERE product_id = $1 AND state = 1) AS paused
    FROM assignment
    WHERE product_id = $1 AND state IN (1, 2, 4) AND state <> 3
  )sql",
                              product)
                       .Only();
  AssignmentSummary summary;
  summary.due = row.Get<std::int64_t>("due");
  summary.oldest_due = std::chrono::milliseconds(row.Get<std::int64_t>("oldest_due"));
  summary.waiting = row.Get<std::int64_t>("waiting");
  summary.failed = row.Get<std::int64_t>("failed");
  summary.paused = row.Get<bool>("paused");
  return summary;
}

}  // namespace accoil::tagging
