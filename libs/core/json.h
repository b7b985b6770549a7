#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace accoil::core {

/// What a text from outside may cost before it is refused.
struct JsonLimits {
  /// Bytes of the whole text.
  std::size_t size = 1 << 20;
  /// Objects and arrays within one another; a bare value has depth 0.
  std::size_t depth = 32;
};

/// Parses one JSON text (RFC 8259) that nobody vouches for. Throws core::InvalidArgument, its field
/// the path of the value where reading stopped ("catalogue[3].type"), when the text
/// - is not JSON (the message says at which byte) or not UTF-8,
/// - is larger or deeper than the limits,
/// - has an object with the same name twice, of which readers would disagree which one counts,
/// - has an integer of more than 64 bits or a number that no double holds.
/// Messages never quote values.
nlohmann::json ParseJson(std::string_view text, const JsonLimits& limits = {});

}  // namespace accoil::core
