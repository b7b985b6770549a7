#pragma once

#include "libs/conditions/value.h"

namespace accoil::conditions {

/// The kinds of subject, numbered as accoil.events.v1.SubjectKind.
enum class Kind { kUser = 1, kAccount = 2 };

/// The schema of a profile: its traits in the order given, as far as this kind of subject has them,
/// then Segments, Name and, of users, Email and UserId, of accounts AccountId. A trait that has the
/// name of one of these hides it; but Segments, which catalogues have so that it is synced, is
/// always the set of the memberships.
Schema ProfileSchema(Kind kind, const std::vector<Field>& traits);

}  // namespace accoil::conditions
