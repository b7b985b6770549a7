#pragma once

#include <optional>
#include <span>
#include <vector>

#include "services/tagging-automation/rules/rules_store.h"

namespace accoil::tagging {

/// A subject with what is known of it in a profile.
struct Measured {
  core::SubjectId id;
  SubjectFacts facts;
  Identity identity;
};

/// The next subjects by id that a profile measures, to be looked at only.
std::vector<Measured> ReadMeasured(postgres::Transaction& tx, core::ProductId product,
                                   SubjectKind kind, const core::ProfileId& profile,
                                   const std::optional<core::SubjectId>& after, int most);

/// These subjects, in their order, whether the profile measures them or not.
std::vector<Measured> ReadMeasured(postgres::Transaction& tx, core::ProductId product,
                                   SubjectKind kind, const core::ProfileId& profile,
                                   std::span<const core::SubjectId> subjects);

}  // namespace accoil::tagging
