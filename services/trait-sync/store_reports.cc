#include <algorithm>

#include "services/trait-sync/store.h"

namespace accoil::traitsync {
namespace {

using postgres::Transaction;
using std::chrono::milliseconds;

/// The workspace of a product's connection and the prefix of its attributes; nothing without one.
struct Naming {
  core::WorkspaceId workspace;
  std::string prefix;
};
std::optional<Naming> FindNaming(Transaction& tx, core::ProductId product) {
  const auto rows = tx.Execute(
      "SELECT workspace_id, attribute_prefix FROM connection WHERE product_id = $1", product);
  if (rows.empty()) return std::nullopt;
  return Naming{rows.Only().Get<core::WorkspaceId>("workspace_id"),
                rows.Only().Get<std::string>("attribute_prefix")};
}

}  // namespace

Summary Store::Summarize(core::ProductId product) {
  return database_.Transact([&](Transaction& tx) {
    Summary summary;
    const auto due_rows = tx.Execute(R"sql(
      SELECT count(*) AS due,
             coalesce(1000 * extract(epoch FROM now() - min(waiting_since)), 0)::bigint AS oldest
      FROM (
        SELECT CASE WHEN claim IS NULL THEN due_at END AS waiting_since FROM delivery
        WHERE product_id = $1 AND due_at IS NOT NULL
        UNION ALL
        -- Changed, and nobody has made its delivery due yet.
        SELECT NULL
        FROM (SELECT DISTINCT kind, subject_id FROM changed_subject WHERE product_id = $1) s
        WHERE (SELECT d.due_at IS NULL AND d.target_id IS NOT NULL FROM delivery d
               WHERE d.product_id = $1 AND d.kind = s.kind AND d.subject_id = s.subject_id)
        UNION ALL
        -- Those of a workspace that the product has left wait until it comes back there.
        SELECT f.due_at FROM former_target f
        JOIN connection c ON c.product_id = f.product_id AND c.workspace_id = f.workspace_id
        WHERE f.product_id = $1 AND f.due_at IS NOT NULL
      ) due
    )sql",
                                     product);
    const auto due = due_rows.Only();
    summary.due = due.Get<std::int64_t>("due");
    summary.oldest_due = milliseconds(std::max<std::int64_t>(0, due.Get<std::int64_t>("oldest")));
    summary.delivered =
        tx.Execute(
              "SELECT count(*) AS n FROM delivered WHERE product_id = $1 AND attributes <> '{}'",
              product)
            .Only()
            .Get<std::int64_t>("n");
    summary.set_aside =
        tx.Execute("SELECT count(*) AS n FROM set_aside WHERE product_id = $1", product)
            .Only()
            .Get<std::int64_t>("n");
    summary.paused =
        tx.Execute("SELECT FROM connection WHERE product_id = $1 AND state = 1", product).empty();
    const auto naming = FindNaming(tx, product);
    if (!naming) return summary;
    // Products that share a workspace also share what is known of its attributes; the prefix keeps
    // apart those that need to be.
    for (const auto& row : tx.Execute(R"sql(
           SELECT state, count(*) AS n FROM attribute
           WHERE workspace_id = $1 AND starts_with(name, $2::text || '_') GROUP BY state
         )sql",
                                      naming->workspace, naming->prefix)) {
      summary.attributes[row.Get<std::string>("state")] = row.Get<std::int64_t>("n");
    }
    return summary;
  });
}

std::vector<SetAsideRow> Store::ListSetAside(core::ProductId product,
                                             const std::vector<Profile>& profiles, int most) {
  return database_.Transact([&](Transaction& tx) {
    std::vector<SetAsideRow> listed;
    for (const auto& row :
         tx.Execute("SELECT profile_id FROM unknown_profile u WHERE product_id = $1 AND NOT EXISTS "
                    "(SELECT FROM profile p WHERE p.product_id = u.product_id "
                    "AND p.profile_id = u.profile_id) ORDER BY profile_id",
                    product)) {
      listed.push_back({std::nullopt, "",
                        "unknown profile " + row.Get<std::string>("profile_id") +
                            ": what comes for it is kept and not sent until the profile exists"});
    }
    if (const auto naming = FindNaming(tx, product)) {
      std::set<std::string> names;
      for (const auto kind : {SubjectKind::kUser, SubjectKind::kAccount}) {
        for (const auto& attribute : WantedAttributes(naming->prefix, profiles, kind)) {
          names.insert(attribute.name);
        }
      }
      for (const auto& row :
           tx.Execute(R"sql(
             SELECT model, name, reason FROM attribute
             WHERE workspace_id = $1 AND state IN ('refused', 'wanted')
               AND name = ANY ($2::text[])
             ORDER BY model, name
           )sql",
                      naming->workspace, std::vector<std::string>(names.begin(), names.end()))) {
        listed.push_back(
            {std::nullopt, row.Get<std::string>("name"), row.Get<std::string>("reason")});
      }
    }
    for (const auto& row : tx.Execute(R"sql(
           SELECT kind, subject_id, attribute, reason FROM set_aside WHERE product_id = $1
           ORDER BY kind, subject_id, attribute LIMIT $2
         )sql",
                                      product, most)) {
      listed.push_back(
          {Subject{row.Get<SubjectKind>("kind"), row.Get<core::SubjectId>("subject_id")},
           row.Get<std::string>("attribute"), row.Get<std::string>("reason")});
    }
    if (listed.size() > static_cast<std::size_t>(most)) {
      listed.resize(static_cast<std::size_t>(most));
    }
    return listed;
  });
}

std::map<core::WorkspaceId, Backlog> Store::CountBacklog() {
  return database_.Transact([&](Transaction& tx) {
    // A scrape must stay cheap when a million wait: counted as far as a screen would tell them
    // apart.
    const auto rows = tx.Execute(R"sql(
      SELECT c.workspace_id, sum(waiting.due)::bigint AS due,
             coalesce(1000 * extract(epoch FROM now() - min(waiting.oldest)), 0)::bigint AS oldest
      FROM connection c
      CROSS JOIN (VALUES (0::smallint), (1::smallint)) AS ranks (rank)
      CROSS JOIN LATERAL (
        SELECT count(*) AS due, min(due_at) AS oldest
        FROM (SELECT d.due_at FROM delivery d
              WHERE d.product_id = c.product_id AND d.workspace_id = c.workspace_id
                AND d.rank = ranks.rank AND d.due_at <= now()
              ORDER BY d.due_at LIMIT 100000) few
      ) waiting
      WHERE c.state = 1
      GROUP BY c.workspace_id
    )sql");
    std::map<core::WorkspaceId, Backlog> backlog;
    for (const auto& row : rows) {
      backlog[row.Get<core::WorkspaceId>("workspace_id")] = {
          row.Get<std::int64_t>("due"), milliseconds(row.Get<std::int64_t>("oldest"))};
    }
    return backlog;
  });
}

}  // namespace accoil::traitsync
