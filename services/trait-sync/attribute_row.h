#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "libs/core/clock.h"

namespace accoil::traitsync {

/// The definition behind an attribute, as it is remembered.
struct AttributeRow {
  std::string name;
  /// present, wanted, refused, archived or cannot_archive.
  std::string state;
  std::string data_type;
  std::optional<std::int64_t> intercom_id;
  std::string reason;
  std::optional<core::TimePoint> retry_at;
  core::TimePoint checked_at;
  /// Whether this service made it, or may have. Nothing, when it is written: as it was.
  std::optional<bool> ours;
};

}  // namespace accoil::traitsync
