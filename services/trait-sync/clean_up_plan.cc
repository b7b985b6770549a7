#include "services/trait-sync/clean_up_plan.h"

#include "services/trait-sync/wanted_attributes.h"

namespace accoil::traitsync {
namespace {

void Earlier(std::optional<core::TimePoint>& earliest, core::TimePoint time) {
  if (!earliest || time < *earliest) earliest = time;
}

}  // namespace

void AddWanted(WantedNames& wanted, std::string_view prefix, const std::vector<Profile>& profiles) {
  for (const auto kind : {SubjectKind::kUser, SubjectKind::kAccount}) {
    for (auto& attribute : WantedAttributes(prefix, profiles, kind)) {
      wanted.emplace(ModelOf(kind), std::move(attribute.name));
    }
  }
}

CleanUpPlan PlanCleanUp(const std::vector<OurAttribute>& attributes, const WantedNames& wanted,
                        core::TimePoint now) {
  CleanUpPlan plan;
  for (const auto& attribute : attributes) {
    const bool cannot = attribute.state == "cannot_archive";
    if (wanted.contains({attribute.model, attribute.name})) {
      if (cannot) plan.keep.push_back(attribute);
    } else if (attribute.state == "archived" && attribute.confirmed) {
      continue;
    } else if (cannot && attribute.retry_at && *attribute.retry_at > now) {
      plan.left.push_back(attribute);
      Earlier(plan.again_at, *attribute.retry_at);
    } else if (attribute.intercom_id) {
      plan.archive.push_back(attribute);
    } else {
      plan.look_for.push_back(attribute);
    }
  }
  return plan;
}

LookedFor Judge(const OurAttribute& attribute, const intercom::DataAttribute* found,
                core::TimePoint now) {
  if (found != nullptr) return found->archived ? LookedFor::kArchived : LookedFor::kArchive;
  return attribute.checked_at + kLateAnswer <= now ? LookedFor::kForget : LookedFor::kLookAgain;
}

std::string DescribeLeftBehind(const std::vector<OurAttribute>& left, std::string_view prefix) {
  constexpr int kMostNamed = 10;
  std::string text;
  int named = 0;
  int more = 0;
  for (const auto& attribute : left) {
    if (!attribute.name.starts_with(std::string(prefix) + "_")) continue;
    if (named == kMostNamed) {
      ++more;
      continue;
    }
    text += named++ == 0 ? "Could not be archived in Intercom: " : "; ";
    text += attribute.name + " (" + attribute.reason + ")";
  }
  if (more > 0) text += "; and " + std::to_string(more) + " more";
  return text;
}

}  // namespace accoil::traitsync
