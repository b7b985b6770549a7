#pragma once

#include <compare>
#include <cstdint>

#include "libs/core/ids.h"

namespace accoil::tagging {

/// What a fact, a rule or a tag is about; numbered as accoil.events.v1.SubjectKind.
enum class SubjectKind : std::int16_t { kUser = 1, kAccount = 2 };

/// A user or an account of a product.
struct Subject {
  core::ProductId product;
  SubjectKind kind = SubjectKind::kUser;
  core::SubjectId id;
  friend auto operator<=>(const Subject&, const Subject&) = default;
};

using RuleId = core::Id<struct RuleIdTag, std::int64_t>;
/// A job of tagging by hand: a UUID.
using JobId = core::Id<struct JobIdTag, std::string>;

}  // namespace accoil::tagging
