#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/core/clock.h"
#include "libs/intercom/types.h"
#include "services/trait-sync/profile.h"

namespace accoil::traitsync {

/// An attribute that this service made, as it is remembered. One that was there before is none of
/// these, whoever wants it.
struct OurAttribute {
  intercom::Model model = intercom::Model::kContact;
  std::string name;
  /// present, wanted (perhaps made), refused, archived or cannot_archive.
  std::string state;
  /// Missing when it was asked for and no answer came.
  std::optional<std::int64_t> intercom_id;
  std::string reason;
  core::TimePoint checked_at;
  /// When one that cannot be archived is tried again.
  std::optional<core::TimePoint> retry_at;
  /// Of an archived one: whether Intercom has acknowledged it.
  bool confirmed = false;
  /// See Store::AttributeEras.
  std::int64_t era = 0;
};

/// The attributes that the connected products of a workspace want, by model and name.
using WantedNames = std::set<std::pair<intercom::Model, std::string>>;

/// Adds what one product wants.
void AddWanted(WantedNames& wanted, std::string_view prefix, const std::vector<Profile>& profiles);

/// What has to be done about the attributes of a workspace.
struct CleanUpPlan {
  /// Made by us, there, and wanted by nobody.
  std::vector<OurAttribute> archive;
  /// The same, but whether they were made is only known to Intercom: a listing tells.
  std::vector<OurAttribute> look_for;
  /// Could not be archived and are wanted again, so that they need not be.
  std::vector<OurAttribute> keep;
  /// Could not be archived, and are not tried now.
  std::vector<OurAttribute> left;
  /// When there will be something to do though nothing changes.
  std::optional<core::TimePoint> again_at;

  bool needs_calls() const { return !archive.empty() || !look_for.empty(); }
};

CleanUpPlan PlanCleanUp(const std::vector<OurAttribute>& attributes, const WantedNames& wanted,
                        core::TimePoint now);

/// What to do about an attribute that was looked for.
enum class LookedFor {
  kArchive,
  /// It is archived already.
  kArchived,
  /// It was never made.
  kForget,
  /// It is not there, but the call that makes it may be under way still: look again a little later.
  kLookAgain,
};
LookedFor Judge(const OurAttribute& attribute, const intercom::DataAttribute* found,
                core::TimePoint now);

/// How long after a call without an answer it may still be done.
inline constexpr std::chrono::minutes kLateAnswer(1);

/// What is left behind in a workspace that is being disconnected, for people; empty when nothing
/// is.
std::string DescribeLeftBehind(const std::vector<OurAttribute>& left, std::string_view prefix);

}  // namespace accoil::traitsync
