#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "libs/events/partition.h"
#include "libs/events/record.h"

namespace accoil::events {

/// What a group member holds: its partitions, how far each was received and applied, and the
/// records that were received and not applied yet. No I/O; belongs to the consumer's thread.
///
/// A partition is *held* from assignment to revocation. It is *placed* once its stored offset is
/// known and fetching from there has begun; records of partitions that are not placed are not
/// taken.
class Assignment {
 public:
  /// Assigned: held, not placed.
  void Hold(const Partition& partition);
  /// Revoked or lost: its records are forgotten.
  void Release(const Partition& partition);
  void ReleaseAll();

  std::vector<Partition> Unplaced() const;
  std::vector<Partition> Placed() const;

  /// Fetching begins at `from`, or at the earliest record when there is nothing stored.
  void Place(const Partition& partition, std::optional<std::int64_t> stored);
  /// Fetching begins at the earliest record although `stored` says otherwise: what it points to is
  /// gone.
  void PlaceAtStart(const Partition& partition);
  /// No longer placed, its records forgotten: its stored offset has to be read again.
  void Displace(const Partition& partition);

  /// Takes a record, unless it comes from a partition that is not placed or is behind what was
  /// taken before.
  void Take(Record record);
  const std::vector<Record>& records() const { return records_; }

  /// What applying `records`, some of those that were taken, does to their partitions.
  std::vector<Advance> AdvancesOf(std::span<const Record> records) const;
  /// The table holds the new offsets.
  void Moved(std::span<const Advance> advances);
  /// The first `count` records are done with.
  void DropFirst(std::size_t count);

  /// The offset behind the last applied record of each placed partition that has one.
  std::map<Partition, std::int64_t> AppliedOffsets() const;

 private:
  struct State {
    bool placed = false;
    /// What the table holds.
    std::optional<std::int64_t> stored;
    /// Records with lower offsets were taken before.
    std::int64_t next = 0;
  };
  void Forget(const Partition& partition);

  std::map<Partition, State> partitions_;
  std::vector<Record> records_;
};

}  // namespace accoil::events
