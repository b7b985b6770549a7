#include "libs/events/event.h"
#include "services/connections/store.h"

namespace accoil::connections {
namespace {

v1::ApiKey ReadKey(const postgres::Row& row) {
  v1::ApiKey key;
  key.set_api_key_id(row.Get<std::int64_t>("api_key_id"));
  key.set_label(row.Get<std::string>("label"));
  for (const auto scope : row.Get<std::vector<std::int64_t>>("scopes")) {
    key.add_scopes(static_cast<v1::Scope>(scope));
  }
  events::SetTime(row.Get<core::TimePoint>("created_at"), *key.mutable_created_at());
  if (const auto used = row.Get<std::optional<core::TimePoint>>("last_used_at")) {
    events::SetTime(*used, *key.mutable_last_used_at());
  }
  if (const auto revoked = row.Get<std::optional<core::TimePoint>>("revoked_at")) {
    events::SetTime(*revoked, *key.mutable_revoked_at());
  }
  return key;
}

std::optional<StoredApiKey> ReadStored(const postgres::Result& result) {
  if (result.empty()) return std::nullopt;
  const auto row = result.Only();
  return StoredApiKey{ReadKey(row), row.Get<core::ProductId>("product_id")};
}

}  // namespace

std::int64_t Store::InsertApiKey(postgres::Transaction& tx, const v1::CreateApiKeyRequest& request,
                                 std::string_view digest, core::TimePoint now) const {
  const std::vector<std::int64_t> scopes(request.scopes().begin(), request.scopes().end());
  const auto result =
      tx.Execute(R"sql(
    INSERT INTO api_key (product_id, label, scopes, digest, created_at)
    VALUES ($1::bigint, $2, $3::bigint[], $4::bytea, $5::timestamptz) RETURNING api_key_id
  )sql",
                 request.product_id(), request.label(), scopes, postgres::Bytea(digest), now);
  return result.Only().Get<std::int64_t>("api_key_id");
}

std::optional<StoredApiKey> Store::FindApiKey(postgres::Transaction& tx,
                                              std::string_view digest) const {
  return ReadStored(
      tx.Execute("SELECT * FROM api_key WHERE digest = $1::bytea", postgres::Bytea(digest)));
}

std::optional<StoredApiKey> Store::FindApiKey(postgres::Transaction& tx, core::ProductId product,
                                              std::int64_t api_key_id) const {
  return ReadStored(
      tx.Execute("SELECT * FROM api_key WHERE product_id = $1::bigint AND api_key_id = $2::bigint",
                 product, api_key_id));
}

std::vector<v1::ApiKey> Store::ListApiKeys(postgres::Transaction& tx, core::ProductId product,
                                           int most) const {
  std::vector<v1::ApiKey> keys;
  const auto result = tx.Execute(R"sql(
    SELECT * FROM api_key WHERE product_id = $1::bigint ORDER BY api_key_id DESC LIMIT $2::int
  )sql",
                                 product, most);
  for (const auto& row : result) keys.push_back(ReadKey(row));
  return keys;
}

void Store::TouchApiKey(postgres::Transaction& tx, std::int64_t api_key_id,
                        core::TimePoint used) const {
  tx.Execute(R"sql(
    UPDATE api_key SET last_used_at = $2::timestamptz
    WHERE api_key_id = $1::bigint AND (last_used_at IS NULL OR last_used_at < $2::timestamptz)
  )sql",
             api_key_id, used);
}

std::optional<v1::ApiKey> Store::RevokeApiKey(postgres::Transaction& tx, core::ProductId product,
                                              std::int64_t api_key_id, core::TimePoint now) const {
  const auto result = tx.Execute(R"sql(
    UPDATE api_key SET revoked_at = coalesce(revoked_at, $3::timestamptz)
    WHERE product_id = $1::bigint AND api_key_id = $2::bigint RETURNING *
  )sql",
                                 product, api_key_id, now);
  if (result.empty()) return std::nullopt;
  return ReadKey(result.Only());
}

}  // namespace accoil::connections
