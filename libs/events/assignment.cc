#include "libs/events/assignment.h"

#include <algorithm>

namespace accoil::events {

void Assignment::Hold(const Partition& partition) { partitions_[partition] = State{}; }

void Assignment::Release(const Partition& partition) {
  Forget(partition);
  partitions_.erase(partition);
  gaps_.erase(partition);
}

void Assignment::ReleaseAll() {
  partitions_.clear();
  gaps_.clear();
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
  partitions_.at(partition) = {
      .placed = true, .stored = stored, .next = stored.value_or(0), .trusted = false};
}

void Assignment::PlaceAtStart(const Partition& partition) {
  auto& state = partitions_.at(partition);
  Forget(partition);
  state.placed = true;
  state.next = 0;
  // Where the log begins is not known here.
  state.trusted = true;
}

void Assignment::Displace(const Partition& partition) {
  const auto found = partitions_.find(partition);
  if (found == partitions_.end()) return;
  Forget(partition);
  found->second = State{};
}

void Assignment::Distrust() {
  for (auto& [partition, state] : partitions_) state.trusted = false;
}

bool Assignment::Take(Record record) {
  const Partition partition{record.topic, record.partition};
  const auto found = partitions_.find(partition);
  if (found == partitions_.end() || !found->second.placed) return true;
  auto& state = found->second;
  if (record.offset < state.next) return true;
  if (!state.trusted && record.offset > state.next) {
    const Gap gap{state.next, record.offset};
    const auto [known, is_new] = gaps_.try_emplace(partition, gap);
    if (is_new || known->second != gap) {
      known->second = gap;
      return false;
    }
  }
  gaps_.erase(partition);
  state.trusted = true;
  state.next = record.offset + 1;
  records_.push_back(std::move(record));
  return true;
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
