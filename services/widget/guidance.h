#pragma once

#include <string>

#include "services/widget/inbox.h"

/// What the widget says where there is nothing to show: why, and what to try. Each text covers a
/// line of the product's troubleshooting list. Markdown.
namespace accoil::widget {

struct Guidance {
  std::string headline;
  std::string advice;
};

/// Why nothing can be shown at all; for every situation but kMatched.
Guidance GuidanceFor(Situation situation);
/// The product has no profile, so that nothing is measured.
Guidance NoProfiles();
/// The profile is off; its name is data.
Guidance ProfileOff(const std::string& profile);
/// The profile has nothing on the subject that is shown; more than one profile can be chosen from.
Guidance ProfileEmpty(const std::string& profile, SubjectKind kind, bool others);
/// The user belongs to no account.
Guidance NoAccount();

}  // namespace accoil::widget
