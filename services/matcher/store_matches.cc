#include <algorithm>

#include "services/matcher/store.h"

namespace accoil::matcher {

std::vector<core::SubjectId> Store::Rivals(postgres::Transaction& tx, const Connection& connection,
                                           Kind kind, const std::vector<std::string>& wanted,
                                           const std::set<core::SubjectId>& except) {
  std::vector<core::SubjectId> rivals;
  if (wanted.empty()) return rivals;
  for (const auto row : tx.Execute(R"sql(
         SELECT DISTINCT m.subject_id
         FROM unnest($3::text[]) AS t (wanted_id) CROSS JOIN LATERAL (
           SELECT m.subject_id FROM match m
           WHERE m.workspace_id = $1::text AND m.kind = $2::smallint AND m.wanted_id <> ''
             AND m.wanted_id = t.wanted_id COLLATE "C" AND m.product_id = $4::bigint
           OFFSET 0) AS m
         ORDER BY m.subject_id
       )sql",
                                   connection.workspace, kind, wanted, connection.product)) {
    auto subject = row.Get<core::SubjectId>("subject_id");
    if (!except.contains(subject)) rivals.push_back(std::move(subject));
  }
  return rivals;
}

std::vector<Written> Store::WriteMatches(postgres::Transaction& tx, const Connection& connection,
                                         Kind kind,
                                         const std::vector<std::pair<Verdict, bool>>& verdicts,
                                         core::TimePoint now) {
  std::vector<Written> written;
  if (verdicts.empty()) return written;
  std::vector<const std::pair<Verdict, bool>*> ordered;
  ordered.reserve(verdicts.size());
  for (const auto& verdict : verdicts) ordered.push_back(&verdict);
  std::ranges::sort(ordered, {}, [](const auto* entry) { return entry->first.subject; });

  std::vector<core::SubjectId> ids;
  std::vector<std::int64_t> versions;
  std::vector<std::string> targets;
  std::vector<std::string> wanted;
  std::vector<Decision> decisions;
  std::vector<std::string> reasons;
  std::set<core::SubjectId> told;
  for (const auto* entry : ordered) {
    const auto& verdict = entry->first;
    ids.push_back(verdict.subject);
    // 0 stands for: not told, so the version stays.
    versions.push_back(entry->second ? core::ToMicroseconds(now) : 0);
    targets.push_back(verdict.target);
    wanted.push_back(verdict.wanted);
    decisions.push_back(verdict.decision);
    reasons.push_back(verdict.reason);
    if (entry->second) told.insert(verdict.subject);
  }
  // The clock may stand still or go back: the version never does.
  for (const auto row : tx.Execute(R"sql(
         INSERT INTO match AS m (product_id, kind, subject_id, version, workspace_id, target_id,
                                 wanted_id, decision, reason, decided_at)
         SELECT $1::bigint, $2::smallint, subject_id, version, $3::text, target_id, wanted_id,
                decision, reason, $4::timestamptz
         FROM unnest($5::text[], $6::bigint[], $7::text[], $8::text[], $9::smallint[], $10::text[])
           AS t (subject_id, version, target_id, wanted_id, decision, reason)
         ON CONFLICT (product_id, kind, subject_id) DO UPDATE
           SET version = CASE WHEN excluded.version = 0 THEN m.version
                              ELSE greatest(m.version + 1, excluded.version) END,
               decided_at = CASE WHEN excluded.version = 0 THEN m.decided_at
                                 ELSE excluded.decided_at END,
               workspace_id = excluded.workspace_id, target_id = excluded.target_id,
               wanted_id = excluded.wanted_id, decision = excluded.decision,
               reason = excluded.reason
         RETURNING subject_id, version
       )sql",
                                   connection.product, kind, connection.workspace, now, ids,
                                   versions, targets, wanted, decisions, reasons)) {
    const auto subject = row.Get<core::SubjectId>("subject_id");
    if (told.contains(subject)) {
      written.push_back({.subject = subject, .version = row.Get<std::int64_t>("version")});
    }
  }
  return written;
}

void Store::MarkRefusedDue(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                           core::ProductId product, Kind kind,
                           const std::vector<std::string>& released, core::TimePoint now) {
  if (released.empty()) return;
  std::vector<SubjectKey> refused;
  for (const auto row : tx.Execute(R"sql(
         SELECT DISTINCT m.subject_id
         FROM unnest($3::text[]) AS t (wanted_id) CROSS JOIN LATERAL (
           SELECT m.subject_id FROM match m
           WHERE m.workspace_id = $1::text AND m.kind = $2::smallint AND m.wanted_id <> ''
             AND m.wanted_id = t.wanted_id COLLATE "C" AND m.product_id = $4::bigint
             AND m.target_id = ''
           OFFSET 0) AS m
       )sql",
                                   workspace, kind, released, product)) {
    refused.push_back(
        {.product = product, .kind = kind, .id = row.Get<core::SubjectId>("subject_id")});
  }
  if (kind == Kind::USER) {
    MarkUsersDue(tx, std::move(refused), now, false);
  } else {
    MarkAccountsDue(tx, std::move(refused), now, false);
  }
}

