#pragma once

#include <string_view>
#include <vector>

#include "nlohmann/json.hpp"

namespace accoil::demo {

/// A trait in a profile's catalogue.
struct TraitSpec {
  std::string_view name;
  /// string, integer, float, boolean or date.
  std::string_view type;
  bool on_users;
  bool on_accounts;
  std::string_view definition;
};

/// A scoring model of the demo's product.
struct ProfileSpec {
  std::string_view id;
  std::string_view name;
  bool summary;
  /// all_traits, segments_only or off.
  std::string_view sync_mode;
  std::vector<TraitSpec> catalogue;
};

inline constexpr std::string_view kTrialUsers = "trial-users";
inline constexpr std::string_view kEnterprise = "enterprise";
inline constexpr std::string_view kOnboarding = "onboarding";

const std::vector<ProfileSpec>& Profiles();

/// The profiles as the gateway takes them, each with its profile_id.
nlohmann::ordered_json ProfilesAsJson();

}  // namespace accoil::demo
