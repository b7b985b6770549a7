#include "tests/demo-data/profiles.h"

namespace accoil::demo {
namespace {

std::vector<TraitSpec> Catalogue(std::vector<TraitSpec> own) {
  std::vector<TraitSpec> catalogue = {
      {"Score", "integer", true, true, "Engagement score from 0 to 100."},
      {"Segments", "string", true, true, "Names of the segments that the subject is in."},
      {"ActivationRate", "integer", true, true, "Share of the activation steps done, in percent."},
      {"AdoptionRate", "integer", true, true,
       "Share of the scored events used in the engagement period, in percent."},
      {"AdoptionRateAllTime", "integer", true, true,
       "Share of the scored events ever used, in percent."},
      {"LastActive", "date", true, true, "When the subject was last active."},
      {"Frequency", "integer", true, true, "Active days in the engagement period of 7 days."},
      {"ActiveUsers", "integer", false, true, "Users active in the engagement period."},
      {"TotalUsers", "integer", false, true, "Users seen in the last 90 days."},
  };
  catalogue.insert(catalogue.end(), own.begin(), own.end());
  return catalogue;
}

}  // namespace

const std::vector<ProfileSpec>& Profiles() {
  static const std::vector<ProfileSpec> profiles = {
      {kTrialUsers, "Trial Users", true, "all_traits",
       Catalogue({
           {"InvitedTeammates", "boolean", true, false, "Whether the user has invited others."},
           {"TrialEndsOn", "date", false, true, "When the account's trial ends."},
       })},
      {kEnterprise, "Enterprise", false, "all_traits",
       Catalogue({
           {"SeatUtilisation", "float", false, true, "Share of the paid seats in use, 0 to 1."},
           {"SessionMinutes", "float", true, false, "Mean length of a session in minutes."},
           {"PlanTier", "string", false, true, "The plan that the account pays for."},
           {"FavouriteFeature", "string", true, false, "What the user uses most."},
       })},
      {kOnboarding, "Onboarding", false, "segments_only", Catalogue({})},
  };
  return profiles;
}

nlohmann::ordered_json ProfilesAsJson() {
  auto profiles = nlohmann::ordered_json::array();
  for (const ProfileSpec& profile : Profiles()) {
    auto catalogue = nlohmann::ordered_json::array();
    for (const TraitSpec& trait : profile.catalogue) {
      auto on = nlohmann::ordered_json::array();
      if (trait.on_users) on.push_back("user");
      if (trait.on_accounts) on.push_back("account");
      catalogue.push_back({{"name", trait.name},
                           {"type", trait.type},
                           {"on", std::move(on)},
                           {"definition", trait.definition}});
    }
    profiles.push_back({{"profile_id", profile.id},
                        {"name", profile.name},
                        {"summary", profile.summary},
                        {"sync_mode", profile.sync_mode},
                        {"catalogue", std::move(catalogue)}});
  }
  return profiles;
}

}  // namespace accoil::demo
