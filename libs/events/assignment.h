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

  /// Fetching begins at `stored`, or at 0 when there is nothing stored.
  void Place(const Partition& partition, std::optional<std::int64_t> stored);
  /// Fetching begins at the earliest record although `stored` says otherwise: what it points to is
  /// gone.
  void PlaceAtStart(const Partition& partition);
  /// No longer placed, its records forgotten: its stored offset has to be read again.
  void Displace(const Partition& partition);

  /// The client may have moved where it fetches, as it does when the group shares out partitions
  /// anew and when it goes on after a pause: the next record of each partition that is not the one
  /// after the last may have been reached by a leap over others.
  void Distrust();

  /// Takes a record, unless it comes from a partition that is not placed or is behind what was
  /// taken before. Answers false, having taken nothing, when it may have been reached by a leap:
  /// its partition has to be placed again, and if the same record comes again, there is none
  /// before it (compaction has removed them).
  bool Take(Record record);
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
    /// Whether the client fetches on from `next` for all that is known, so that a gap is one of the
    /// log.
    bool trusted = false;
  };
  /// A record that came instead of the one that was expected.
  struct Gap {
    std::int64_t expected = 0;
    std::int64_t came = 0;
    bool operator==(const Gap&) const = default;
  };
  void Forget(const Partition& partition);

  std::map<Partition, State> partitions_;
  /// What partitions were placed again for; outlives their places.
  std::map<Partition, Gap> gaps_;
  std::vector<Record> records_;
};

}  // namespace accoil::events
