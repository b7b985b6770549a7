#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/trait-sync/attribute_value.h"
#include "services/trait-sync/profile.h"

namespace accoil::traitsync {

/// What Intercom takes; settings, for its documentation does not promise them.
struct AttributeLimits {
  /// Characters of a text value.
  std::size_t text = 255;
  /// Characters of an attribute's name.
  std::size_t name = 190;
};

/// An attribute that a product's profiles want on its contacts or on its companies.
struct WantedAttribute {
  std::string name;
  TraitType type = TraitType::kString;
  std::string description;
  core::ProfileId profile;
  std::string trait;
};

/// What the profiles want on subjects of a kind: every trait of the catalogue that is measured on
/// them, and Segments; Segments alone of a profile that syncs segments only; nothing of one that is
/// off. In the order of the profiles. When two would have one name, the first has it and the other
/// is left out, its name put into `clashes`.
std::vector<WantedAttribute> WantedAttributes(std::string_view prefix,
                                              const std::vector<Profile>& profiles,
                                              SubjectKind kind,
                                              std::vector<std::string>* clashes = nullptr);

/// What is known of a subject.
struct SubjectFacts {
  /// Stored values by profile and trait; withdrawn ones are missing.
  std::map<std::pair<core::ProfileId, std::string>, std::string> traits;
  /// The segments that it is in, by profile.
  std::map<core::ProfileId, std::vector<std::string>> segments;
};

/// The values that the subject should have, one for each attribute, in their order; null where
/// there is none.
std::vector<TypedValue> WantedValues(const std::vector<WantedAttribute>& attributes,
                                     const SubjectFacts& facts, const AttributeLimits& limits);

}  // namespace accoil::traitsync
