#include "services/trait-sync/product_rows.h"

#include "services/trait-sync/catalogue.h"

namespace accoil::traitsync {

std::optional<ConnectionRow> FindConnection(postgres::Transaction& tx, core::ProductId product) {
  const auto rows = tx.Execute(
      "SELECT workspace_id, state, attribute_prefix FROM connection WHERE product_id = $1",
      product);
  if (rows.empty()) return std::nullopt;
  const auto row = rows.Only();
  return ConnectionRow{row.Get<core::WorkspaceId>("workspace_id"),
                       row.Get<events::v1::ConnectionState>("state"),
                       row.Get<std::string>("attribute_prefix")};
}

std::vector<Profile> FindProfiles(postgres::Transaction& tx, core::ProductId product) {
  std::vector<Profile> profiles;
  for (const auto& row : tx.Execute(R"sql(
         SELECT profile_id, name, catalogue, sync_mode FROM profile
         WHERE product_id = $1 AND NOT removed
         ORDER BY profile_id
       )sql",
                                    product)) {
    profiles.push_back({row.Get<core::ProfileId>("profile_id"), row.Get<std::string>("name"),
                        CatalogueFromJson(row.Get<std::string>("catalogue")),
                        row.Get<SyncMode>("sync_mode")});
  }
  return profiles;
}

AttributeRow AttributeOf(const postgres::Row& row) {
  AttributeRow attribute;
  attribute.name = row.Get<std::string>("name");
  attribute.state = row.Get<std::string>("state");
  attribute.data_type = row.Get<std::string>("data_type");
  attribute.intercom_id = row.Get<std::optional<std::int64_t>>("intercom_id");
  attribute.reason = row.Get<std::string>("reason");
  attribute.retry_at = row.Get<std::optional<core::TimePoint>>("retry_at");
  attribute.checked_at = row.Get<core::TimePoint>("checked_at");
  attribute.ours = row.Get<bool>("ours");
  return attribute;
}

}  // namespace accoil::traitsync
