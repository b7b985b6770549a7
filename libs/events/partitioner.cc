#include "libs/events/partitioner.h"

#include <librdkafka/rdkafka.h>

namespace accoil::events {
namespace {

/// product/kind/subject of a key; the parts' own slashes are encoded.
std::string_view SubjectOf(std::string_view key) {
  constexpr int kParts = 3;
  std::size_t end = 0;
  for (int part = 0; part < kParts; ++part) {
    end = key.find('/', part == 0 ? 0 : end + 1);
    if (end == std::string_view::npos) return key;
  }
  return key.substr(0, end);
}

}  // namespace

std::int32_t PartitionOf(std::string_view key, std::int32_t partition_count) {
  const auto subject = SubjectOf(key);
  return rd_kafka_msg_partitioner_murmur2(nullptr, subject.data(), subject.size(), partition_count,
                                          nullptr, nullptr);
}

}  // namespace accoil::events
