#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "services/trait-sync/subject.h"

namespace accoil::traitsync {

/// The trait that every profile has without its catalogue saying so: the names of the segments that
/// a subject is in.
inline constexpr std::string_view kSegmentsTrait = "Segments";

/// prefix_[profile name without its spaces]_[trait]: "Accoil", "Trial Users", "ActivationRate" make
/// Accoil_TrialUsers_ActivationRate. Intercom gives a name either to contacts or to companies, so
/// for a trait that users and accounts have (`on_both`) the one of companies ends in _Account.
std::string AttributeName(std::string_view prefix, std::string_view profile_name,
                          std::string_view trait, SubjectKind kind, bool on_both);

/// Why Intercom would refuse an attribute of this name, nothing when it should take it. Letters
/// beyond ASCII are let through: which of them Intercom counts as letters only it can say.
std::optional<std::string> NameProblem(std::string_view name, std::size_t most_characters);

}  // namespace accoil::traitsync
