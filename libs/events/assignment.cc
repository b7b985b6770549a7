#include "libs/events/assignment.h"

#include <algorithm>

namespace accoil::events {

void Assignment::Hold(const Partition& partition) { partitions_[partition] = State{}; }

void Assignment::Release(const Partition& partition) {
  Forget(partition);
  partitions_.erase(partition);
}

void Assignment::ReleaseAll() {
  partitions_.clear();
  records_.clear();
}

std::vector<Partition> Assignment::Unplaced() const {
  std::vector<Partition> partitions;
  for (const auto& [partition, state] : partitions_) {
    if (!state.placed) partitions.push_back(partition);
  }
  return partitions;
}

std::vector<Partition> Assignment::Placed() const {
  std::vector<Partition> partitions;
  for (const auto& [partition, state] : partitions_) {
    if (state.placed) partitions.push_back(partition);
  }
  return partitions;
}

void Assignment::Place(const Partition& partition, std::optional<std::int64_t> stored) {
  auto& state = partitions_.at(partition);
  state = {true, stored, stored.value_or(0)};
}

void Assignment::PlaceAtStart(const Partition& partition) {
  auto& state = partitions_.at(partition);
  Forget(partition);
  state.placed = true;
  state.next = 0;
}

void Assignment::Displace(const Partition& partition) {
  const auto found = partitions_.find(partition);
  if (found == partitions_.end()) return;
  Forget(partition);
  found->second = State{};
}

void Assignment::Take(Record record) {
  const auto found = partitions_.find({record.topic, record.partition});
  if (found == partitions_.end() || !found->second.placed) return;
  if (record.offset < found->second.next) return;
  found->second.next = record.offset + 1;
  records_.push_back(std::move(record));
}

std::vector<Advance> Assignment::AdvancesOf(std::span<const Record> records) const {
  std::map<Partition, Advance> advances;
  for (const auto& record : records) {
    Partition partition{record.topic, record.partition};
    auto& advance = advances[partition];
    advance.next = record.offset + 1;
    advance.expected = partitions_.at(partition).stored;
    advance.partition = std::move(partition);
  }
  std::vector<Advance> list;
  for (auto& [partition, advance] : advances) list.push_back(std::move(advance));
  return list;
}

void Assignment::Moved(std::span<const Advance> advances) {
  for (const auto& advance : advances) partitions_.at(advance.partition).stored = advance.next;
}

void Assignment::DropFirst(std::size_t count) {
  records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(count));
}

std::map<Partition, std::int64_t> Assignment::AppliedOffsets() const {
  std::map<Partition, std::int64_t> offsets;
  for (const auto& [partition, state] : partitions_) {
    if (state.placed && state.stored) offsets[partition] = *state.stored;
  }
  return offsets;
}

void Assignment::Forget(const Partition& partition) {
  std::erase_if(records_, [&](const Record& record) {
    return record.topic == partition.topic && record.partition == partition.number;
  });
}

}  // namespace accoil::events
