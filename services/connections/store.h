#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "accoil/connections/v1/connections.pb.h"
#include "libs/core/clock.h"
#include "libs/core/ids.h"
#include "libs/intercom/types.h"
#include "libs/postgres/database.h"
#include "services/connections/secret_cipher.h"

namespace accoil::connections {

/// The schema's history, compiled in from migrations/.
std::vector<postgres::Migration> Migrations();

/// A profile as it is stored. A removed one keeps its row for its version.
struct StoredProfile {
  v1::Profile profile;
  std::int64_t version = 0;
  bool removed = false;
};

/// A product's connection with its secrets.
struct StoredConnection {
  v1::Connection connection;
  std::string base_url;
  /// None when the connection has ended.
  std::optional<EncryptedSecret> token;
  /// Of the app that the token belongs to, unless it is the suite's own.
  std::optional<EncryptedSecret> client_secret;
  /// Only in the state DISCONNECTING.
  std::optional<core::TimePoint> disconnecting_since;
  /// Whether it ended without the product's wish.
  bool broken = false;
  std::int64_t version = 0;
};

/// How many connections a workspace has in each state.
struct ConnectionCounts {
  std::int64_t connected = 0;
  std::int64_t disconnecting = 0;
  /// Ended as the product wished.
  std::int64_t disconnected = 0;
  /// Ended otherwise: nothing is synced until somebody connects again.
  std::int64_t broken = 0;
};

/// A connection of whose token Intercom said that it may be dead.
struct StoredDoubt {
  core::ProductId product;
  core::TimePoint doubted_at;
  /// How often it was claimed.
  int attempts = 0;
};

/// A workspace that the app is to be taken out of.
struct StoredUninstall {
  std::int64_t uninstall_id = 0;
  core::ProductId product;
  core::WorkspaceId workspace;
  std::string base_url;
  EncryptedSecret token;
  /// How often it was claimed.
  int attempts = 0;
};

/// The state of an OAuth flow that was begun here.
struct StoredOAuthState {
  core::ProductId product;
  /// None for the operator.
  std::optional<std::int64_t> api_key_id;
  std::optional<std::string> attribute_prefix;
  std::optional<bool> match_by_external_id;
  core::TimePoint expires_at;
  std::optional<core::TimePoint> used_at;
};

/// A workspace that was installed from the App Store and waits for a product.
struct StoredInstallation {
  intercom::Workspace workspace;
  std::string base_url;
  EncryptedSecret token;
  core::TimePoint expires_at;
};

/// A product's key, without the key.
struct StoredApiKey {
  v1::ApiKey key;
  core::ProductId product;
};

/// The SQL of the service (that of budgets is in budget_store.h). One method, one statement;
/// stateless. Facts about a product are changed under LockProduct. A claim is a row whose due time
/// is moved on, so that another replica takes it over when this one dies.
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
  /// Those that have a token of the workspace, locked, in order of their products.
  std::vector<StoredConnection> LockConnectionsOf(postgres::Transaction& tx,
                                                  const core::WorkspaceId& workspace) const;
  void UpsertConnection(postgres::Transaction& tx, const StoredConnection& connection) const;
  std::map<core::WorkspaceId, ConnectionCounts> CountConnections(postgres::Transaction& tx) const;
  /// Replaces the stored form of a token unless it has been replaced meanwhile.
  void ReplaceToken(postgres::Transaction& tx, core::ProductId product,
                    const EncryptedSecret& before, const EncryptedSecret& after) const;
  /// As ReplaceToken.
  void ReplaceClientSecret(postgres::Transaction& tx, core::ProductId product,
                           const EncryptedSecret& before, const EncryptedSecret& after) const;
  /// Connections that came with a client secret, in order of their products.
  std::vector<StoredConnection> ListWithClientSecret(postgres::Transaction& tx) const;
  /// Some that have been disconnecting since before `time`.
  std::vector<StoredConnection> FindDisconnectingSince(postgres::Transaction& tx,
                                                       core::TimePoint time) const;
  /// Whether a product, or an installation that may yet be claimed, has a token of the workspace.
  bool IsWorkspaceUsed(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                       core::TimePoint now) const;

