#include "services/connections/store.h"

namespace accoil::connections {
namespace {

std::optional<StoredOAuthState> ReadState(const postgres::Result& result) {
  if (result.empty()) return std::nullopt;
  const auto row = result.Only();
  return StoredOAuthState{row.Get<core::ProductId>("product_id"),
                          row.Get<std::optional<std::int64_t>>("api_key_id"),
                          row.Get<std::optional<std::string>>("attribute_prefix"),
                          row.Get<std::optional<bool>>("match_by_external_id"),
                          row.Get<core::TimePoint>("expires_at"),
                          row.Get<std::optional<core::TimePoint>>("used_at")};
}

}  // namespace

void Store::InsertOAuthState(postgres::Transaction& tx, std::string_view digest,
                             const StoredOAuthState& state) const {
  tx.Execute(R"sql(
    INSERT INTO oauth_state (digest, product_id, api_key_id, attribute_prefix,
                             match_by_external_id, expires_at)
    VALUES ($1::bytea, $2::bigint, $3::bigint, $4, $5::boolean, $6::timestamptz)
  )sql",
             postgres::Bytea(digest), state.product, state.api_key_id, state.attribute_prefix,
             state.match_by_external_id, state.expires_at);
}

std::optional<StoredOAuthState> Store::UseOAuthState(postgres::Transaction& tx,
                                                     std::string_view digest,
                                                     core::TimePoint now) const {
  return ReadState(tx.Execute(R"sql(
    UPDATE oauth_state SET used_at = $2::timestamptz
    WHERE digest = $1::bytea AND used_at IS NULL AND expires_at > $2::timestamptz RETURNING *
  )sql",
                              postgres::Bytea(digest), now));
}

void Store::ReturnOAuthState(postgres::Transaction& tx, std::string_view digest) const {
  tx.Execute("UPDATE oauth_state SET used_at = NULL WHERE digest = $1::bytea",
             postgres::Bytea(digest));
}

std::optional<StoredOAuthState> Store::FindOAuthState(postgres::Transaction& tx,
                                                      std::string_view digest) const {
  return ReadState(
      tx.Execute("SELECT * FROM oauth_state WHERE digest = $1::bytea", postgres::Bytea(digest)));
}

std::size_t Store::DeleteOAuthStates(postgres::Transaction& tx, core::TimePoint time) const {
  return tx.Execute("DELETE FROM oauth_state WHERE expires_at < $1::timestamptz", time).affected();
}

void Store::InsertInstallation(postgres::Transaction& tx, std::string_view digest,
                               const StoredInstallation& installation) const {
  tx.Execute(R"sql(
    INSERT INTO installation (digest, workspace_id, workspace_name, region, base_url, token,
                              token_key_id, expires_at)
    VALUES ($1::bytea, $2, $3, $4, $5, $6::bytea, $7, $8::timestamptz)
  )sql",
             postgres::Bytea(digest), installation.workspace.id, installation.workspace.name,
             installation.workspace.region, installation.base_url,
             postgres::Bytea(installation.token.bytes), installation.token.key_id,
             installation.expires_at);
}

std::optional<StoredInstallation> Store::TakeInstallation(postgres::Transaction& tx,
                                                          std::string_view digest,
                                                          core::TimePoint now) const {
  const auto result = tx.Execute(R"sql(
    DELETE FROM installation WHERE digest = $1::bytea AND expires_at > $2::timestamptz RETURNING *
  )sql",
                                 postgres::Bytea(digest), now);
  if (result.empty()) return std::nullopt;
  const auto row = result.Only();
  return StoredInstallation{
      {row.Get<core::WorkspaceId>("workspace_id"), row.Get<std::string>("workspace_name"),
       row.Get<std::string>("region")},
      row.Get<std::string>("base_url"),
      {row.Get<std::string>("token_key_id"), row.GetBytes("token")},
      row.Get<core::TimePoint>("expires_at")};
}

std::size_t Store::DeleteInstallations(postgres::Transaction& tx, core::TimePoint time) const {
  return tx.Execute("DELETE FROM installation WHERE expires_at < $1::timestamptz", time).affected();
}

}  // namespace accoil::connections
