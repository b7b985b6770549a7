#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "libs/core/clock.h"
#include "services/gateway/api_keys.h"
#include "services/gateway/metrics.h"
#include "services/gateway/rate_limiter.h"

namespace accoil::gateway {

/// Who calls: the operator, or an API key.
struct Caller {
  std::optional<ApiKey> api_key;
  bool is_operator() const { return !api_key; }
  /// 0 for the operator.
  std::int64_t api_key_id() const { return api_key ? api_key->api_key_id : 0; }
};

/// Recognises credentials and holds each to its rate. Guesses are bounded by what ApiKeys remembers
/// of keys that nobody has. Any thread.
class Callers {
 public:
  /// References outlive it.
  Callers(const std::string& operator_key, ApiKeys& api_keys, RateLimiterConfig rate,
          const core::Clock& clock, Metrics& metrics);

  /// Nothing when it is nobody's credential. Throws core::Unavailable when that cannot be found out
  /// now.
  std::optional<Caller> Find(const std::string& credential);

  /// Counts a request of the caller. Nothing when it may go on; else how long it has to wait,
  /// because it has sent too many.
  std::optional<std::chrono::seconds> Delay(const Caller& caller);

 private:
  KeyDigest operator_digest_;
  ApiKeys& api_keys_;
  RateLimiter limiter_;
  const core::Clock& clock_;
  Metrics& metrics_;
};

}  // namespace accoil::gateway