  /// The tokens of these workspaces may be dead. Answers how many there are.
  std::size_t InsertDoubts(postgres::Transaction& tx,
                           const std::vector<core::WorkspaceId>& workspaces,
                           core::TimePoint now) const;
  /// One that is due, claimed until `until`.
  std::optional<StoredDoubt> ClaimDoubt(postgres::Transaction& tx, core::TimePoint now,
                                        core::TimePoint until) const;
  /// Neither of these touches a doubt that has been cast anew since the claim.
  void PutOffDoubt(postgres::Transaction& tx, const StoredDoubt& doubt, core::TimePoint due) const;
  void DeleteDoubt(postgres::Transaction& tx, const StoredDoubt& doubt) const;

  void InsertUninstall(postgres::Transaction& tx, const StoredUninstall& uninstall,
                       core::TimePoint due) const;
  /// One that is due, claimed until `until`.
  std::optional<StoredUninstall> ClaimUninstall(postgres::Transaction& tx, core::TimePoint now,
                                                core::TimePoint until) const;
  void PutOffUninstall(postgres::Transaction& tx, const StoredUninstall& uninstall,
                       core::TimePoint due) const;
  void DeleteUninstall(postgres::Transaction& tx, const StoredUninstall& uninstall) const;

  void InsertOAuthState(postgres::Transaction& tx, std::string_view digest,
                        const StoredOAuthState& state) const;
  /// Uses up a state that is neither used nor expired; of several callers one has it.
  std::optional<StoredOAuthState> UseOAuthState(postgres::Transaction& tx, std::string_view digest,
                                                core::TimePoint now) const;
  /// A used-up state may be used again.
  void ReturnOAuthState(postgres::Transaction& tx, std::string_view digest) const;
  std::optional<StoredOAuthState> FindOAuthState(postgres::Transaction& tx,
                                                 std::string_view digest) const;
  /// Those that expired before `time`. Answers how many there were.
  std::size_t DeleteOAuthStates(postgres::Transaction& tx, core::TimePoint time) const;

  void InsertInstallation(postgres::Transaction& tx, std::string_view digest,
                          const StoredInstallation& installation) const;
  /// Takes away one that has not expired; of several callers one has it.
  std::optional<StoredInstallation> TakeInstallation(postgres::Transaction& tx,
                                                     std::string_view digest,
                                                     core::TimePoint now) const;
  /// Those that expired before `time`. Answers how many there were.
  std::size_t DeleteInstallations(postgres::Transaction& tx, core::TimePoint time) const;

  /// Answers the key's id.
  std::int64_t InsertApiKey(postgres::Transaction& tx, const v1::CreateApiKeyRequest& request,
                            std::string_view digest, core::TimePoint now) const;
  /// Revoked ones too.
  std::optional<StoredApiKey> FindApiKey(postgres::Transaction& tx, std::string_view digest) const;
  std::optional<StoredApiKey> FindApiKey(postgres::Transaction& tx, core::ProductId product,
                                         std::int64_t api_key_id) const;
  /// Revoked ones too, the newest first, at most `most`.
  std::vector<v1::ApiKey> ListApiKeys(postgres::Transaction& tx, core::ProductId product,
                                      int most) const;
  /// Notes when it was used, unless that or a later time is noted.
  void TouchApiKey(postgres::Transaction& tx, std::int64_t api_key_id, core::TimePoint used) const;
  /// One that is revoked stays revoked since then. Nothing when the product has no such key.
  std::optional<v1::ApiKey> RevokeApiKey(postgres::Transaction& tx, core::ProductId product,
                                         std::int64_t api_key_id, core::TimePoint now) const;
};

}  // namespace accoil::connections
