#include "services/trait-sync/product_rows.h"
#include "services/trait-sync/store.h"
#include "services/trait-sync/subject_columns.h"

namespace accoil::traitsync {
namespace {

using postgres::Transaction;

constexpr int kSlice = 2'000;

std::vector<Subject> SubjectsOf(const postgres::Result& rows) {
  std::vector<Subject> subjects;
  for (const auto& row : rows) subjects.push_back(SubjectOf(row));
  return subjects;
}

/// The next subjects of a group after `last`, in key order.
std::vector<Subject> NextOf(Transaction& tx, core::ProductId product, const ProblemGroup& group,
                            const Subject& last) {
  if (group.problem == ProblemClass::kFailing) {
    return SubjectsOf(tx.Execute(R"sql(
      SELECT kind, subject_id FROM delivery d
      WHERE product_id = $1 AND attempt > 0 AND due_at IS NOT NULL
        AND (kind, subject_id) > ($2::smallint, $3::text)
        AND coalesce(substring(last_error FROM '^[0-9]{3}'), 'none') = $4
        AND NOT EXISTS (SELECT FROM set_aside s
                        WHERE s.product_id = $1 AND s.kind = d.kind
                          AND s.subject_id = d.subject_id AND s.attribute = '')
      ORDER BY kind, subject_id LIMIT $5
    )sql",
                                 product, last.kind, last.id, group.status, kSlice));
  }
  if (group.problem == ProblemClass::kWaiting) {
    // Those that are due now are; the others wait for their next try.
    return SubjectsOf(tx.Execute(R"sql(
      SELECT kind, subject_id
      FROM (SELECT kind, subject_id FROM delivery
            WHERE product_id = $1 AND due_at > now() AND claim IS NULL AND attempt = 0
              AND changed_at < now() AND (kind, subject_id) > ($2::smallint, $3::text)
            OFFSET 0) waiting
      ORDER BY kind, subject_id LIMIT $4
    )sql",
                                 product, last.kind, last.id, kSlice));
  }
  std::vector<std::string> reason_class;
  for (const auto reason : ReasonsOf(group.problem)) reason_class.emplace_back(ToString(reason));
  return SubjectsOf(tx.Execute(R"sql(
    SELECT kind, subject_id
    FROM (SELECT kind, subject_id FROM set_aside
          WHERE product_id = $1 AND kind = $2 AND attribute = $3
            AND reason_class = ANY ($4::text[]) AND subject_id > $5::text
          OFFSET 0) member
    ORDER BY subject_id LIMIT $6
  )sql",
                               product, group.kind.value_or(SubjectKind::kUser), group.name,
                               reason_class, last.kind == group.kind ? last.id.value() : "",
                               kSlice));
}

/// Their deliveries are due now; one that is claimed comes again, for what its worker read is what
/// was to be tried again. Those that were not due catch up.
void MakeDue(Transaction& tx, core::ProductId product, const SubjectColumns& subjects) {
  tx.Execute(R"sql(
    WITH ours AS MATERIALIZED (
      SELECT d.product_id, d.kind, d.subject_id
      FROM unnest($2::smallint[], $3::text[]) AS i (kind, subject_id)
      JOIN delivery d ON d.product_id = $1 AND d.kind = i.kind AND d.subject_id = i.subject_id
      WHERE d.target_id IS NOT NULL
      ORDER BY d.kind, d.subject_id
      FOR UPDATE OF d
    )
    UPDATE delivery d
    SET due_at = CASE WHEN d.claim IS NULL THEN least(d.due_at, now()) ELSE d.due_at END,
        rank = CASE WHEN d.due_at IS NULL THEN 1 ELSE d.rank END,
        changed_again_at = CASE WHEN d.claim IS NOT NULL
                                THEN coalesce(d.changed_again_at, now()) END
    FROM ours o
    WHERE d.product_id = o.product_id AND d.kind = o.kind AND d.subject_id = o.subject_id
  )sql",
             product, subjects.kind, subjects.subject_id);
}

/// What Intercom refused is sent though it is the same.
void ForgiveRefusals(Transaction& tx, core::ProductId product, const std::string& attribute,
                     const SubjectColumns& subjects) {
  // A moment ago, so that it is past by everybody's clock.
  tx.Execute(R"sql(
    UPDATE set_aside s SET retry_at = now() - interval '1 minute'
    FROM unnest($2::smallint[], $3::text[]) AS i (kind, subject_id)
    WHERE s.product_id = $1 AND s.kind = i.kind AND s.subject_id = i.subject_id
      AND s.attribute = $4 AND s.value IS NOT NULL
  )sql",
             product, subjects.kind, subjects.subject_id, attribute);
}

}  // namespace

void Store::RetryAttribute(core::ProductId product, intercom::Model model,
                           const std::string& attribute) {
  database_.Transact([&](Transaction& tx) {
    tx.Execute(R"sql(
      UPDATE attribute SET retry_at = now() - interval '1 minute'
      WHERE workspace_id = (SELECT workspace_id FROM connection WHERE product_id = $1)
        AND model = $2 AND name = $3 AND state = 'refused'
    )sql",
               product, model, attribute);
  });
  // Whoever has a value for it needs the definition, and has it looked at.
  StartSweep(product);
}

void Store::RetryArchiving(core::ProductId product) {
  const auto connection =
      database_.Transact([&](Transaction& tx) { return FindConnection(tx, product); });
  if (connection) RequestCleanUp(connection->workspace);
}

std::int64_t Store::RetrySubjects(core::ProductId product, const ProblemGroup& group) {
  std::int64_t retried = 0;
  if (group.problem == ProblemClass::kFailing) retried = RetryClearing(product, group.status);
  Subject last{static_cast<SubjectKind>(0), core::SubjectId()};
  while (true) {
    const auto slice = database_.Transact([&](Transaction& tx) {
      auto subjects = NextOf(tx, product, group, last);
      SubjectColumns columns;
      for (const auto& subject : subjects) columns.Add(subject);
      MakeDue(tx, product, columns);
      if (group.problem == ProblemClass::kValueRefused) {
        ForgiveRefusals(tx, product, group.name, columns);
      }
      return subjects;
    });
    if (slice.empty()) break;
    retried += static_cast<std::int64_t>(slice.size());
    last = slice.back();
  }
  // Of those that wait, most are due already and go as soon as they can.
  return group.problem == ProblemClass::kWaiting ? group.subjects : retried;
}

std::int64_t Store::RetryClearing(core::ProductId product, const std::string& status) {
  return database_.Transact([&](Transaction& tx) {
    const auto retried = tx.Execute(R"sql(
      UPDATE former_target SET due_at = now()
      WHERE product_id = $1 AND attempt > 0 AND claim IS NULL AND due_at > now()
        AND coalesce(substring(last_error FROM '^[0-9]{3}'), 'none') = $2
    )sql",
                                    product, status);
    return static_cast<std::int64_t>(retried.affected());
  });
}

}  // namespace accoil::traitsync
