#include "services/tagging-automation/delivery/delivery_store.h"

#include <algorithm>

#include "services/tagging-automation/subjects/subject_columns.h"
#include "services/tagging-automation/wishes/wish_store.h"

namespace accoil::tagging {
namespace {

using postgres::Transaction;

// A few probes of the index delivery_due for each group, however much is due: from each group to
// the next, and what is first in it by hand and by rules.
constexpr const char* kRipe = R"sql(
  WITH RECURSIVE tag_group AS (
    (SELECT workspace_id, kind, tag_key, remove FROM delivery
     WHERE due_at IS NOT NULL AND target_id IS NOT NULL
     ORDER BY workspace_id, kind, tag_key, remove LIMIT 1)
    UNION ALL
    SELECT n.* FROM tag_group g CROSS JOIN LATERAL (
      SELECT workspace_id, kind, tag_key, remove FROM delivery
      WHERE due_at IS NOT NULL AND target_id IS NOT NULL
        AND (workspace_id, kind, tag_key, remove)
          > (g.workspace_id, g.kind, g.tag_key, g.remove)
      ORDER BY workspace_id, kind, tag_key, remove LIMIT 1
    ) n
  ), ripe AS (
    SELECT g.*, hand.due_at AS hand_due_at, rule.due_at AS rule_due_at,
           -- Those whose window has not passed join a call that is full.
           (SELECT count(*) FROM (
              SELECT FROM delivery d
              WHERE d.due_at IS NOT NULL AND d.target_id IS NOT NULL
                AND d.workspace_id = g.workspace_id AND d.kind = g.kind
                AND d.tag_key = g.tag_key AND d.remove = g.remove
                AND (d.due_at <= now() OR (d.claim IS NULL AND d.attempt = 0))
              LIMIT $1) joinable) >= $1 AS whole
    FROM tag_group g
    LEFT JOIN LATERAL (
      SELECT due_at FROM delivery d
      WHERE d.due_at IS NOT NULL AND d.target_id IS NOT NULL AND d.workspace_id = g.workspace_id
        AND d.kind = g.kind AND d.tag_key = g.tag_key AND d.remove = g.remove AND d.priority = 1
      ORDER BY due_at LIMIT 1
    ) hand ON true
    LEFT JOIN LATERAL (
      SELECT due_at FROM delivery d
      WHERE d.due_at IS NOT NULL AND d.target_id IS NOT NULL AND d.workspace_id = g.workspace_id
        AND d.kind = g.kind AND d.tag_key = g.tag_key AND d.remove = g.remove AND d.priority = 2
      ORDER BY due_at LIMIT 1
    ) rule ON true
    WHERE EXISTS (SELECT FROM connection c WHERE c.workspace_id = g.workspace_id AND c.state = 1)
  )
  SELECT workspace_id, kind, tag_key, remove FROM ripe
  WHERE hand_due_at <= now() OR rule_due_at <= now() OR whole
  ORDER BY hand_due_at IS NULL, least(hand_due_at, rule_due_at)
)sql";

constexpr const char* kPick = R"sql(
  SELECT ctid::text AS row, product_id, kind, subject_id, tag, operation, target_id,
         priority = 1 AS hand, attempt, since, traceparent, due_at <= now() AS due
  FROM delivery
  WHERE due_at IS NOT NULL AND target_id IS NOT NULL AND workspace_id = $1 AND kind = $2
    AND tag_key = $3 AND remove = $4 AND product_id = ANY ($5::bigint[])
    AND (due_at <= now() OR (claim IS NULL AND attempt = 0))
  ORDER BY priority, due_at
  LIMIT $6
  FOR UPDATE SKIP LOCKED
)sql";

ClaimedTag TagOf(const postgres::Row& row) {
  return {SubjectOf(row),
          row.Get<std::string>("tag"),
          row.Get<std::int64_t>("operation"),
          row.Get<std::string>("target_id"),
          row.Get<bool>("hand"),
          row.Get<int>("attempt"),
          row.Get<core::TimePoint>("since"),
          row.Get<std::optional<std::string>>("traceparent").value_or("")};
}

}  // namespace

std::size_t CountReady(const std::vector<bool>& due, std::size_t batch) {
  const auto whole = due.size() - due.size() % batch;
  const bool must_go = std::any_of(due.begin() + static_cast<std::ptrdiff_t>(whole), due.end(),
                                   [](bool one) { return one; });
  return must_go ? due.size() : whole;
}

std::vector<TagGroup> DeliveryStore::FindRipe(int batch) {
  return database_.Transact([&](Transaction& tx) {
    std::vector<TagGroup> groups;
    for (const auto& row : tx.Execute(kRipe, batch)) {
      groups.push_back({row.Get<core::WorkspaceId>("workspace_id"), row.Get<SubjectKind>("kind"),
                        row.Get<std::string>("tag_key"), row.Get<bool>("remove")});
    }
    return groups;
  });
}

std::vector<core::ProductId> DeliveryStore::ProductsOf(const core::WorkspaceId& workspace) {
  return database_.Transact([&](Transaction& tx) {
    std::vector<core::ProductId> products;
    const auto rows = tx.Execute(R"sql(
      SELECT product_id FROM connection WHERE workspace_id = $1 AND state = 1 ORDER BY product_id
    )sql",
                                 workspace);
    for (const auto& row : rows) products.push_back(row.Get<core::ProductId>("product_id"));
    return products;
  });
}

