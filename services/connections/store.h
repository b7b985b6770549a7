#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "accoil/connections/v1/connections.pb.h"
#include "libs/core/ids.h"
#include "libs/postgres/database.h"
#include "services/connections/token_cipher.h"

namespace accoil::connections {

/// The schema's history, compiled in from migrations/.
std::vector<postgres::Migration> Migrations();

/// A profile as it is stored. A removed one keeps its row for its version.
struct StoredProfile {
  v1::Profile profile;
  std::int64_t version = 0;
  bool removed = false;
};

/// A product's connection with its token.
struct StoredConnection {
  v1::Connection connection;
  std::string base_url;
  EncryptedToken token;
  std::int64_t version = 0;
};

/// A product's key, without the key.
struct StoredApiKey {
  std::int64_t api_key_id = 0;
  core::ProductId product;
  std::vector<std::int64_t> scopes;
};

/// The SQL of products, profiles, connections and API keys (that of budgets is in budget_store.h).
/// One method, one statement; stateless. Facts about a product are changed under LockProduct.
class Store {
 public:
  v1::Product InsertProduct(postgres::Transaction& tx, std::string_view name) const;
  std::optional<v1::Product> FindProduct(postgres::Transaction& tx, core::ProductId product) const;
  /// In order of their ids.
  std::vector<v1::Product> ListProducts(postgres::Transaction& tx) const;
  /// Changes to the product's facts queue here. Throws core::NotFound.
  void LockProduct(postgres::Transaction& tx, core::ProductId product) const;

  /// Removed ones too.
  std::optional<StoredProfile> FindProfile(postgres::Transaction& tx, core::ProductId product,
                                           const core::ProfileId& profile) const;
  /// Those that are not removed, in order of their ids.
  std::vector<v1::Profile> ListProfiles(postgres::Transaction& tx, core::ProductId product) const;
  /// The id of the other profile of this name (without its spaces), if there is one.
  std::optional<core::ProfileId> FindNamesake(postgres::Transaction& tx, core::ProductId product,
                                              const v1::Profile& profile) const;
  std::optional<StoredProfile> FindSummaryProfile(postgres::Transaction& tx,
                                                  core::ProductId product) const;
  void UpsertProfile(postgres::Transaction& tx, core::ProductId product,
                     const StoredProfile& profile) const;

  std::optional<StoredConnection> FindConnection(postgres::Transaction& tx,
                                                 core::ProductId product) const;
  /// As FindConnection, and locks it.
  std::optional<StoredConnection> LockConnection(postgres::Transaction& tx,
                                                 core::ProductId product) const;
  /// Those that are connected to the workspace, locked, in order of their products.
  std::vector<StoredConnection> LockConnectionsOf(postgres::Transaction& tx,
                                                  const core::WorkspaceId& workspace) const;
  void UpsertConnection(postgres::Transaction& tx, const StoredConnection& connection) const;
  /// Replaces the stored form of a token unless it has been replaced meanwhile.
  void ReplaceToken(postgres::Transaction& tx, core::ProductId product,
                    const EncryptedToken& before, const EncryptedToken& after) const;

  /// Answers the key's id.
  std::int64_t InsertApiKey(postgres::Transaction& tx, const v1::CreateApiKeyRequest& request,
                            std::string_view digest) const;
  std::optional<StoredApiKey> FindApiKey(postgres::Transaction& tx, std::string_view digest) const;
};

}  // namespace accoil::connections
