#include <array>

#include "services/trait-sync/product_rows.h"
#include "services/trait-sync/report_store.h"
#include "services/trait-sync/subject_columns.h"

namespace accoil::traitsync {
namespace {

using postgres::Transaction;
using Groups = std::vector<ProblemGroup>;

SubjectKind KindOf(intercom::Model model) {
  return model == intercom::Model::kContact ? SubjectKind::kUser : SubjectKind::kAccount;
}

/// Of the columns example_kinds and example_ids.
std::vector<Subject> ExamplesOf(const postgres::Row& row) {
  std::vector<Subject> examples;
  const auto kinds = row.Get<std::vector<std::int64_t>>("example_kinds");
  const auto ids = row.Get<std::vector<std::string>>("example_ids");
  for (std::size_t i = 0; i < ids.size(); ++i) {
    examples.push_back({static_cast<SubjectKind>(kinds.at(i)), core::SubjectId(ids[i])});
  }
  return examples;
}

void AddAttributes(Transaction& tx, core::ProductId product, const ConnectionRow& connection,
                   Groups& groups) {
  std::vector<std::string> wanted;
  const auto profiles = FindProfiles(tx, product);
  for (const auto kind : {SubjectKind::kUser, SubjectKind::kAccount}) {
    for (auto& attribute : WantedAttributes(connection.prefix, profiles, kind)) {
      wanted.push_back(std::move(attribute.name));
    }
  }
  for (const auto& row :
       tx.Execute(R"sql(
         SELECT model, name, state, data_type, intercom_id, reason, retry_at, checked_at, ours
         FROM attribute
         WHERE workspace_id = $1
           AND ((state = 'refused' AND name = ANY ($2::text[]))
                OR (state = 'cannot_archive' AND starts_with(name, $3::text || '_')))
         ORDER BY model, name
         LIMIT $4
       )sql",
                  connection.workspace, wanted, connection.prefix, ReportStore::kMostAttributes)) {
    auto attribute = AttributeOf(row);
    ProblemGroup group;
    group.problem = attribute.state == "refused" ? ProblemClass::kAttributeRefused
                                                 : ProblemClass::kCannotArchive;
    group.kind = KindOf(row.Get<intercom::Model>("model"));
    group.name = std::move(attribute.name);
    group.reason = std::move(attribute.reason);
    group.since = attribute.checked_at;
    group.retry_at = attribute.retry_at;
    groups.push_back(std::move(group));
  }
}

void AddUnknownProfiles(Transaction& tx, core::ProductId product, Groups& groups) {
  for (const auto& row : tx.Execute(R"sql(
         SELECT profile_id, first_seen_at FROM unknown_profile u
         WHERE product_id = $1
           -- A trait and its profile may be applied at the same time by two replicas, of which
           -- neither sees what the other has written.
           AND NOT EXISTS (SELECT FROM profile p
                           WHERE p.product_id = u.product_id AND p.profile_id = u.profile_id)
         ORDER BY profile_id LIMIT $2
       )sql",
                                    product, ReportStore::kMostGroups)) {
    ProblemGroup group;
    group.problem = ProblemClass::kUnknownProfile;
    group.name = row.Get<std::string>("profile_id");
    group.reason = "the profile is not known: what comes for it is kept and not sent";
    group.since = row.Get<core::TimePoint>("first_seen_at");
    groups.push_back(std::move(group));
  }
}

// Groups are found in one pass over the product's values set aside, then the first of each by the
// index of groups: OFFSET 0 keeps the limit from choosing a walk over all subjects instead.
constexpr const char* kSetAsideGroups = R"sql(
  WITH class AS MATERIALIZED (
    SELECT * FROM unnest($2::text[], $3::integer[]) AS c (reason_class, problem)
  ), grouped AS MATERIALIZED (
    SELECT c.problem, s.kind, s.attribute, array_agg(DISTINCT s.reason_class) AS reason_classes,
           count(*) AS subjects, min(s.at) AS since, min(s.retry_at) AS retry_at
    FROM set_aside s JOIN class c ON c.reason_class = s.reason_class
    WHERE s.product_id = $1
    GROUP BY c.problem, s.kind, s.attribute
    ORDER BY subjects DESC, c.problem, s.kind, s.attribute
    LIMIT $4
  )
  SELECT g.problem, g.kind, g.attribute, g.subjects, g.since, g.retry_at, e.*
  FROM grouped g
  CROSS JOIN LATERAL (
    SELECT (array_agg(f.reason ORDER BY f.subject_id))[1] AS reason,
           array_agg(f.kind::bigint) AS example_kinds,
           array_agg(f.subject_id ORDER BY f.subject_id) AS example_ids,
           min((SELECT due_at FROM delivery
                WHERE product_id = $1 AND kind = f.kind AND subject_id = f.subject_id)) AS due_at
    FROM (
      SELECT kind, subject_id, reason
      FROM (SELECT kind, subject_id, reason FROM set_aside
            WHERE product_id = $1 AND kind = g.kind AND attribute = g.attribute
              AND reason_class = ANY (g.reason_classes) OFFSET 0) member
      ORDER BY subject_id LIMIT $5
    ) f
  ) e
)sql";

