#pragma once

#include <string>
#include <vector>

#include "libs/core/environment.h"

namespace accoil::service {

/// The settings as a JSON array of objects, in the order of their names: name, kind, required, and
/// the default where there is one.
std::string SettingsJson(std::vector<core::Setting> settings);

}  // namespace accoil::service
