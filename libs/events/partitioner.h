#pragma once

#include <cstdint>
#include <string_view>

namespace accoil::events {

/// The partition of a record key: murmur2, as Kafka's Java client hashes, over the key's first
/// three parts, so that all facts of a subject share a partition. `partition_count` is above 0.
std::int32_t PartitionOf(std::string_view key, std::int32_t partition_count);

}  // namespace accoil::events
