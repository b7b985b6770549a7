#pragma once

#include <string>
#include <vector>

#include "libs/intercom/outcome.h"
#include "libs/intercom/types.h"
#include "services/connections/intercom_calls.h"

namespace accoil::connections {

/// The workspace that a token opens.
struct FoundWorkspace {
  intercom::Workspace workspace;
  /// Where its REST API is.
  std::string base_url;
  /// What the answers told of its rate limit.
  std::vector<intercom::RateLimit> rate_limits;
};

/// Finds the workspace of a token. With `only_base_url` it is asked there alone. Otherwise at the
/// US host first, whose answer names the region, and then at that region's host; when the US host
/// does not know the token, at the others. Throws core::FailedPrecondition when Intercom refuses
/// the token and core::Unavailable when it cannot be asked; neither message has the token.
FoundWorkspace FindWorkspace(const AskWho& ask, const std::string& only_base_url,
                             const std::string& token);

}  // namespace accoil::connections
