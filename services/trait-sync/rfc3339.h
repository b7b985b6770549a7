#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace accoil::traitsync {

/// Unix seconds of an RFC 3339 date-time ("2026-11-24T07:17:35.5+01:00") or of a date alone, taken
/// as its first second in UTC. Fractions are cut off. Nothing when it is neither.
std::optional<std::int64_t> ParseDate(std::string_view text);

}  // namespace accoil::traitsync