void AddSetAside(Transaction& tx, core::ProductId product, Groups& groups) {
  constexpr std::array kClasses = {ProblemClass::kValueRefused, ProblemClass::kValueUnfit,
                                   ProblemClass::kTargetGone};
  std::vector<std::string> reason_class;
  std::vector<int> problem;
  for (const auto of : kClasses) {
    for (const auto reason : ReasonsOf(of)) {
      reason_class.emplace_back(ToString(reason));
      problem.push_back(static_cast<int>(of));
    }
  }
  for (const auto& row : tx.Execute(kSetAsideGroups, product, reason_class, problem,
                                    ReportStore::kMostGroups, ReportStore::kMostExamples)) {
    ProblemGroup group;
    group.problem = row.Get<ProblemClass>("problem");
    group.kind = row.Get<SubjectKind>("kind");
    group.name = row.Get<std::string>("attribute");
    group.reason = row.Get<std::string>("reason");
    group.subjects = row.Get<std::int64_t>("subjects");
    group.examples = ExamplesOf(row);
    group.since = row.Get<core::TimePoint>("since");
    group.retry_at = row.Get<std::optional<core::TimePoint>>(
        group.problem == ProblemClass::kTargetGone ? "due_at" : "retry_at");
    groups.push_back(std::move(group));
  }
}

// Whose target is gone has a group of its own.
constexpr const char* kFailing = R"sql(
  WITH failing AS MATERIALIZED (
    SELECT d.kind, d.subject_id, d.last_error, d.due_at, d.changed_at AS since
    FROM delivery d
    WHERE d.product_id = $1 AND d.attempt > 0 AND d.due_at IS NOT NULL
      AND NOT EXISTS (SELECT FROM set_aside s
                      WHERE s.product_id = $1 AND s.kind = d.kind
                        AND s.subject_id = d.subject_id AND s.attribute = '')
    UNION ALL
    SELECT f.kind, f.subject_id, f.last_error, f.due_at, NULL
    FROM former_target f
    JOIN connection c ON c.product_id = f.product_id AND c.workspace_id = f.workspace_id
    WHERE f.product_id = $1 AND f.attempt > 0
  ), subject AS (
    SELECT coalesce(substring(last_error FROM '^[0-9]{3}'), 'none') AS status, kind, subject_id,
           min(coalesce(last_error, '')) AS reason, min(due_at) AS due_at, min(since) AS since
    FROM failing GROUP BY 1, 2, 3
  )
  SELECT status, (array_agg(reason ORDER BY kind, subject_id))[1] AS reason,
         count(*) AS subjects, min(since) AS since, min(due_at) AS due_at,
         (array_agg(kind::bigint ORDER BY kind, subject_id))[1:$2] AS example_kinds,
         (array_agg(subject_id ORDER BY kind, subject_id))[1:$2] AS example_ids
  FROM subject GROUP BY status
)sql";

void AddFailing(Transaction& tx, core::ProductId product, Groups& groups) {
  for (const auto& row : tx.Execute(kFailing, product, ReportStore::kMostExamples)) {
    ProblemGroup group;
    group.problem = ProblemClass::kFailing;
    group.status = row.Get<std::string>("status");
    group.reason = row.Get<std::string>("reason");
    group.subjects = row.Get<std::int64_t>("subjects");
    group.examples = ExamplesOf(row);
    group.since = row.Get<std::optional<core::TimePoint>>("since");
    group.retry_at = row.Get<std::optional<core::TimePoint>>("due_at");
    groups.push_back(std::move(group));
  }
}

// The first are picked from what is due alone: OFFSET 0 keeps the limit from choosing a walk over
// all subjects.
constexpr const char* kWaiting = R"sql(
  WITH waiting AS MATERIALIZED (
    SELECT kind, subject_id, coalesce(changed_at, due_at) AS since, due_at, last_error
    FROM delivery
    WHERE product_id = $1 AND due_at IS NOT NULL AND claim IS NULL AND attempt = 0
      AND coalesce(changed_at, due_at) < now() - $2::interval
    UNION ALL
    SELECT f.kind, f.subject_id, f.due_at, f.due_at, f.last_error
    FROM former_target f
    JOIN connection c ON c.product_id = f.product_id AND c.workspace_id = f.workspace_id
    WHERE f.product_id = $1 AND f.claim IS NULL AND f.attempt = 0
      AND f.due_at < now() - $2::interval
  )
  SELECT count(*) AS subjects, min(since) AS since, coalesce(max(last_error), '') AS reason,
         ARRAY(SELECT kind::bigint FROM waiting ORDER BY kind, subject_id LIMIT $3)
           AS example_kinds,
         ARRAY(SELECT subject_id FROM waiting ORDER BY kind, subject_id LIMIT $3) AS example_ids
  FROM waiting
)sql";

void AddWaiting(Transaction& tx, core::ProductId product, bool connected,
                std::chrono::milliseconds too_long, Groups& groups) {
  const auto rows = tx.Execute(kWaiting, product, too_long, ReportStore::kMostExamples);
  const auto row = rows.Only();
  ProblemGroup group;
  group.problem = ProblemClass::kWaiting;
  group.subjects = row.Get<std::int64_t>("subjects");
  if (group.subjects == 0) return;
  group.reason = row.Get<std::string>("reason");
  if (!connected) {
    group.reason = "the product is not connected: what is due waits for it";
  } else if (group.reason.empty()) {
    group.reason = "the workspace's call budget has not sufficed yet";
  }
  group.examples = ExamplesOf(row);
  group.since = row.Get<std::optional<core::TimePoint>>("since");
  groups.push_back(std::move(group));
}

}  // namespace

std::vector<ProblemGroup> ReportStore::ListProblems(core::ProductId product,
                                                    std::chrono::milliseconds waiting_too_long) {
  auto groups = database_.Transact([&](Transaction& tx) {
    Groups found;
    const auto connection = FindConnection(tx, product);
    if (connection) AddAttributes(tx, product, *connection, found);
    AddUnknownProfiles(tx, product, found);
    AddSetAside(tx, product, found);
    AddFailing(tx, product, found);
    AddWaiting(tx, product, connection && connection->state == events::v1::CONNECTED,
               waiting_too_long, found);
    return found;
  });
  return Largest(std::move(groups), kMostGroups);
}

}  // namespace accoil::traitsync
