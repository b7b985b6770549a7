#pragma once

#include <vector>

#include "services/gateway/explanation.h"

namespace accoil::gateway {

/// The part of an explanation that is about tags: those that were to be given or taken away and are
/// not yet or never will be, and the rules that the subject is inside of without their firing. Of
/// several words on one tag the newest counts. Pure.
std::vector<Reason> TagReasons(const Findings& findings);

}  // namespace accoil::gateway