std::vector<Store::Withdrawn> Store::Withdraw(postgres::Transaction& tx,
                                              const std::vector<SubjectKey>& removed,
                                              core::TimePoint now) {
  std::vector<Withdrawn> withdrawn;
  if (removed.empty()) return withdrawn;
  std::vector<core::ProductId> products;
  std::vector<Kind> kinds;
  std::vector<core::SubjectId> ids;
  for (const auto& key : removed) {
    products.push_back(key.product);
    kinds.push_back(key.kind);
    ids.push_back(key.id);
  }
  for (const auto row :
       tx.Execute(R"sql(
         WITH before AS (
           SELECT m.product_id, m.kind, m.subject_id, m.target_id
           FROM unnest($1::bigint[], $2::smallint[], $3::text[]) AS t (product_id, kind, subject_id)
           JOIN match m ON m.product_id = t.product_id AND m.kind = t.kind
                       AND m.subject_id = t.subject_id COLLATE "C"
           WHERE m.decision <> $4::smallint
           ORDER BY m.product_id, m.kind, m.subject_id
           FOR UPDATE OF m
         )
         UPDATE match m
         SET version = greatest(m.version + 1, $5::bigint), target_id = '', wanted_id = '',
             decision = $4::smallint, decided_at = $6::timestamptz,
             reason = CASE m.kind WHEN 1 THEN $7::text ELSE $8::text END
         FROM before b
         WHERE m.product_id = b.product_id AND m.kind = b.kind AND m.subject_id = b.subject_id
         RETURNING m.product_id, m.kind, m.subject_id, m.version, m.workspace_id,
                   m.reason, b.target_id AS had
       )sql",
                  products, kinds, ids, Decision::SUBJECT_REMOVED, core::ToMicroseconds(now), now,
                  RemovedReason(Kind::USER), RemovedReason(Kind::ACCOUNT))) {
    withdrawn.push_back({.key = {.product = row.Get<core::ProductId>("product_id"),
                                 .kind = row.Get<Kind>("kind"),
                                 .id = row.Get<core::SubjectId>("subject_id")},
                         .version = row.Get<std::int64_t>("version"),
                         .workspace = row.Get<core::WorkspaceId>("workspace_id"),
                         .target = row.Get<std::string>("had"),
                         .reason = row.Get<std::string>("reason")});
  }
  return withdrawn;
}

std::optional<MatchView> Store::GetMatch(postgres::Transaction& tx, const SubjectKey& key) {
  const auto rows = tx.Execute(R"sql(
    SELECT s.removed, s.email, s.name, m.workspace_id, m.target_id, m.decision, m.reason,
           m.decided_at, coalesce(c.connected, false) AS connected, d.due_at,
           ARRAY(SELECT a.account_id FROM user_account a
                 WHERE a.product_id = $1::bigint AND a.user_id = k.subject_id
                   AND $2::smallint = 1
                 ORDER BY a.account_id) AS account_ids,
           u.users, u.matched_users
    FROM (SELECT $3::text COLLATE "C" AS subject_id) AS k
    LEFT JOIN subject s ON s.product_id = $1::bigint AND s.kind = $2::smallint
                       AND s.subject_id = k.subject_id
    LEFT JOIN match m ON m.product_id = $1::bigint AND m.kind = $2::smallint
                     AND m.subject_id = k.subject_id
    LEFT JOIN connection c ON c.product_id = $1::bigint
    LEFT JOIN LATERAL (
      SELECT due_at FROM due_user
      WHERE product_id = $1::bigint AND user_id = k.subject_id AND $2::smallint = 1
      UNION ALL
      SELECT due_at FROM due_account
      WHERE product_id = $1::bigint AND account_id = k.subject_id AND $2::smallint = 2
    ) AS d ON true
    CROSS JOIN LATERAL (
      SELECT count(*) AS users, count(um.target_id) AS matched_users
      FROM user_account a
      LEFT JOIN match um ON um.product_id = a.product_id AND um.kind = 1
                        AND um.subject_id = a.user_id AND um.target_id <> ''
      WHERE a.product_id = $1::bigint AND a.account_id = k.subject_id AND $2::smallint = 2
    ) AS u
  )sql",
                               key.product, key.kind, key.id);
  const auto row = rows.Only();
  const auto users = row.Get<std::int64_t>("users");
  if (row.IsNull("removed") && row.IsNull("decision") && users == 0) return std::nullopt;
  MatchView view{.key = key,
                 .standing = {},
                 .decided_at = row.Get<std::optional<core::TimePoint>>("decided_at"),
                 .removed = row.Get<std::optional<bool>>("removed").value_or(false),
                 .connected = row.Get<bool>("connected"),
                 .due_at = row.Get<std::optional<core::TimePoint>>("due_at"),
                 .email = row.Get<std::optional<std::string>>("email").value_or(""),
                 .name = row.Get<std::optional<std::string>>("name").value_or(""),
                 .account_ids = row.Get<std::vector<std::string>>("account_ids"),
                 .users = users,
                 .matched_users = row.Get<std::int64_t>("matched_users")};
  if (!row.IsNull("decision")) {
    view.standing = Standing{.workspace = row.Get<core::WorkspaceId>("workspace_id"),
                             .target = row.Get<std::string>("target_id"),
                             .decision = row.Get<Decision>("decision"),
                             .reason = row.Get<std::string>("reason")};
  }
  return view;
}

