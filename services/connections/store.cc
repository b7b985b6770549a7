#include "services/connections/store.h"

#include <google/protobuf/util/json_util.h>

#include <stdexcept>

#include "libs/core/errors.h"
#include "services/connections/validation.h"

namespace accoil::connections {
namespace {

/// The catalogue of a profile as jsonb: a Profile of which nothing else is set.
std::string CatalogueToJson(const v1::Profile& profile) {
  v1::Profile only_catalogue;
  *only_catalogue.mutable_catalogue() = profile.catalogue();
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(only_catalogue, &json);
  if (!status.ok()) throw std::logic_error("a catalogue cannot be written: " + status.ToString());
  return json;
}

v1::Profile ProfileFromJson(const std::string& json) {
  v1::Profile profile;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &profile);
  if (!status.ok()) throw std::logic_error("a stored catalogue is broken: " + status.ToString());
  return profile;
}

v1::Product ReadProduct(const postgres::Row& row) {
  v1::Product product;
  product.set_product_id(row.Get<std::int64_t>("product_id"));
  product.set_name(row.Get<std::string>("name"));
  return product;
}

StoredProfile ReadProfile(const postgres::Row& row) {
  StoredProfile stored;
  stored.profile = ProfileFromJson(row.Get<std::string>("catalogue"));
  stored.profile.set_profile_id(row.Get<std::string>("profile_id"));
  stored.profile.set_name(row.Get<std::string>("name"));
  stored.profile.set_sync_mode(row.Get<events::v1::SyncMode>("sync_mode"));
  stored.profile.set_summary(row.Get<bool>("summary"));
  stored.version = row.Get<std::int64_t>("version");
  stored.removed = row.Get<bool>("removed");
  return stored;
}

StoredConnection ReadConnection(const postgres::Row& row) {
  StoredConnection stored;
  auto& connection = stored.connection;
  connection.set_product_id(row.Get<std::int64_t>("product_id"));
  connection.set_workspace_id(row.Get<std::string>("workspace_id"));
  connection.set_workspace_name(row.Get<std::string>("workspace_name"));
  connection.set_region(row.Get<std::string>("region"));
  connection.set_state(row.Get<events::v1::ConnectionState>("state"));
  connection.set_state_reason(row.Get<std::string>("state_reason"));
  connection.set_attribute_prefix(row.Get<std::string>("attribute_prefix"));
  connection.set_match_by_external_id(row.Get<bool>("match_by_external_id"));
  stored.base_url = row.Get<std::string>("base_url");
  stored.token = {row.Get<std::string>("token_key_id"), row.GetBytes("token")};
  stored.version = row.Get<std::int64_t>("version");
  return stored;
}

}  // namespace

v1::Product Store::InsertProduct(postgres::Transaction& tx, std::string_view name) const {
  const auto result =
      tx.Execute("INSERT INTO product (name) VALUES ($1) RETURNING product_id, name", name);
  return ReadProduct(result.Only());
}

std::optional<v1::Product> Store::FindProduct(postgres::Transaction& tx,
                                              core::ProductId product) const {
  const auto result =
      tx.Execute("SELECT product_id, name FROM product WHERE product_id = $1::bigint", product);
  if (result.empty()) return std::nullopt;
  return ReadProduct(result.Only());
}

std::vector<v1::Product> Store::ListProducts(postgres::Transaction& tx) const {
  std::vector<v1::Product> products;
  const auto result = tx.Execute("SELECT product_id, name FROM product ORDER BY product_id");
  for (const auto& row : result) products.push_back(ReadProduct(row));
  return products;
}

void Store::LockProduct(postgres::Transaction& tx, core::ProductId product) const {
  const auto result = tx.Execute(
      "SELECT product_id FROM product WHERE product_id = $1::bigint FOR NO KEY UPDATE", product);
  if (result.empty()) {
    throw core::NotFound("product " + std::to_string(product.value()) + " does not exist");
  }
}

std::optional<StoredProfile> Store::FindProfile(postgres::Transaction& tx, core::ProductId product,
                                                const core::ProfileId& profile) const {
  const auto result = tx.Execute(R"sql(
    SELECT profile_id, name, catalogue::text AS catalogue, sync_mode, summary, version, removed
    FROM profile WHERE product_id = $1::bigint AND profile_id = $2
  )sql",
                                 product, profile);
  if (result.empty()) return std::nullopt;
  return ReadProfile(result.Only());
}

std::vector<v1::Profile> Store::ListProfiles(postgres::Transaction& tx,
                                             core::ProductId product) const {
  std::vector<v1::Profile> profiles;
  const auto result = tx.Execute(R"sql(
    SELECT profile_id, name, catalogue::text AS catalogue, sync_mode, summary, version, removed
    FROM profile WHERE product_id = $1::bigint AND NOT removed ORDER BY profile_id
  )sql",
                                 product);
  for (const auto& row : result) profiles.push_back(ReadProfile(row).profile);
  return profiles;
}

std::optional<core::ProfileId> Store::FindNamesake(postgres::Transaction& tx,
                                                   core::ProductId product,
                                                   const v1::Profile& profile) const {
  const auto result = tx.Execute(R"sql(
    SELECT profile_id FROM profile
    WHERE product_id = $1::bigint AND name_key = $2 AND profile_id <> $3 AND NOT removed
  )sql",
                                 product, WithoutSpaces(profile.name()), profile.profile_id());
  if (result.empty()) return std::nullopt;
  return result.Only().Get<core::ProfileId>("profile_id");
}

