#include "libs/events/outbox_order.h"

#include <set>
#include <string_view>
#include <utility>

namespace accoil::events {

std::vector<std::size_t> DoneWith(std::span<const OutgoingRecord> records,
                                  std::span<const Producer::Failure> failures) {
  std::set<std::size_t> failed;
  for (const auto& failure : failures) failed.insert(failure.index);
  std::set<std::pair<std::string_view, std::string_view>> held_up;
  std::vector<std::size_t> done;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::pair<std::string_view, std::string_view> fact(records[i].topic, records[i].key);
    if (failed.contains(i)) held_up.insert(fact);
    if (!held_up.contains(fact)) done.push_back(i);
  }
  return done;
}

}  // namespace accoil::events
