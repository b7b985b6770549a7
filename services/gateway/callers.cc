#include "services/gateway/callers.h"

#include <openssl/crypto.h>

namespace accoil::gateway {

Callers::Callers(const std::string& operator_key, ApiKeys& api_keys, RateLimiterConfig rate,
                 const core::Clock& clock, Metrics& metrics)
    : operator_digest_(DigestOf(operator_key)),
      api_keys_(api_keys),
      limiter_(rate),
      clock_(clock),
      metrics_(metrics) {}

std::optional<Caller> Callers::Find(const std::string& credential) {
  if (credential.empty()) return std::nullopt;
  // Digests have one length, so that the comparison takes the same time whatever is wrong.
  const auto digest = DigestOf(credential);
  if (CRYPTO_memcmp(digest.data(), operator_digest_.data(), digest.size()) == 0) return Caller{};
  auto api_key = api_keys_.Find(credential);
  if (!api_key) return std::nullopt;
  return Caller{std::move(api_key)};
}

std::optional<std::chrono::seconds> Callers::Delay(const Caller& caller) {
  const auto wait = limiter_.Take(caller.api_key_id(), clock_.Now());
  if (!wait) return std::nullopt;
  metrics_.OverRate();
  return std::chrono::ceil<std::chrono::seconds>(*wait);
}

}  // namespace accoil::gateway
