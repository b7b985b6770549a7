#include <algorithm>

#include "libs/core/text.h"
#include "libs/events/event.h"
#include "libs/events/outbox.h"
#include "services/tagging-automation/delivery/delivery_store.h"
#include "services/tagging-automation/subjects/subject_columns.h"
#include "services/tagging-automation/wishes/tag_plan.h"

namespace accoil::tagging {
namespace {

using postgres::Transaction;

// The most of Intercom's reason that is kept.
constexpr std::size_t kMostReasonBytes = 500;

struct ResultColumns {
  SubjectColumns target;
  std::vector<std::int64_t> operation;
  std::vector<bool> done;
  std::vector<bool> failed;
  std::vector<bool> gone;
  std::vector<std::chrono::milliseconds> retry_in;
  std::vector<int> attempt;
  std::vector<std::optional<std::string>> reason;
  std::vector<std::string> target_id;
  std::vector<bool> hand;
};

ResultColumns ToColumns(std::vector<TagResult> results) {
  // Locks are taken in key order.
  std::sort(results.begin(), results.end(),
            [](const TagResult& a, const TagResult& b) { return a.tag->target < b.tag->target; });
  ResultColumns columns;
  for (const auto& result : results) {
    const auto& tag = *result.tag;
    columns.target.Add(tag.target);
    columns.operation.push_back(tag.operation);
    columns.done.push_back(result.end == TagEnd::kDone);
    columns.failed.push_back(result.end == TagEnd::kTagRefused ||
                             result.end == TagEnd::kTargetGone);
    columns.gone.push_back(result.end == TagEnd::kTargetGone);
    columns.retry_in.push_back(result.retry_in);
    columns.attempt.push_back(tag.attempt + (result.end == TagEnd::kFailing ? 1 : 0));
    columns.reason.push_back(result.reason.empty() ? std::nullopt
                                                   : std::optional(std::string(core::CutUtf8(
                                                         result.reason, kMostReasonBytes))));
    columns.target_id.push_back(tag.target_id);
    columns.hand.push_back(tag.hand);
  }
  return columns;
}

// Where something else is wanted by now, the answer ends only what was wanted before, and what is
// wanted now is due.
constexpr const char* kEndClaims = R"sql(
  WITH ended AS MATERIALIZED (
    SELECT d.row, i.*
    FROM unnest($3::bigint[], $4::smallint[], $5::text[], $6::bigint[], $7::boolean[],
                $8::boolean[], $9::boolean[], $10::interval[], $11::integer[], $12::text[],
                $13::boolean[])
           AS i (product_id, kind, subject_id, operation, done, failed, gone, retry_in, attempt,
                 reason, hand)
    CROSS JOIN LATERAL (
      SELECT ctid AS row FROM delivery
      WHERE product_id = i.product_id AND kind = i.kind AND subject_id = i.subject_id
        AND tag_key = $2 AND claim = $1
      FOR UPDATE
    ) d
  )
  UPDATE delivery d
  SET claim = NULL, claim_operation = NULL,
      open = d.operation <> e.operation OR NOT (e.done OR e.failed),
      due_at = CASE WHEN d.target_id IS NULL
                         OR (d.operation = e.operation AND (e.done OR e.failed)) THEN NULL
                    WHEN d.operation <> e.operation THEN now()
                    ELSE now() + e.retry_in END,
      attempt = CASE WHEN d.operation = e.operation AND NOT (e.done OR e.failed) THEN e.attempt
                     ELSE 0 END,
      last_error = CASE WHEN d.operation = e.operation AND NOT e.done THEN e.reason END,
      gone = d.operation = e.operation AND e.gone,
      given = CASE WHEN e.done THEN NOT $14::boolean ELSE d.given END,
      by_hand = CASE WHEN NOT e.done THEN d.by_hand
                     WHEN $14::boolean THEN false
                     ELSE d.by_hand OR e.hand OR (d.operation = e.operation AND d.priority = 1)
                END,
      applied_version = CASE WHEN e.done
                             THEN greatest(d.applied_version + 1,
                                           (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
                             ELSE d.applied_version END
  FROM ended e
  WHERE d.ctid = e.row
  RETURNING d.product_id, d.kind, d.subject_id, e.operation, d.operation = e.operation AS newest,
            e.done, d.applied_version
)sql";

constexpr const char* kEndAssignments = R"sql(
  UPDATE assignment a
  SET state = e.state,
      ended_at = CASE WHEN e.state > 2 THEN now() END,
      reason_class = CASE WHEN e.state = 4 THEN CASE WHEN e.gone THEN 2 ELSE 1 END END,
      reason = CASE WHEN e.state = 6 THEN 'the opposite was asked for afterwards'
                    WHEN e.state = 3 THEN ''
                    ELSE coalesce(e.reason, a.reason) END,
      target_id = CASE WHEN e.state IN (3, 4) THEN e.target_id ELSE a.target_id END
  FROM (
    SELECT a.row, i.gone, i.reason, i.target_id,
           CASE WHEN a.operation < i.operation THEN 6
                WHEN i.done THEN 3
                WHEN NOT i.newest THEN 6
                WHEN i.failed THEN 4
                ELSE a.state END AS state
    FROM unnest($2::bigint[], $3::smallint[], $4::text[], $5::bigint[], $6::boolean[],
                $7::boolean[], $8::boolean[], $9::text[], $10::text[], $11::boolean[])
           AS i (product_id, kind, subject_id, operation, done, failed, gone, reason, target_id,
                 newest)
    CROSS JOIN LATERAL (
      SELECT ctid AS row, operation, state FROM assignment
      WHERE product_id = i.product_id AND target_kind = i.kind
        AND target_subject_id = i.subject_id AND tag_key = $1 AND ended_at IS NULL
        AND operation <= i.operation
      OFFSET 0
    ) a
  ) e
  WHERE a.ctid = e.row AND (e.state > 2 OR e.reason IS DISTINCT FROM a.reason)
)sql";

events::v1::TagApplied ToFact(const TagGroup& group, const ClaimedTag& tag, std::int64_t version) {
  events::v1::TagApplied fact;
  fact.mutable_subject()->set_product_id(tag.target.product.value());
  fact.mutable_subject()->set_kind(static_cast<events::v1::SubjectKind>(tag.target.kind));
  fact.mutable_subject()->set_subject_id(tag.target.id.value());
  fact.set_version(version);
  events::SetTime(core::TimePoint(std::chrono::microseconds(version)), *fact.mutable_occurred_at());
  fact.set_workspace_id(group.workspace.value());
  fact.set_target_id(tag.target_id);
  fact.set_tag(tag.tag);
  fact.set_removed(group.remove);
  return fact;
}

}  // namespace

int DeliveryStore::Complete(std::int64_t token, const TagGroup& group,
                            const std::vector<TagResult>& results) {
  if (results.empty()) return 0;
  const auto columns = ToColumns(results);
  std::map<Subject, const ClaimedTag*> tags;
  for (const auto& result : results) tags[result.tag->target] = result.tag;
  return database_.Transact([&](Transaction& tx) {
    const auto rows = tx.Execute(kEndClaims, token, group.tag_key, columns.target.product_id,
                                 columns.target.kind, columns.target.subject_id, columns.operation,
                                 columns.done, columns.failed, columns.gone, columns.retry_in,
                                 columns.attempt, columns.reason, columns.hand, group.remove);
    // What was taken over meanwhile belongs to whoever has it now.
    std::map<Subject, bool> ours;
    std::vector<events::OutgoingRecord> records;
    for (const auto& row : rows) {
      const auto subject = SubjectOf(row);
      ours[subject] = row.Get<bool>("newest");
      if (!row.Get<bool>("done")) continue;
      records.push_back(events::ToRecord(
          ToFact(group, *tags.at(subject), row.Get<std::int64_t>("applied_version"))));
    }
    ResultColumns kept;
    std::vector<bool> newest;
    for (std::size_t i = 0; i < columns.operation.size(); ++i) {
      const Subject subject{core::ProductId(columns.target.product_id[i]),
                            static_cast<SubjectKind>(columns.target.kind[i]),
                            core::SubjectId(columns.target.subject_id[i])};
      const auto found = ours.find(subject);
      if (found == ours.end()) continue;
      kept.target.Add(subject);
      kept.operation.push_back(columns.operation[i]);
      kept.done.push_back(columns.done[i]);
      kept.failed.push_back(columns.failed[i]);
      kept.gone.push_back(columns.gone[i]);
      kept.reason.push_back(columns.reason[i]);
      kept.target_id.push_back(columns.target_id[i]);
      newest.push_back(found->second);
    }
    tx.Execute(kEndAssignments, group.tag_key, kept.target.product_id, kept.target.kind,
               kept.target.subject_id, kept.operation, kept.done, kept.failed, kept.gone,
               kept.reason, kept.target_id, newest);
    events::Enqueue(tx, records);
    return static_cast<int>(results.size() - rows.size());
  });
}

}  // namespace accoil::tagging
