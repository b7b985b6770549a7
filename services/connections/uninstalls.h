#pragma once

#include <chrono>

#include "libs/core/backoff.h"
#include "services/connections/intercom_calls.h"
#include "services/connections/tools.h"

namespace accoil::connections {

/// Takes the suite's app out of workspaces that nobody uses any more, by POST /auth/uninstall. It
/// is a courtesy: what fails again and again is given up and logged. Any thread; what it is made of
/// outlives it.
class Uninstalls {
 public:
  Uninstalls(const Tools& tools, const IntercomCalls& intercom, core::Backoff backoff,
             core::RandomSource random)
      : tools_(tools), intercom_(intercom), backoff_(backoff), random_(std::move(random)) {}

  /// Does one that is due, if there is any. Answers how long to rest: for a core::Loop.
  std::chrono::milliseconds Step();

 private:
  /// Asks Intercom. Whether it is done with, well or not.
  bool Try(const StoredUninstall& uninstall);

  const Tools& tools_;
  const IntercomCalls& intercom_;
  const core::Backoff backoff_;
  const core::RandomSource random_;
};

}  // namespace accoil::connections
