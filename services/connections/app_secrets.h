#pragma once

#include <string>

#include "accoil/connections/v1/connections.pb.h"
#include "services/connections/tools.h"

namespace accoil::connections {

/// The client secrets that requests from Intercom may be signed with. `own` is the suite's own
/// app's, for every workspace; empty when it has none. Those that came with a token are only good
/// for the workspaces they came with: who brings a secret must not speak for others.
v1::ListAppSecretsResponse ListAppSecrets(const Tools& tools, const std::string& own);

}  // namespace accoil::connections
