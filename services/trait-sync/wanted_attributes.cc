#include "services/trait-sync/wanted_attributes.h"

#include <set>

#include "services/trait-sync/attribute_naming.h"

namespace accoil::traitsync {
namespace {

/// The traits of a profile that go to Intercom for subjects of a kind.
std::vector<TraitDefinition> SyncedTraits(const Profile& profile, SubjectKind kind) {
  std::vector<TraitDefinition> traits;
  if (profile.mode == SyncMode::kOff) return traits;
  TraitDefinition segments{std::string(kSegmentsTrait), TraitType::kString, true, true,
                           "The segments of " + profile.name + " that this one is in."};
  for (const auto& trait : profile.catalogue) {
    if (trait.name == kSegmentsTrait) {
      // The catalogue may describe it; what it is stays.
      if (!trait.definition.empty()) segments.definition = trait.definition;
    } else if (profile.mode == SyncMode::kAllTraits && trait.On(kind)) {
      traits.push_back(trait);
    }
  }
  traits.push_back(std::move(segments));
  return traits;
}

bool OnBothKinds(const TraitDefinition& trait) { return trait.on_users && trait.on_accounts; }

}  // namespace

std::vector<WantedAttribute> WantedAttributes(std::string_view prefix,
                                              const std::vector<Profile>& profiles,
                                              SubjectKind kind, std::vector<std::string>* clashes) {
  std::vector<WantedAttribute> wanted;
  std::set<std::string> names;
  for (const auto& profile : profiles) {
    for (auto& trait : SyncedTraits(profile, kind)) {
      WantedAttribute attribute;
      attribute.name = AttributeName(prefix, profile.name, trait.name, kind, OnBothKinds(trait));
      if (!names.insert(attribute.name).second) {
        if (clashes != nullptr) clashes->push_back(attribute.name);
        continue;
      }
      attribute.type = trait.type;
      attribute.description = std::move(trait.definition);
      attribute.profile = profile.id;
      attribute.trait = std::move(trait.name);
      wanted.push_back(std::move(attribute));
    }
  }
  return wanted;
}

std::vector<TypedValue> WantedValues(const std::vector<WantedAttribute>& attributes,
                                     const SubjectFacts& facts, const AttributeLimits& limits) {
  std::vector<TypedValue> values;
  values.reserve(attributes.size());
  for (const auto& attribute : attributes) {
    if (attribute.trait == kSegmentsTrait) {
      const auto found = facts.segments.find(attribute.profile);
      values.emplace_back(found == facts.segments.end()
                              ? intercom::AttributeValue()
                              : SegmentsValue(found->second, limits.text));
      continue;
    }
    const auto found = facts.traits.find({attribute.profile, attribute.trait});
    if (found == facts.traits.end()) {
      values.emplace_back(intercom::AttributeValue());
    } else {
      values.push_back(Typed(found->second, attribute.type, limits.text));
    }
  }
  return values;
}

}  // namespace accoil::traitsync
