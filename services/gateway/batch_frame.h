#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace accoil::gateway {

/// How the items of a batch are put together.
enum class BatchFormat {
  /// A JSON array of items, or {"items":[…]}.
  kJson,
  /// One item a line; blank lines are passed over.
  kNdjson,
};

/// Finds where each item of a batch begins and ends, without reading what is inside: an item that
/// is broken in itself (NaN, a wrong escape) can then be refused by name while the others go.
/// Answers views into `body`.
///
/// Throws core::InvalidArgument when the items cannot be told apart: brackets that do not match, a
/// text that ends too early, another object around the items; and when there are none or more than
/// `most_items`. Looks at every byte once and never recurses.
std::vector<std::string_view> SplitBatch(std::string_view body, BatchFormat format,
                                         std::size_t most_items);

}  // namespace accoil::gateway
