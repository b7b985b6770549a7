#include "services/trait-sync/catalogue.h"
#include "services/trait-sync/store.h"

namespace accoil::traitsync {
namespace {

using events::v1::ConnectionChanged;
using events::v1::ProfileChanged;
using postgres::Transaction;

constexpr const char* kRestartSweeps = R"sql(
  INSERT INTO sweep (product_id, next_at, trigger)
  SELECT product_id, now(), $2 FROM unnest($1::bigint[]) AS i (product_id) ORDER BY product_id
  ON CONFLICT (product_id) DO UPDATE
    SET next_at = now(), running = false, trigger = excluded.trigger
)sql";

void RestartSweeps(Transaction& tx, const std::set<std::int64_t>& products,
                   const std::string& trigger) {
  if (products.empty()) return;
  tx.Execute(kRestartSweeps, std::vector<std::int64_t>(products.begin(), products.end()), trigger);
}

/// Why the workspaces of the products are to be cleaned up, by their workspaces.
std::map<core::WorkspaceId, CleanUpCause> WorkspacesOf(Transaction& tx,
                                                       const std::set<std::int64_t>& products,
                                                       const std::string& cause) {
  std::map<core::WorkspaceId, CleanUpCause> causes;
  for (const auto& row : tx.Execute(
           "SELECT product_id, workspace_id FROM connection WHERE product_id = ANY ($1::bigint[])",
           std::vector<std::int64_t>(products.begin(), products.end()))) {
    causes[row.Get<core::WorkspaceId>("workspace_id")] = {row.Get<core::ProductId>("product_id"),
                                                          cause};
  }
  return causes;
}

struct ProfilePairs {
  std::vector<std::int64_t> product_id;
  std::vector<std::string> profile_id;
};
ProfilePairs ToColumns(const std::set<std::pair<core::ProductId, core::ProfileId>>& profiles) {
  ProfilePairs columns;
  for (const auto& [product, profile] : profiles) {
    columns.product_id.push_back(product.value());
    columns.profile_id.push_back(profile.value());
  }
  return columns;
}

}  // namespace

void Store::ApplyProfiles(Transaction& tx, const events::Batch& batch) {
  const auto profiles = batch.Of<ProfileChanged>();
  if (profiles.empty()) return;
  std::vector<std::int64_t> product_id;
  std::vector<std::string> profile_id;
  std::vector<std::int64_t> version;
  std::vector<bool> removed;
  std::vector<std::string> name;
  std::vector<std::string> catalogue;
  std::vector<int> sync_mode;
  for (const auto& received : profiles) {
    const auto& event = received.event;
    product_id.push_back(event.product_id());
    profile_id.push_back(event.profile_id());
    version.push_back(event.version());
    removed.push_back(event.removed());
    name.push_back(event.name());
    catalogue.push_back(ToJson(CatalogueOf(event.catalogue())));
    sync_mode.push_back(event.sync_mode());
  }
  const auto written =
      tx.Execute(R"sql(
    INSERT INTO profile AS p (product_id, profile_id, version, removed, name, catalogue, sync_mode)
    SELECT product_id, profile_id, version, removed, name, catalogue::jsonb, sync_mode
    FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::boolean[], $5::text[], $6::text[],
                $7::smallint[])
      AS i (product_id, profile_id, version, removed, name, catalogue, sync_mode)
    ORDER BY product_id, profile_id COLLATE "C"
    ON CONFLICT (product_id, profile_id) DO UPDATE
      SET version = excluded.version, removed = excluded.removed, name = excluded.name,
          catalogue = excluded.catalogue, sync_mode = excluded.sync_mode
      WHERE p.version < excluded.version
    RETURNING p.product_id
  )sql",
                 product_id, profile_id, version, removed, name, catalogue, sync_mode);
  tx.Execute(R"sql(
    DELETE FROM unknown_profile u
    USING unnest($1::bigint[], $2::text[]) AS i (product_id, profile_id)
    WHERE u.product_id = i.product_id AND u.profile_id = i.profile_id
  )sql",
             product_id, profile_id);
  std::set<std::int64_t> products;
  for (const auto& row : written) products.insert(row.Get<std::int64_t>("product_id"));
  if (products.empty()) return;
  RestartSweeps(tx, products, "profile_changed");
  MarkCleanUps(tx, WorkspacesOf(tx, products, "profile_changed"));
}

