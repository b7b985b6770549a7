#include "libs/events/event.h"
#include "services/connections/store.h"

namespace accoil::connections {
namespace {

std::optional<EncryptedSecret> ReadSecret(const postgres::Row& row, const char* bytes,
                                          const char* key_id) {
  if (row.IsNull(bytes)) return std::nullopt;
  return EncryptedSecret{row.Get<std::string>(key_id), row.GetBytes(bytes)};
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
  connection.set_origin(row.Get<v1::ConnectionOrigin>("origin"));
  events::SetTime(row.Get<core::TimePoint>("connected_at"), *connection.mutable_connected_at());
  stored.base_url = row.Get<std::string>("base_url");
  stored.token = ReadSecret(row, "token", "token_key_id");
  stored.client_secret = ReadSecret(row, "client_secret", "client_secret_key_id");
  stored.disconnecting_since = row.Get<std::optional<core::TimePoint>>("disconnecting_since");
  stored.broken = row.Get<bool>("broken");
  stored.version = row.Get<std::int64_t>("version");
  return stored;
}

std::optional<StoredConnection> ReadMaybe(const postgres::Result& result) {
  if (result.empty()) return std::nullopt;
  return ReadConnection(result.Only());
}

std::vector<StoredConnection> ReadAll(const postgres::Result& result) {
  std::vector<StoredConnection> connections;
  for (const auto& row : result) connections.push_back(ReadConnection(row));
  return connections;
}

std::optional<std::string> Bytes(const std::optional<EncryptedSecret>& secret) {
  if (!secret) return std::nullopt;
  return postgres::Bytea(secret->bytes);
}

std::optional<std::string> KeyId(const std::optional<EncryptedSecret>& secret) {
  if (!secret) return std::nullopt;
  return secret->key_id;
}

}  // namespace

std::optional<StoredConnection> Store::FindConnection(postgres::Transaction& tx,
                                                      core::ProductId product) const {
  return ReadMaybe(tx.Execute("SELECT * FROM connection WHERE product_id = $1::bigint", product));
}

std::optional<StoredConnection> Store::LockConnection(postgres::Transaction& tx,
                                                      core::ProductId product) const {
  return ReadMaybe(
      tx.Execute("SELECT * FROM connection WHERE product_id = $1::bigint FOR UPDATE", product));
}

std::vector<StoredConnection> Store::LockConnectionsOf(postgres::Transaction& tx,
                                                       const core::WorkspaceId& workspace) const {
  return ReadAll(tx.Execute(R"sql(
    SELECT * FROM connection WHERE workspace_id = $1 AND token IS NOT NULL
    ORDER BY product_id FOR UPDATE
  )sql",
                            workspace));
}

void Store::UpsertConnection(postgres::Transaction& tx, const StoredConnection& stored) const {
  const auto& connection = stored.connection;
  tx.Execute(R"sql(
    INSERT INTO connection (product_id, workspace_id, workspace_name, region, base_url, token,
                            token_key_id, client_secret, client_secret_key_id, state, state_reason,
                            attribute_prefix, match_by_external_id, origin, connected_at,
                            disconnecting_since, broken, version)
    VALUES ($1::bigint, $2, $3, $4, $5, $6::bytea, $7, $8::bytea, $9, $10::smallint, $11, $12,
            $13::boolean, $14::smallint, $15::timestamptz, $16::timestamptz, $17::boolean, $18::bigint)
    ON CONFLICT (product_id) DO UPDATE
      SET workspace_id = excluded.workspace_id, workspace_name = excluded.workspace_name,
          region = excluded.region, base_url = excluded.base_url, token = excluded.token,
          token_key_id = excluded.token_key_id, client_secret = excluded.client_secret,
          client_secret_key_id = excluded.client_secret_key_id, state = excluded.state,
          state_reason = excluded.state_reason, attribute_prefix = excluded.attribute_prefix,
          match_by_external_id = excluded.match_by_external_id, origin = excluded.origin,
          connected_at = excluded.connected_at, disconnecting_since = excluded.disconnecting_since,
          broken = excluded.broken, version = excluded.version
  )sql",
             connection.product_id(), connection.workspace_id(), connection.workspace_name(),
             connection.region(), stored.base_url, Bytes(stored.token), KeyId(stored.token),
             Bytes(stored.client_secret), KeyId(stored.client_secret), connection.state(),
             connection.state_reason(), connection.attribute_prefix(),
             connection.match_by_external_id(), connection.origin(),
             events::ToTime(connection.connected_at()), stored.disconnecting_since, stored.broken,
             stored.version);
}

std::map<core::WorkspaceId, ConnectionCounts> Store::CountConnections(
    postgres::Transaction& tx) const {
  std::map<core::WorkspaceId, ConnectionCounts> counts;
  for (const auto& row : tx.Execute("SELECT workspace_id, state, broken, count(*) AS number "
                                    "FROM connection GROUP BY workspace_id, state, broken")) {
    auto& of_workspace = counts[row.Get<core::WorkspaceId>("workspace_id")];
    const auto number = row.Get<std::int64_t>("number");
    switch (row.Get<events::v1::ConnectionState>("state")) {
      case events::v1::CONNECTED:
        of_workspace.connected += number;
        break;
      case events::v1::DISCONNECTING:
        of_workspace.disconnecting += number;
        break;
      default:
        (row.Get<bool>("broken") ? of_workspace.broken : of_workspace.disconnected) += number;
    }
  }
  return counts;
}

void Store::ReplaceToken(postgres::Transaction& tx, core::ProductId product,
                         const EncryptedSecret& before, const EncryptedSecret& after) const {
  tx.Execute(R"sql(
    UPDATE connection SET token = $3::bytea, token_key_id = $4
    WHERE product_id = $1::bigint AND token = $2::bytea
  )sql",
             product, postgres::Bytea(before.bytes), postgres::Bytea(after.bytes), after.key_id);
}

void Store::ReplaceClientSecret(postgres::Transaction& tx, core::ProductId product,
                                const EncryptedSecret& before, const EncryptedSecret& after) const {
  tx.Execute(R"sql(
    UPDATE connection SET client_secret = $3::bytea, client_secret_key_id = $4
    WHERE product_id = $1::bigint AND client_secret = $2::bytea
  )sql",
             product, postgres::Bytea(before.bytes), postgres::Bytea(after.bytes), after.key_id);
}

std::vector<StoredConnection> Store::ListWithClientSecret(postgres::Transaction& tx) const {
  return ReadAll(
      tx.Execute("SELECT * FROM connection WHERE client_secret IS NOT NULL ORDER BY product_id"));
}

std::vector<StoredConnection> Store::FindDisconnectingSince(postgres::Transaction& tx,
                                                            core::TimePoint time) const {
  return ReadAll(tx.Execute(R"sql(
    SELECT * FROM connection WHERE disconnecting_since <= $1::timestamptz
    ORDER BY disconnecting_since LIMIT 100
  )sql",
                            time));
}

bool Store::IsWorkspaceUsed(postgres::Transaction& tx, const core::WorkspaceId& workspace,
                            core::TimePoint now) const {
  const auto result = tx.Execute(R"sql(
    SELECT EXISTS (SELECT FROM connection WHERE workspace_id = $1 AND token IS NOT NULL)
        OR EXISTS (SELECT FROM installation
                   WHERE workspace_id = $1 AND expires_at > $2::timestamptz) AS used
  )sql",
                                 workspace, now);
  return result.Only().Get<bool>("used");
}

}  // namespace accoil::connections