std::vector<WorkspaceMatches> Store::CountStanding(postgres::Transaction& tx) {
  std::vector<WorkspaceMatches> counts;
  const auto rows = tx.Execute(R"sql(
    SELECT c.workspace_id, m.kind, m.decision, count(*) AS subjects
    FROM match m JOIN connection c USING (product_id, workspace_id)
    WHERE c.connected AND m.decision <> $1::smallint
    GROUP BY c.workspace_id, m.kind, m.decision
  )sql",
                               Decision::SUBJECT_REMOVED);
  for (const auto& row : rows) {
    counts.push_back({.workspace = row.Get<core::WorkspaceId>("workspace_id"),
                      .kind = row.Get<Kind>("kind"),
                      .decision = row.Get<Decision>("decision"),
                      .subjects = row.Get<std::int64_t>("subjects")});
  }
  return counts;
}

std::vector<DecisionCount> Store::CountDecisions(postgres::Transaction& tx,
                                                 core::ProductId product) {
  std::vector<DecisionCount> counts;
  for (const auto row : tx.Execute(R"sql(
         SELECT kind, decision, count(*) AS subjects FROM match
         WHERE product_id = $1::bigint GROUP BY kind, decision ORDER BY kind, decision
       )sql",
                                   product)) {
    counts.push_back({.kind = row.Get<Kind>("kind"),
                      .decision = row.Get<Decision>("decision"),
                      .subjects = row.Get<std::int64_t>("subjects")});
  }
  return counts;
}

std::vector<UnmatchedGroup> Store::ListUnmatched(postgres::Transaction& tx, core::ProductId product,
                                                 int examples) {
  std::vector<UnmatchedGroup> groups;
  for (const auto row : tx.Execute(R"sql(
         SELECT m.kind, m.decision, count(*) AS subjects, min(m.decided_at) AS since
         FROM match m
         JOIN connection c ON c.product_id = m.product_id AND c.connected
                          AND c.workspace_id = m.workspace_id
         WHERE m.product_id = $1::bigint AND m.kind IN (1, 2)
           AND m.decision = ANY ($2::smallint[])
         GROUP BY m.kind, m.decision
         ORDER BY subjects DESC, m.kind, m.decision
       )sql",
                                   product, UnmatchedDecisions())) {
    UnmatchedGroup group;
    group.kind = row.Get<Kind>("kind");
    group.decision = row.Get<Decision>("decision");
    group.subjects = row.Get<std::int64_t>("subjects");
    group.since = row.Get<core::TimePoint>("since");
    groups.push_back(std::move(group));
  }
  for (auto& group : groups) {
    for (const auto row : tx.Execute(R"sql(
           SELECT subject_id, reason FROM match
           WHERE product_id = $1::bigint AND kind = $2::smallint AND decision = $3::smallint
           ORDER BY subject_id LIMIT $4::bigint
         )sql",
                                     product, group.kind, group.decision, examples)) {
      group.examples.emplace_back(row.Get<core::SubjectId>("subject_id"),
                                  row.Get<std::string>("reason"));
    }
  }
  return groups;
}

std::int64_t Store::MarkUnmatchedDue(postgres::Transaction& tx, core::ProductId product, Kind kind,
                                     Decision decision, core::TimePoint now) {
  // In one statement: a million keys are not carried here and back.
  const auto* statement = kind == Kind::USER ? R"sql(
    INSERT INTO due_user AS d (product_id, user_id, due_at, asked_at, mark, attempt, forced)
    SELECT product_id, subject_id, $3::timestamptz, $3::timestamptz, nextval('due_mark'), 0, false
    FROM match WHERE product_id = $1::bigint AND kind = 1 AND decision = $2::smallint
    ORDER BY subject_id
    ON CONFLICT (product_id, user_id) DO UPDATE
      SET due_at = least(d.due_at, excluded.due_at), asked_at = excluded.asked_at,
          mark = excluded.mark, attempt = 0
  )sql"
                                             : R"sql(
    INSERT INTO due_account AS d (product_id, account_id, due_at, mark, forced)
    SELECT product_id, subject_id, $3::timestamptz, nextval('due_mark'), false
    FROM match WHERE product_id = $1::bigint AND kind = 2 AND decision = $2::smallint
    ORDER BY subject_id
    ON CONFLICT (product_id, account_id) DO UPDATE
      SET due_at = least(d.due_at, excluded.due_at), mark = excluded.mark
  )sql";
  return static_cast<std::int64_t>(tx.Execute(statement, product, decision, now).affected());
}

}  // namespace accoil::matcher