TagClaim DeliveryStore::Claim(const core::WorkspaceId& workspace,
                              const std::vector<TagGroup>& groups,
                              const std::vector<core::ProductId>& products, int batch,
                              int most_batches, std::chrono::milliseconds claim) {
  return database_.Transact([&](Transaction& tx) {
    // One at a time for a workspace, so that what two replicas see makes up whole batches.
    tx.Execute("SELECT pg_advisory_xact_lock(hashtextextended('tags of ' || $1, 0))", workspace);
    TagClaim claimed;
    std::vector<std::string> picked;
    int left = most_batches;
    for (const auto& group : groups) {
      if (left == 0) break;
      const auto rows = tx.Execute(kPick, workspace, group.kind, group.tag_key, group.remove,
                                   products, left * batch);
      std::vector<bool> due;
      for (const auto& row : rows) due.push_back(row.Get<bool>("due"));
      const auto ready = CountReady(due, static_cast<std::size_t>(batch));
      for (std::size_t i = 0; i < ready; ++i) {
        if (i % static_cast<std::size_t>(batch) == 0) {
          claimed.batches.push_back({group, {}});
          --left;
        }
        claimed.batches.back().tags.push_back(TagOf(rows[i]));
        picked.push_back(rows[i].Get<std::string>("row"));
      }
    }
    if (picked.empty()) return claimed;
    claimed.token =
        tx.Execute("SELECT nextval('claim_token') AS token").Only().Get<std::int64_t>("token");
    tx.Execute(R"sql(
      UPDATE delivery
      SET claim = $2, claim_operation = operation, due_at = now() + $3::interval,
          given = given OR NOT remove
      WHERE ctid = ANY ($1::tid[])
    )sql",
               picked, claimed.token, claim);
    return claimed;
  });
}

int DeliveryStore::ExpireWaiting(std::chrono::milliseconds wait, int most) {
  return database_.Transact([&](Transaction& tx) {
    const auto old = tx.Execute(R"sql(
      SELECT assignment_id, product_id, target_kind AS kind, target_subject_id, tag_key
      FROM assignment
      WHERE state = 2 AND requested_at < now() - $1::interval
      ORDER BY requested_at
      LIMIT $2
    )sql",
                                wait, most);
    if (old.empty()) return 0;
    std::vector<std::int64_t> ids;
    std::set<TagPlace> places;
    for (const auto& row : old) {
      ids.push_back(row.Get<std::int64_t>("assignment_id"));
      if (row.IsNull("target_subject_id")) continue;
      places.insert({{row.Get<core::ProductId>("product_id"), row.Get<SubjectKind>("kind"),
                      row.Get<core::SubjectId>("target_subject_id")},
                     row.Get<std::string>("tag_key")});
    }
    // Deliveries before assignments, as everywhere. A match may have come between.
    LockPlaces(tx, places);
    const auto expired = tx.Execute(R"sql(
      UPDATE assignment
      SET state = 5, ended_at = now(), reason = 'waited too long: ' || reason
      WHERE assignment_id = ANY ($1::bigint[]) AND state = 2
    )sql",
                                    ids);
    CloseUnwanted(tx, places);
    return static_cast<int>(expired.affected());
  });
}

std::optional<std::int64_t> DeliveryStore::ForgetOld(std::chrono::milliseconds history,
                                                     std::int64_t after, int most) {
  return database_.Transact([&](Transaction& tx) -> std::optional<std::int64_t> {
    const auto rows = tx.Execute(R"sql(
      WITH slice AS MATERIALIZED (
        SELECT assignment_id, requested_at, ended_at FROM assignment
        WHERE assignment_id > $2
        ORDER BY assignment_id
        LIMIT $3
      ), forgotten AS (
        DELETE FROM assignment WHERE assignment_id = ANY (ARRAY(
          SELECT assignment_id FROM slice WHERE ended_at < now() - $1::interval))
      )
      -- They are numbered as they were asked for, so what follows is younger.
      SELECT max(assignment_id) AS last,
             count(*) = $3 AND max(requested_at) < now() - $1::interval AS more
      FROM slice
    )sql",
                                 history, after, most);
    const auto row = rows.Only();
    if (!row.Get<bool>("more")) return std::nullopt;
    return row.Get<std::int64_t>("last");
  });
}

DeliveryStore::Backlog DeliveryStore::CountBacklog() {
  return database_.Transact([&](Transaction& tx) {
    const auto row = tx.Execute(R"sql(
      SELECT (SELECT count(*) FROM delivery WHERE due_at IS NOT NULL AND target_id IS NOT NULL)
               AS due,
             coalesce((SELECT extract(epoch FROM now() - min(since)) * 1000 FROM delivery
                       WHERE due_at IS NOT NULL AND target_id IS NOT NULL), 0)::bigint AS oldest,
             (SELECT count(*) FROM assignment WHERE state = 2) AS waiting
    )sql")
                         .Only();
    return Backlog{
        row.Get<std::int64_t>("due"),
        std::chrono::milliseconds(std::max<std::int64_t>(0, row.Get<std::int64_t>("oldest"))),
        row.Get<std::int64_t>("waiting")};
  });
}

}  // namespace accoil::tagging
