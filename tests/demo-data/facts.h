#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "nlohmann/json.hpp"
#include "tests/demo-data/population.h"

namespace accoil::demo {

/// The facts of the demo as items of the gateway's batch. Every fact has a version, so sending it
/// again says nothing new. Some facts come twice or late, with an older version than the one that
/// counts, as they do from real pipelines.
class Facts {
 public:
  using Emit = std::function<void(const nlohmann::ordered_json& item)>;

  /// The population outlives it.
  Facts(const Population& population, Emit emit)
      : population_(population), emit_(std::move(emit)) {}

  void Identify(const Account& account) const;
  void Identify(const User& user) const;
  /// The subject has left the product: newer than its identification.
  void Remove(const Account& account) const;
  void Remove(const User& user) const;
  /// Traits and segments; `members` is how many users the account has.
  void Measure(const Account& account, std::uint64_t members) const;
  void Measure(const User& user) const;

 private:
  const Population& population_;
  Emit emit_;
};

/// Unix seconds as RFC 3339 with an offset of whole hours: 2026-01-05T08:30:00Z,
/// 2026-01-05T10:30:00+02:00.
std::string Rfc3339(std::int64_t seconds, int offset_hours);

}  // namespace accoil::demo
