#include "services/gateway/api_keys.h"

#include <openssl/sha.h>

#include "libs/core/errors.h"

namespace accoil::gateway {
namespace {

// Longer ones are none of ours: spares connections the bytes.
constexpr std::size_t kLongestKey = 512;

}  // namespace

KeyDigest DigestOf(std::string_view credential) {
  KeyDigest digest;
  SHA256(reinterpret_cast<const unsigned char*>(credential.data()), credential.size(),
         digest.data());
  return digest;
}

ApiKeys::ApiKeys(ConnectionsApi& connections, const core::Clock& clock, ApiKeyCacheConfig config,
                 Metrics& metrics, telemetry::Logger logger)
    : connections_(connections),
      clock_(clock),
      config_(config),
      metrics_(metrics),
      logger_(std::move(logger)) {}

std::optional<ApiKey> ApiKeys::Find(const std::string& key) {
  if (key.empty() || key.size() > kLongestKey) {
    metrics_.Authenticated(Authentication::kUnknown);
    return std::nullopt;
  }
  const auto digest = DigestOf(key);
  std::uint64_t forgotten = 0;
  {
    const std::lock_guard lock(mutex_);
    forgotten = forgotten_;
    if (const auto* entry = Recall(known_, digest)) {
      metrics_.Authenticated(Authentication::kCached);
      return entry->api_key;
    }
    if (Recall(unknown_, digest) != nullptr) {
      metrics_.Authenticated(Authentication::kCachedUnknown);
      return std::nullopt;
    }
  }
  // Outside the lock: a slow answer for one key must not hold up the others.
  auto found = Ask(key);
  metrics_.Authenticated(found ? Authentication::kKnown : Authentication::kUnknown);
  const std::lock_guard lock(mutex_);
  if (forgotten != forgotten_) return found;
  const auto lifetime = found ? config_.known_for : config_.unknown_for;
  Remember(found ? known_ : unknown_, digest, {clock_.Now() + lifetime, found});
  return found;
}

void ApiKeys::Forget(std::int64_t api_key_id) {
  const std::lock_guard lock(mutex_);
  ++forgotten_;
  // Their places in the order stay and are passed over when they come up.
  std::erase_if(known_.entries,
                [&](const auto& known) { return known.second.api_key->api_key_id == api_key_id; });
}

const ApiKeys::Entry* ApiKeys::Recall(Remembered& remembered, const KeyDigest& digest) const {
  const auto at = remembered.entries.find(digest);
  if (at == remembered.entries.end() || at->second.expires <= clock_.Now()) return nullptr;
  return &at->second;
}

void ApiKeys::Remember(Remembered& remembered, const KeyDigest& digest, Entry entry) const {
  // A renewed entry keeps its old place in the order and may go a little early: harmless.
  if (remembered.entries.insert_or_assign(digest, std::move(entry)).second) {
    remembered.order.push_back(digest);
  }
  if (remembered.order.size() > config_.capacity) {
    remembered.entries.erase(remembered.order.front());
    remembered.order.pop_front();
  }
}

std::optional<ApiKey> ApiKeys::Ask(const std::string& key) {
  connections::v1::AuthenticateApiKeyRequest request;
  request.set_api_key(key);
  try {
    const auto answer = connections_.AuthenticateApiKey(request);
    ApiKey found{answer.api_key_id(), core::ProductId(answer.product_id()), {}};
    for (const auto scope : answer.scopes()) {
      found.scopes.insert(static_cast<connections::v1::Scope>(scope));
    }
    return found;
  } catch (const core::Unauthenticated&) {
    return std::nullopt;
  } catch (const core::InvalidArgument&) {
    // Not even the form of a key.
    return std::nullopt;
  } catch (const core::Error& error) {
    logger_.Warn("an API key cannot be checked", {{"error", error.what()}});
    metrics_.Authenticated(Authentication::kUnavailable);
    throw core::Unavailable("API keys cannot be checked now; try again shortly");
  }
}

}  // namespace accoil::gateway
