#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "libs/core/clock.h"

namespace accoil::core {

/// The second that an RFC 3339 date-time ("2026-11-24T07:17:35.5+01:00") names, or the first one in
/// UTC of a date alone. Fractions are cut off. Nothing when it is neither.
std::optional<std::chrono::sys_seconds> ParseDate(std::string_view text);

/// The same, or what comes nearest: a TimePoint holds 1677 to 2262, a date the years 0 to 9999.
TimePoint ToTimePoint(std::chrono::sys_seconds time);

}  // namespace accoil::core
