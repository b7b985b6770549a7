#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "libs/events/batch.h"
#include "libs/events/partition.h"
#include "libs/events/record.h"

namespace accoil::events {

/// A record that goes to dead-letter.
struct Rejected {
  const Record* record = nullptr;
  /// What was wrong with it, UTF-8.
  std::string reason;
};

/// Somebody else has moved the offsets of these partitions: they are no longer ours.
class PartitionsLost : public std::runtime_error {
 public:
  explicit PartitionsLost(std::vector<Partition> partitions)
      : std::runtime_error("another member has moved the offsets"),
        partitions_(std::move(partitions)) {}
  const std::vector<Partition>& partitions() const { return partitions_; }

 private:
  std::vector<Partition> partitions_;
};

/// Commits records in one transaction: their events are `batch`, those of them that go to
/// dead-letter are `rejected`, the rest are tombstones. Nothing of it has happened when it throws.
using CommitRecords = std::function<void(std::span<const Record> records, const Batch& batch,
                                         const std::vector<Rejected>& rejected)>;

/// Whether an error of a batch comes from what is in its records, so that leaving one out helps.
/// Unreachable servers, lost partitions, conditions of the database (no disk, a lock, a statement's
/// time-out, a missing right) and a schema that does not fit are not the records' doing: the same
/// records may succeed later.
bool RecordsAreAtFault(const std::exception& error);

/// Has `commit` take all records, in order: together when that works, otherwise in halves, down to
/// the record that cannot be applied, which is then rejected. `committed` is how many of the first
/// records are done, also when an error that is not the records' fault is thrown on.
void ApplyInHalves(std::span<const Record> records, const CommitRecords& commit,
                   std::size_t& committed);

}  // namespace accoil::events
