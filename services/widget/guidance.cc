#include "services/widget/guidance.h"

#include <stdexcept>

#include "services/widget/formatting.h"

namespace accoil::widget {

Guidance GuidanceFor(Situation situation) {
  switch (situation) {
    case Situation::kNotConnected:
      return {"This workspace is not connected to Accoil",
              "An admin connects it in Accoil: Settings > Connections > Intercom > Connect."};
    case Situation::kDisconnected:
      return {"This workspace was disconnected from Accoil",
              "The app was uninstalled or its access was revoked. An admin connects it again in "
              "Accoil: Settings > Connections > Intercom > Connect. Nothing is lost meanwhile."};
    case Situation::kUnknownContact:
      return {"This contact is not known in Accoil",
              "Accoil knows users by their email address. Check that the user exists in Accoil and "
              "that the email there is the one that the contact has here. A new user shows within "
              "a minute."};
    case Situation::kLead:
      return {"This lead is not known in Accoil",
              "Leads show once they use the product with the same email address. If this person "
              "does so already, check that the email in Accoil is the one that the lead has here."};
    case Situation::kMatched:
      break;
  }
  throw std::logic_error("a matched contact needs no guidance");
}

Guidance NoProfiles() {
  return {"No profile is set up yet",
          "Engagement is measured by profiles. An admin makes the first one in Accoil."};
}

Guidance ProfileOff(const std::string& profile) {
  return {"The profile " + PlainInMarkdown(profile) + " is switched off",
          "Choose another profile below, or have an admin enable it in Accoil: Settings > "
          "Connections > Intercom."};
}

Guidance ProfileEmpty(const std::string& profile, SubjectKind kind, bool others) {
  const std::string whom = kind == SubjectKind::kUser ? "this user" : "this account";
  std::string advice = "The profile measures only those who meet its filter.";
  if (others) advice = "Try another profile below. " + advice;
  return {"No data on " + whom + " in " + PlainInMarkdown(profile), advice};
}

Guidance NoAccount() {
  return {"This user belongs to no account",
          "Accounts show once the user is associated with one in Accoil, and, for its data in "
          "Intercom, the contact with a company here."};
}

}  // namespace accoil::widget
