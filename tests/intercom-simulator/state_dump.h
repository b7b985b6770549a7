#pragma once

#include <string>

#include "tests/intercom-simulator/workspace.h"

namespace accoil::simulator {

/// What of a workspace's state is wanted; empty for all.
struct StateFilter {
  /// contact, company, data_attribute or tag.
  std::string type;
  std::string id;
  /// Whether archived contacts are wanted too.
  bool archived = false;
};

/// The state as lines of JSON. Contacts have the ids of their companies and the names of their
/// tags; attributes that are archived are not shown as Intercom would not.
std::string DumpState(const Workspace& workspace, const StateFilter& filter);

}  // namespace accoil::simulator
