#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace accoil::widget {

/// Where a page ended: the next one begins after it. Opaque to callers, not secret, and good only
/// for the query that it came from.
struct ListCursor {
  /// The last one's value that the list is sorted by, as PostgreSQL writes it; nothing when it has
  /// none.
  std::optional<std::string> key;
  std::string subject_id;

  friend bool operator==(const ListCursor&, const ListCursor&) = default;
};

/// Of cursors in text.
constexpr std::size_t kLongestCursor = 4'000;

/// What a query is told apart by from others: all its parts but the cursor and the page's size.
std::uint64_t QueryDigest(const std::vector<std::string>& parts);

std::string ToText(const ListCursor& cursor, std::uint64_t query);
/// Throws core::InvalidArgument (its field is "cursor") for what is no cursor of this query.
ListCursor ParseCursor(std::string_view text, std::uint64_t query);

}  // namespace accoil::widget
