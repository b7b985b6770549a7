#pragma once

#include <chrono>

#include "libs/core/backoff.h"
#include "services/connections/intercom_calls.h"
#include "services/connections/tools.h"
#include "services/connections/workspaces.h"

namespace accoil::connections {

/// Asks Intercom about the tokens of workspaces that it notified an uninstall of. A notice says
/// where to look, no more: it may be late, and the product connected again. 401 ends the
/// connections with the token, a good answer ends the doubt, and with none it is asked again. Any
/// thread; what it is made of outlives it.
class TokenDoubts {
 public:
  TokenDoubts(const Tools& tools, Workspaces& workspaces, const IntercomCalls& intercom,
              core::Backoff backoff, core::RandomSource random)
      : tools_(tools),
        workspaces_(workspaces),
        intercom_(intercom),
        backoff_(backoff),
        random_(std::move(random)) {}

  /// Settles one that is due, if there is any. Answers how long to rest: for a core::Loop.
  std::chrono::milliseconds Step();

 private:
  /// Asks Intercom. Whether the doubt is settled.
  bool Settle(const StoredDoubt& doubt);

  const Tools& tools_;
  Workspaces& workspaces_;
  const IntercomCalls& intercom_;
  const core::Backoff backoff_;
  const core::RandomSource random_;
};

}  // namespace accoil::connections
