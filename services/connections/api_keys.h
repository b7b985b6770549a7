#pragma once

#include <optional>
#include <string>
#include <vector>

#include "accoil/connections/v1/connections.pb.h"
#include "libs/core/clock.h"
#include "libs/core/ids.h"
#include "libs/postgres/database.h"
#include "services/connections/metrics.h"
#include "services/connections/store.h"

namespace accoil::connections {

/// The keys of products that clients of the gateway show. Any thread; what it is made of outlives
/// it.
class ApiKeys {
 public:
  /// Keys are stored as their HMAC under `secret`.
  ApiKeys(postgres::Database& database, const Store& store, const core::Clock& clock,
          Metrics& metrics, std::string secret)
      : database_(database),
        store_(store),
        clock_(clock),
        metrics_(metrics),
        secret_(std::move(secret)) {}

  /// The answer is the only time that the key is shown. Throws core::InvalidArgument,
  /// core::NotFound (no such product).
  v1::CreateApiKeyResponse Create(const v1::CreateApiKeyRequest& request);
  /// Notes, to the minute, when the key was used. Throws core::Unauthenticated when the key is
  /// nobody's or revoked.
  v1::AuthenticateApiKeyResponse Authenticate(const std::string& api_key);
  /// Throws core::NotFound (no such product).
  std::vector<v1::ApiKey> List(core::ProductId product);
  /// Throws core::NotFound when the product has no such key.
  v1::ApiKey Revoke(core::ProductId product, std::int64_t api_key_id);

 private:
  std::optional<StoredApiKey> Use(const std::string& api_key);

  postgres::Database& database_;
  const Store& store_;
  const core::Clock& clock_;
  Metrics& metrics_;
  const std::string secret_;
};

}  // namespace accoil::connections
