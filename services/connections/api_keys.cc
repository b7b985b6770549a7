#include "services/connections/api_keys.h"

#include "libs/core/errors.h"
#include "libs/events/event.h"
#include "services/connections/api_key.h"
#include "services/connections/connection_changes.h"
#include "services/connections/validation.h"

namespace accoil::connections {
namespace {

constexpr int kMostListed = 1'000;

}  // namespace

v1::CreateApiKeyResponse ApiKeys::Create(const v1::CreateApiKeyRequest& request) {
  ValidateApiKeyRequest(request);
  v1::CreateApiKeyResponse response;
  response.set_api_key(NewApiKey());
  const auto digest = ApiKeyDigest(secret_, response.api_key());
  response.set_api_key_id(database_.Transact([&](postgres::Transaction& tx) {
    store_.LockProduct(tx, core::ProductId(request.product_id()));
    return store_.InsertApiKey(tx, request, digest, clock_.Now());
  }));
  return response;
}

v1::AuthenticateApiKeyResponse ApiKeys::Authenticate(const std::string& api_key) {
  const auto found = Use(api_key);
  if (!found) {
    metrics_.ApiKeyRefused();
    throw core::Unauthenticated("the API key is not known");
  }
  metrics_.ApiKeyAccepted();
  v1::AuthenticateApiKeyResponse response;
  response.set_api_key_id(found->key.api_key_id());
  response.set_product_id(found->product.value());
  *response.mutable_scopes() = found->key.scopes();
  return response;
}

std::vector<v1::ApiKey> ApiKeys::List(core::ProductId product) {
  ValidateProductId(product.value());
  return database_.Transact([&](postgres::Transaction& tx) {
    if (!store_.FindProduct(tx, product)) {
      throw core::NotFound(Named(product) + " does not exist");
    }
    return store_.ListApiKeys(tx, product, kMostListed);
  });
}

v1::ApiKey ApiKeys::Revoke(core::ProductId product, std::int64_t api_key_id) {
  ValidateProductId(product.value());
  auto revoked = database_.Transact([&](postgres::Transaction& tx) {
    return store_.RevokeApiKey(tx, product, api_key_id, clock_.Now());
  });
  if (!revoked) {
    throw core::NotFound(Named(product) + " has no API key " + std::to_string(api_key_id));
  }
  return std::move(*revoked);
}

std::optional<StoredApiKey> ApiKeys::Use(const std::string& api_key) {
  if (!LooksLikeApiKey(api_key)) return std::nullopt;
  return database_.Transact([&](postgres::Transaction& tx) -> std::optional<StoredApiKey> {
    auto found = store_.FindApiKey(tx, ApiKeyDigest(secret_, api_key));
    if (!found || found->key.has_revoked_at()) return std::nullopt;
    // Once a minute: a key that is used a thousand times a second must not cost as many writes.
    const auto used = std::chrono::floor<std::chrono::minutes>(clock_.Now());
    if (!found->key.has_last_used_at() || events::ToTime(found->key.last_used_at()) < used) {
      store_.TouchApiKey(tx, found->key.api_key_id(), used);
    }
    return found;
  });
}

}  // namespace accoil::connections
