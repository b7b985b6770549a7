#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "libs/core/clock.h"
#include "libs/core/ids.h"
#include "libs/telemetry/log.h"
#include "services/gateway/metrics.h"
#include "services/gateway/upstreams.h"

namespace accoil::gateway {

/// Whom an API key stands for.
struct ApiKey {
  std::int64_t api_key_id = 0;
  core::ProductId product;
  std::set<connections::v1::Scope> scopes;
};

/// SHA-256 of a credential: what caches and comparisons hold instead of the credential itself.
using KeyDigest = std::array<unsigned char, 32>;
KeyDigest DigestOf(std::string_view credential);

struct ApiKeyCacheConfig {
  /// How long a known key is believed: one that was revoked through another gateway works for this
  /// much longer.
  std::chrono::milliseconds known_for{10'000};
  /// How long a key that nobody has is refused without asking.
  std::chrono::milliseconds unknown_for{5'000};
  /// Keys kept of each sort; beyond it the oldest goes.
  std::size_t capacity = 10'000;
};

/// Recognises API keys: asks connections and remembers the answer briefly. Keys that nobody has are
/// kept apart from known ones, so that a flood of guesses does not push customers out. Any thread.
class ApiKeys {
 public:
  /// All references outlive it.
  ApiKeys(ConnectionsApi& connections, const core::Clock& clock, ApiKeyCacheConfig config,
          Metrics& metrics, telemetry::Logger logger);

  /// Nothing when it is nobody's key. Throws core::Unavailable when connections does not answer and
  /// the key is not remembered.
  std::optional<ApiKey> Find(const std::string& key);

  /// The key was revoked: what is remembered of it goes.
  void Forget(std::int64_t api_key_id);

 private:
  struct Entry {
    core::TimePoint expires;
    std::optional<ApiKey> api_key;
  };
  /// Entries of one lifetime, so that the order of coming is the order of expiry.
  struct Remembered {
    std::map<KeyDigest, Entry> entries;
    std::deque<KeyDigest> order;
  };

  /// The entry that still counts. Holds mutex_.
  const Entry* Recall(Remembered& remembered, const KeyDigest& digest) const;
  /// Holds mutex_.
  void Remember(Remembered& remembered, const KeyDigest& digest, Entry entry) const;
  std::optional<ApiKey> Ask(const std::string& key);

  ConnectionsApi& connections_;
  const core::Clock& clock_;
  const ApiKeyCacheConfig config_;
  Metrics& metrics_;
  telemetry::Logger logger_;
  std::mutex mutex_;
  Remembered known_;
  Remembered unknown_;
  /// How often Forget was called: an answer that was under way meanwhile may be out of date.
  std::uint64_t forgotten_ = 0;
};

}  // namespace accoil::gateway
