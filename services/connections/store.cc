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

}  // namespace accoil::connections
