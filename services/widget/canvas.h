#pragma once

#include <string>

#include "services/widget/choice.h"
#include "services/widget/inbox.h"
#include "services/widget/links.h"

namespace accoil::widget {

/// The answer of the Inbox widget: four tabs, what the chosen one shows, and the profiles to choose
/// from. Whatever is not there has a text that says why and what to try. JSON, at most 64 KiB.
std::string RenderCanvas(const Inbox& inbox, const Choice& choice, const LinkTemplates& links,
                         core::TimePoint now);

}  // namespace accoil::widget
