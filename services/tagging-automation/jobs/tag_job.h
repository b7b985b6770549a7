#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "libs/core/clock.h"
#include "services/tagging-automation/subjects/subject.h"
#include "services/tagging-automation/wishes/wish.h"

namespace accoil::tagging {

/// A job of tagging by hand.
struct TagJob {
  core::ProductId product;
  JobId id;
  std::string tag;
  TagTarget target = TagTarget::kUser;
  bool remove = false;
  SubjectKind kind = SubjectKind::kUser;
  std::string requested_by;
  core::TimePoint created_at;
  std::optional<core::TimePoint> finished_at;
  /// collecting, running, finished, cancelled or failed.
  std::string state;
  /// Chosen so far.
  std::int64_t subjects = 0;
  /// Of a failed one.
  std::string error;
  std::string traceparent;
};

}  // namespace accoil::tagging
