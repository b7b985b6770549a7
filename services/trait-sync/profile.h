#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libs/core/ids.h"
#include "services/trait-sync/subject.h"

namespace accoil::traitsync {

/// Numbered as accoil.events.v1.TraitType.
enum class TraitType : std::int16_t { kString = 1, kInteger, kFloat, kBoolean, kDate };

/// The data_type of the attribute that carries a trait of this type.
const char* DataTypeOf(TraitType type);
/// Whether an attribute that Intercom says is of `data_type` can carry the type.
bool Carries(const std::string& data_type, TraitType type);
/// Why it cannot, for people.
std::string TypeProblem(const std::string& data_type, TraitType type);

/// What of a profile goes to Intercom; numbered as accoil.events.v1.SyncMode.
enum class SyncMode : std::int16_t { kOff = 1, kSegmentsOnly, kAllTraits };

/// One trait of a profile's catalogue.
struct TraitDefinition {
  std::string name;
  TraitType type = TraitType::kString;
  bool on_users = false;
  bool on_accounts = false;
  /// What it means, for people; becomes the attribute's description.
  std::string definition;

  bool On(SubjectKind kind) const { return kind == SubjectKind::kUser ? on_users : on_accounts; }
};

/// A scoring model of a product.
struct Profile {
  core::ProfileId id;
  std::string name;
  std::vector<TraitDefinition> catalogue;
  SyncMode mode = SyncMode::kOff;
};

}  // namespace accoil::traitsync
