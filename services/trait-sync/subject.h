#pragma once

#include <compare>
#include <cstdint>

#include "libs/core/ids.h"
#include "libs/intercom/types.h"

namespace accoil::traitsync {

/// What a fact is about; numbered as accoil.events.v1.SubjectKind.
enum class SubjectKind : std::int16_t { kUser = 1, kAccount = 2 };

/// Users are contacts in Intercom, accounts companies.
inline intercom::Model ModelOf(SubjectKind kind) {
  return kind == SubjectKind::kUser ? intercom::Model::kContact : intercom::Model::kCompany;
}

/// A user or an account within a product.
struct Subject {
  SubjectKind kind = SubjectKind::kUser;
  core::SubjectId id;
  friend auto operator<=>(const Subject&, const Subject&) = default;
};

}  // namespace accoil::traitsync