std::vector<core::ProductId> Store::ApplyConnections(Transaction& tx, const events::Batch& batch) {
  std::vector<std::int64_t> product_id;
  std::vector<std::int64_t> version;
  std::vector<std::string> workspace_id;
  std::vector<int> state;
  std::vector<std::string> prefix;
  for (const auto& received : batch.Of<ConnectionChanged>()) {
    const auto& event = received.event;
    product_id.push_back(event.product_id());
    version.push_back(event.version());
    workspace_id.push_back(event.workspace_id());
    state.push_back(event.state());
    prefix.push_back(event.attribute_prefix());
  }
  if (product_id.empty()) return {};
  // A workspace that a product leaves may have others, who do not want what it wanted.
  auto causes = WorkspacesOf(tx, {product_id.begin(), product_id.end()}, "disconnected");
  const auto written = tx.Execute(R"sql(
    INSERT INTO connection AS c (product_id, version, workspace_id, state, attribute_prefix)
    SELECT product_id, version, workspace_id, state, prefix
    FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::smallint[], $5::text[])
      AS i (product_id, version, workspace_id, state, prefix)
    ORDER BY product_id
    ON CONFLICT (product_id) DO UPDATE
      SET version = excluded.version, workspace_id = excluded.workspace_id,
          state = excluded.state, attribute_prefix = excluded.attribute_prefix
      WHERE c.version < excluded.version
    RETURNING c.product_id, c.workspace_id, c.state
  )sql",
                                  product_id, version, workspace_id, state, prefix);
  std::set<std::int64_t> products;
  std::vector<core::ProductId> changed;
  for (const auto& row : written) {
    products.insert(row.Get<std::int64_t>("product_id"));
    changed.push_back(row.Get<core::ProductId>("product_id"));
    const bool connected = row.Get<int>("state") == events::v1::CONNECTED;
    causes[row.Get<core::WorkspaceId>("workspace_id")] = {changed.back(),
                                                          connected ? "connected" : "disconnected"};
  }
  if (changed.empty()) return {};
  RestartSweeps(tx, products, "connected");
  MarkCleanUps(tx, causes);
  return changed;
}

std::set<std::pair<core::ProductId, core::ProfileId>> Store::UnknownProfiles(
    Transaction& tx, const std::set<std::pair<core::ProductId, core::ProfileId>>& profiles) {
  std::set<std::pair<core::ProductId, core::ProfileId>> unknown;
  if (profiles.empty()) return unknown;
  const auto columns = ToColumns(profiles);
  const auto rows = tx.Execute(R"sql(
    SELECT i.product_id, i.profile_id
    FROM unnest($1::bigint[], $2::text[]) AS i (product_id, profile_id)
    WHERE NOT EXISTS (SELECT FROM profile p
                      WHERE p.product_id = i.product_id AND p.profile_id = i.profile_id)
  )sql",
                               columns.product_id, columns.profile_id);
  for (const auto& row : rows) {
    unknown.emplace(row.Get<core::ProductId>("product_id"), row.Get<core::ProfileId>("profile_id"));
  }
  return unknown;
}

void Store::NoteUnknownProfiles(
    Transaction& tx, const std::set<std::pair<core::ProductId, core::ProfileId>>& profiles) {
  if (profiles.empty()) return;
  const auto columns = ToColumns(profiles);
  tx.Execute(R"sql(
    INSERT INTO unknown_profile (product_id, profile_id)
    SELECT product_id, profile_id
    FROM unnest($1::bigint[], $2::text[]) AS i (product_id, profile_id)
    ORDER BY product_id, profile_id COLLATE "C"
    ON CONFLICT (product_id, profile_id) DO UPDATE SET last_seen_at = now()
  )sql",
             columns.product_id, columns.profile_id);
}

}  // namespace accoil::traitsync
