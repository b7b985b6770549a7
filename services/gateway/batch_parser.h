#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "services/gateway/item.h"

namespace accoil::gateway {

/// An item that cannot be accepted.
struct Refusal {
  /// The item's place in the batch, from 0.
  std::size_t index = 0;
  ItemProblem problem;
};

/// What a batch holds: each of its items is either in `items` or refused.
struct ParsedBatch {
  struct Accepted {
    std::size_t index = 0;
    Item item;
  };
  /// In the batch's order.
  std::vector<Accepted> items;
  std::vector<Refusal> refused;
};

/// Reads the items of a batch (as SplitBatch found them) that was received at `now`. Item i that
/// names neither a version nor a time takes `first_version` + i: of two items about one fact, the
/// later one wins. Never throws for what is in an item. Pure.
ParsedBatch ParseItems(const std::vector<std::string_view>& raw_items, core::ProductId product,
                       core::TimePoint now, std::int64_t first_version);

}  // namespace accoil::gateway
