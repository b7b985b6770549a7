#include "services/trait-sync/profile_preview.h"

#include <algorithm>
#include <optional>

#include "services/trait-sync/attribute_naming.h"

namespace accoil::traitsync {
namespace {

using ByName = std::map<std::string, WantedAttribute>;

ByName Wanted(const std::string& prefix, const std::vector<Profile>& profiles, SubjectKind kind) {
  ByName wanted;
  for (auto& attribute : WantedAttributes(prefix, profiles, kind)) {
    auto name = attribute.name;
    wanted.emplace(std::move(name), std::move(attribute));
  }
  return wanted;
}

bool SameSource(const WantedAttribute& a, const WantedAttribute& b) {
  return a.profile == b.profile && a.trait == b.trait && a.type == b.type;
}

/// What is remembered of an attribute; nothing when it was never looked at.
const AttributeRow* Find(const PreviewInput& input, SubjectKind kind, const std::string& name) {
  const auto found = input.known.find({ModelOf(kind), name});
  return found == input.known.end() ? nullptr : &found->second;
}

/// How a wanted attribute would stand in Intercom.
AttributeChange Gain(const PreviewInput& input, SubjectKind kind, const WantedAttribute& wanted,
                     std::size_t longest_name) {
  AttributeChange change;
  change.kind = kind;
  change.name = wanted.name;
  change.gains = true;
  change.profile = wanted.profile;
  change.trait = wanted.trait;
  const auto refused = [&](std::string reason) {
    change.fate = AttributeFate::kRefused;
    change.reason = std::move(reason);
    return change;
  };
  if (auto problem = NameProblem(wanted.name, longest_name)) return refused(*std::move(problem));
  const auto* row = Find(input, kind, wanted.name);
  if (row == nullptr) return change;
  if (!row->intercom_id) return row->state == "refused" ? refused(row->reason) : change;
  if (!Carries(row->data_type, wanted.type)) {
    return refused(TypeProblem(row->data_type, wanted.type));
  }
  change.fate = AttributeFate::kBringBack;
  if (row->state != "archived") {
    change.there = true;
    change.reason = "Intercom has it already";
  }
  return change;
}

std::string NameOf(const std::vector<Profile>& profiles, const core::ProfileId& id) {
  for (const auto& profile : profiles) {
    if (profile.id == id) return profile.name;
  }
  return id.value();
}

/// The attribute stays wanted, for another trait or of another type.
AttributeChange Switch(const PreviewInput& input, SubjectKind kind, const WantedAttribute& before,
                       const WantedAttribute& after, std::size_t longest_name) {
  auto change = Gain(input, kind, after, longest_name);
  if (change.fate == AttributeFate::kRefused) return change;
  if (before.profile != after.profile) {
    change.fate = AttributeFate::kKeep;
    change.reason =
        "the profile " + NameOf(input.after, after.profile) + " has an attribute of the same name";
  } else {
    change.fate = AttributeFate::kRewritten;
    change.reason.clear();
  }
  return change;
}

/// What becomes of one that the product does not want any more; nothing when Intercom does not show
/// it.
std::optional<AttributeChange> Loss(const PreviewInput& input, SubjectKind kind,
                                    const WantedAttribute& wanted) {
  const auto* row = Find(input, kind, wanted.name);
  if (row == nullptr || !row->intercom_id || row->state == "archived") return std::nullopt;
  AttributeChange change;
  change.kind = kind;
  change.name = wanted.name;
  if (input.others.contains({ModelOf(kind), wanted.name})) {
    change.fate = AttributeFate::kKeep;
    change.reason = "another product that is connected to the workspace wants it";
  } else if (!row->ours.value_or(false)) {
    // It was refused for what it is, so nothing of ours is there.
    if (row->state == "refused") return std::nullopt;
    change.fate = AttributeFate::kKeep;
    change.reason = "it was in Intercom before and is not archived";
  } else {
    change.fate = AttributeFate::kArchive;
  }
  return change;
}

}  // namespace

const char* ToString(AttributeFate fate) {
  switch (fate) {
    case AttributeFate::kCreate:
      return "create";
    case AttributeFate::kBringBack:
      return "bring_back";
    case AttributeFate::kArchive:
      return "archive";
    case AttributeFate::kKeep:
      return "keep";
    case AttributeFate::kRefused:
      return "refused";
    case AttributeFate::kRewritten:
      return "rewritten";
  }
  return "create";
}

std::vector<AttributeChange> CompareProfiles(const PreviewInput& input, std::size_t longest_name) {
  std::vector<AttributeChange> changes;
  for (const auto kind : {SubjectKind::kUser, SubjectKind::kAccount}) {
    const auto before = Wanted(input.prefix, input.before, kind);
    const auto after = Wanted(input.prefix, input.after, kind);
    const auto first = changes.size();
    for (const auto& [name, wanted] : after) {
      const auto was = before.find(name);
      if (was == before.end()) {
        changes.push_back(Gain(input, kind, wanted, longest_name));
      } else if (!SameSource(was->second, wanted)) {
        changes.push_back(Switch(input, kind, was->second, wanted, longest_name));
      }
    }
    for (const auto& [name, wanted] : before) {
      if (after.contains(name)) continue;
      if (auto loss = Loss(input, kind, wanted)) changes.push_back(*std::move(loss));
    }
    std::sort(changes.begin() + static_cast<std::ptrdiff_t>(first), changes.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
  }
  return changes;
}

std::vector<Profile> WithProfile(std::vector<Profile> profiles, Profile profile, bool removed) {
  std::erase_if(profiles, [&](const Profile& other) { return other.id == profile.id; });
  if (!removed) {
    // In the order that decides which of two attributes of one name counts.
    const auto place = std::find_if(profiles.begin(), profiles.end(),
                                    [&](const Profile& other) { return profile.id < other.id; });
    profiles.insert(place, std::move(profile));
  }
  return profiles;
}

}  // namespace accoil::traitsync
