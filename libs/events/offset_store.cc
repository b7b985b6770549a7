#include "libs/events/offset_store.h"

#include <set>

namespace accoil::events {

OffsetStore::OffsetStore(const std::string& prefix, const std::string& group)
    : prefix_(prefix), group_(prefix + group) {}

std::map<Partition, std::int64_t> OffsetStore::Read(postgres::Transaction& tx,
                                                    std::span<const Partition> partitions) const {
  std::vector<std::string> topics;
  std::vector<std::int32_t> numbers;
  for (const auto& partition : partitions) {
    topics.push_back(prefix_ + partition.topic);
    numbers.push_back(partition.number);
  }
  std::map<Partition, std::int64_t> offsets;
  for (const auto& row : tx.Execute(R"sql(
           SELECT stored.topic, stored.partition, stored.next_offset
           FROM consumer_offset AS stored
           JOIN unnest($2::text[], $3::integer[]) AS wanted (topic, partition)
             USING (topic, partition)
           WHERE stored.consumer_group = $1::text
         )sql",
                                    group_, topics, numbers)) {
    offsets[{row.Get<std::string>("topic").substr(prefix_.size()),
             row.Get<std::int32_t>("partition")}] = row.Get<std::int64_t>("next_offset");
  }
  return offsets;
}

std::vector<Partition> OffsetStore::Move(postgres::Transaction& tx,
                                         std::span<const Advance> advances) const {
  std::vector<std::string> topics;
  std::vector<std::int32_t> numbers;
  std::vector<std::optional<std::int64_t>> expected;
  std::vector<std::int64_t> next;
  std::set<Partition> lost;
  for (const auto& advance : advances) {
    topics.push_back(prefix_ + advance.partition.topic);
    numbers.push_back(advance.partition.number);
    expected.push_back(advance.expected);
    next.push_back(advance.next);
    lost.insert(advance.partition);
  }
  for (const auto& row : tx.Execute(R"sql(
           WITH advance AS (
             SELECT * FROM unnest($2::text[], $3::integer[], $4::bigint[], $5::bigint[])
               AS given (topic, partition, expected, next_offset)
           ), updated AS (
             UPDATE consumer_offset AS stored
             SET next_offset = advance.next_offset, updated_at = now()
             FROM advance
             WHERE stored.consumer_group = $1::text AND stored.topic = advance.topic
               AND stored.partition = advance.partition
               AND stored.next_offset = advance.expected
             RETURNING stored.topic, stored.partition
           ), inserted AS (
             INSERT INTO consumer_offset (consumer_group, topic, partition, next_offset)
             SELECT $1::text, topic, partition, next_offset FROM advance WHERE expected IS NULL
             ORDER BY topic, partition
             ON CONFLICT DO NOTHING
             RETURNING topic, partition
           )
           SELECT topic, partition FROM updated
           UNION ALL
           SELECT topic, partition FROM inserted
         )sql",
                                    group_, topics, numbers, expected, next)) {
    lost.erase(
        {row.Get<std::string>("topic").substr(prefix_.size()), row.Get<std::int32_t>("partition")});
  }
  return {lost.begin(), lost.end()};
}

}  // namespace accoil::events
