#include "libs/events/partitioner.h"

#include <set>
#include <string>

#include "tests/catch.h"

namespace accoil::events {

TEST_CASE("all facts of a subject share a partition") {
  const auto subject = PartitionOf("7/user/u1", 6);
  CHECK(PartitionOf("7/user/u1/trial/Score", 6) == subject);
  CHECK(PartitionOf("7/user/u1/enterprise/Red Hot %2F new", 6) == subject);
}

TEST_CASE("a key's partition is the one that Kafka's Java client gives its first three parts") {
  // org.apache.kafka.common.utils.Utils.toPositive(Utils.murmur2(key)) % 1000
  CHECK(PartitionOf("7/user/u1/trial/Score", 1000) == 125);
  CHECK(PartitionOf("12/account/Acme%2FEU", 1000) == 575);
  CHECK(PartitionOf("product", 1000) == 692);
  CHECK(PartitionOf("", 1000) == 681);
}

TEST_CASE("subjects spread over all partitions") {
  std::set<std::int32_t> used;
  for (int i = 0; i < 200; ++i) used.insert(PartitionOf("7/user/u" + std::to_string(i), 6));
  CHECK(used.size() == 6);
  for (const auto partition : used) CHECK((partition >= 0 && partition < 6));
}

}  // namespace accoil::events
