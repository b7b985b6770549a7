#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "libs/events/partition.h"
#include "libs/postgres/database.h"

namespace accoil::events {

/// The table consumer_offset, seen by one consumer group. Stateless; any thread.
class OffsetStore {
 public:
  /// `prefix` stands before topics and the group in Kafka, and so in the table.
  OffsetStore(const std::string& prefix, const std::string& group);

  /// The offsets to go on from; a partition without a row has none.
  std::map<Partition, std::int64_t> Read(postgres::Transaction& tx,
                                         std::span<const Partition> partitions) const;

  /// Moves partitions on whose row is still as expected, and locks those rows until the transaction
  /// ends; answers the partitions whose row was not: somebody else has moved them, and whoever
  /// calls has to roll back.
  std::vector<Partition> Move(postgres::Transaction& tx, std::span<const Advance> advances) const;

 private:
  std::string prefix_;
  std::string group_;
};

}  // namespace accoil::events
