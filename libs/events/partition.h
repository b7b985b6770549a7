#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

namespace accoil::events {

/// A partition of a topic, which goes by its plain name.
struct Partition {
  std::string topic;
  std::int32_t number = 0;
  friend auto operator<=>(const Partition&, const Partition&) = default;
};

/// What a batch does to a partition's place.
struct Advance {
  Partition partition;
  /// The offset that the table holds; nothing when it has no row.
  std::optional<std::int64_t> expected;
  /// The offset behind the last record of the batch.
  std::int64_t next = 0;
};

}  // namespace accoil::events