std::optional<StoredProfile> Store::FindSummaryProfile(postgres::Transaction& tx,
                                                       core::ProductId product) const {
  const auto result = tx.Execute(R"sql(
    SELECT profile_id, name, catalogue::text AS catalogue, sync_mode, summary, version, removed
    FROM profile WHERE product_id = $1::bigint AND summary AND NOT removed
  )sql",
                                 product);
  if (result.empty()) return std::nullopt;
  return ReadProfile(result.Only());
}

void Store::UpsertProfile(postgres::Transaction& tx, core::ProductId product,
                          const StoredProfile& profile) const {
  tx.Execute(R"sql(
    INSERT INTO profile (product_id, profile_id, name, name_key, catalogue, sync_mode, summary,
                         removed, version)
    VALUES ($1::bigint, $2, $3, $4, $5::jsonb, $6::smallint, $7::boolean, $8::boolean, $9::bigint)
    ON CONFLICT (product_id, profile_id) DO UPDATE
      SET name = excluded.name, name_key = excluded.name_key, catalogue = excluded.catalogue,
          sync_mode = excluded.sync_mode, summary = excluded.summary, removed = excluded.removed,
          version = excluded.version
  )sql",
             product, profile.profile.profile_id(), profile.profile.name(),
             WithoutSpaces(profile.profile.name()), CatalogueToJson(profile.profile),
             profile.profile.sync_mode(), profile.profile.summary(), profile.removed,
             profile.version);
}

std::optional<StoredConnection> Store::FindConnection(postgres::Transaction& tx,
                                                      core::ProductId product) const {
  const auto result = tx.Execute("SELECT * FROM connection WHERE product_id = $1::bigint", product);
  if (result.empty()) return std::nullopt;
  return ReadConnection(result.Only());
}

std::optional<StoredConnection> Store::LockConnection(postgres::Transaction& tx,
                                                      core::ProductId product) const {
  const auto result =
      tx.Execute("SELECT * FROM connection WHERE product_id = $1::bigint FOR UPDATE", product);
  if (result.empty()) return std::nullopt;
  return ReadConnection(result.Only());
}

std::vector<StoredConnection> Store::LockConnectionsOf(postgres::Transaction& tx,
                                                       const core::WorkspaceId& workspace) const {
  std::vector<StoredConnection> connections;
  const auto result = tx.Execute(R"sql(
    SELECT * FROM connection WHERE workspace_id = $1 AND state = $2::smallint
    ORDER BY product_id FOR UPDATE
  )sql",
                                 workspace, events::v1::CONNECTED);
  for (const auto& row : result) connections.push_back(ReadConnection(row));
  return connections;
}

void Store::UpsertConnection(postgres::Transaction& tx, const StoredConnection& stored) const {
  const auto& connection = stored.connection;
  tx.Execute(R"sql(
    INSERT INTO connection (product_id, workspace_id, workspace_name, region, base_url, token,
                            token_key_id, state, state_reason, attribute_prefix,
                            match_by_external_id, version)
    VALUES ($1::bigint, $2, $3, $4, $5, $6::bytea, $7, $8::smallint, $9, $10, $11::boolean,
            $12::bigint)
    ON CONFLICT (product_id) DO UPDATE
      SET workspace_id = excluded.workspace_id, workspace_name = excluded.workspace_name,
          region = excluded.region, base_url = excluded.base_url, token = excluded.token,
          token_key_id = excluded.token_key_id, state = excluded.state,
          state_reason = excluded.state_reason, attribute_prefix = excluded.attribute_prefix,
          match_by_external_id = excluded.match_by_external_id, version = excluded.version
  )sql",
             connection.product_id(), connection.workspace_id(), connection.workspace_name(),
             connection.region(), stored.base_url, postgres::Bytea(stored.token.bytes),
             stored.token.key_id, connection.state(), connection.state_reason(),
             connection.attribute_prefix(), connection.match_by_external_id(), stored.version);
}

void Store::ReplaceToken(postgres::Transaction& tx, core::ProductId product,
                         const EncryptedToken& before, const EncryptedToken& after) const {
  tx.Execute(R"sql(
    UPDATE connection SET token = $3::bytea, token_key_id = $4
    WHERE product_id = $1::bigint AND token = $2::bytea
  )sql",
             product, postgres::Bytea(before.bytes), postgres::Bytea(after.bytes), after.key_id);
}

std::int64_t Store::InsertApiKey(postgres::Transaction& tx, const v1::CreateApiKeyRequest& request,
                                 std::string_view digest) const {
  const std::vector<std::int64_t> scopes(request.scopes().begin(), request.scopes().end());
  const auto result =
      tx.Execute(R"sql(
    INSERT INTO api_key (product_id, label, scopes, digest)
    VALUES ($1::bigint, $2, $3::bigint[], $4::bytea) RETURNING api_key_id
  )sql",
                 request.product_id(), request.label(), scopes, postgres::Bytea(digest));
  return result.Only().Get<std::int64_t>("api_key_id");
}

std::optional<StoredApiKey> Store::FindApiKey(postgres::Transaction& tx,
                                              std::string_view digest) const {
  const auto result =
      tx.Execute("SELECT api_key_id, product_id, scopes FROM api_key WHERE digest = $1::bytea",
                 postgres::Bytea(digest));
  if (result.empty()) return std::nullopt;
  const auto row = result.Only();
  return StoredApiKey{row.Get<std::int64_t>("api_key_id"), row.Get<core::ProductId>("product_id"),
                      row.Get<std::vector<std::int64_t>>("scopes")};
}

}  // namespace accoil::connections
