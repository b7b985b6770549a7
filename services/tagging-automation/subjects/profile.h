#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "accoil/events/v1/events.pb.h"
#include "libs/conditions/profile_schema.h"
#include "libs/core/ids.h"
#include "services/tagging-automation/subjects/facts.h"
#include "services/tagging-automation/subjects/subject.h"

namespace accoil::tagging {

/// A profile as profile-changed tells of it.
struct Profile {
  core::ProfileId id;
  std::string name;
  events::v1::ProfileChanged catalogue;
};

/// Who a subject is, as the directory knows it.
struct Identity {
  bool removed = false;
  std::string email;
  std::string name;
};

/// The fields that conditions of a profile may speak of, for one kind of subject, and where their
/// values come from.
class ProfileFields {
 public:
  /// Where the value of a field is.
  enum class Source { kTrait, kSegments, kName, kEmail, kId };

  ProfileFields(SubjectKind kind, const Profile& profile);

  const conditions::Schema& schema() const { return schema_; }
  Source source(std::size_t field) const { return sources_[field]; }
  /// The traits by name, each with its place.
  const std::vector<std::pair<std::string, std::size_t>>& traits() const { return traits_; }

 private:
  conditions::Schema schema_;
  std::vector<Source> sources_;
  std::vector<std::pair<std::string, std::size_t>> traits_;
};

/// A subject as conditions of a profile look at it. Lives no longer than what it was made from.
class SubjectView final : public conditions::Facts {
 public:
  SubjectView(const ProfileFields& fields, const SubjectFacts& facts, const Identity& identity,
              const core::SubjectId& id);

  conditions::Value Get(std::size_t field) const override;
  bool Has(std::size_t field, std::string_view text) const override;
  bool HasAny(std::size_t field) const override;

  const ProfileFields& fields() const { return fields_; }
  const SubjectFacts& facts() const { return facts_; }
  const Identity& identity() const { return identity_; }

 private:
  const ProfileFields& fields_;
  const SubjectFacts& facts_;
  const Identity& identity_;
  const core::SubjectId& id_;
  /// By place; null where there is no value.
  std::vector<const v1::StoredFacts::Trait*> traits_;
};

}  // namespace accoil::tagging
