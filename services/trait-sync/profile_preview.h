#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "services/trait-sync/attribute_row.h"
#include "services/trait-sync/clean_up_plan.h"
#include "services/trait-sync/wanted_attributes.h"

namespace accoil::traitsync {

/// The definitions that are remembered in a workspace, by model and name.
using KnownDefinitions = std::map<std::pair<intercom::Model, std::string>, AttributeRow>;

/// What a change of profiles is judged from.
struct PreviewInput {
  std::string prefix;
  /// The product's profiles as they are and as they would be.
  std::vector<Profile> before;
  std::vector<Profile> after;
  /// What the other connected products of the workspace want.
  WantedNames others;
  KnownDefinitions known;
};

/// What would become of an attribute; each as accoil.traitsync.v1 tells it.
enum class AttributeFate {
  kCreate,
  kBringBack,
  kArchive,
  /// It stays though it is not wanted any more, or not for the same trait.
  kKeep,
  /// It is wanted and Intercom will not have it.
  kRefused,
  /// Nothing is done about it, but other values would go there.
  kRewritten,
};
const char* ToString(AttributeFate fate);

struct AttributeChange {
  SubjectKind kind = SubjectKind::kUser;
  std::string name;
  AttributeFate fate = AttributeFate::kCreate;
  /// Why it is kept or refused; of one that is brought back, when it was never away.
  std::string reason;
  /// Whether it would get values, those of `trait` of `profile`; otherwise it loses them.
  bool gains = false;
  core::ProfileId profile;
  std::string trait;
  /// Gains: Intercom has it now, so that a value which was delivered is there.
  bool there = false;
  /// Subjects that would get a value by it, or that carry one which would not be shown any more.
  std::int64_t subjects = 0;

  /// Whether subjects with a value would be written.
  bool writes() const { return gains && fate != AttributeFate::kRefused; }
};

/// The attributes of contacts, then of companies, that would change, each sorted by name; with no
/// subjects counted.
std::vector<AttributeChange> CompareProfiles(const PreviewInput& input, std::size_t longest_name);

/// The profiles with one of them put in place of its former self, or added, or taken away.
std::vector<Profile> WithProfile(std::vector<Profile> profiles, Profile profile, bool removed);

}  // namespace accoil::traitsync
