#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "accoil/connections/v1/connections.pb.h"
#include "libs/core/ids.h"
#include "services/connections/tools.h"

namespace accoil::connections {

/// Disconnecting, as products ask for it. A connection is DISCONNECTING while what was delivered is
/// archived with its token, until who does that says that it is done, or patience ends; then the
/// token and the client secret are forgotten. Connecting again ends it at any time. Any thread;
/// what it is made of outlives it.
class Disconnects {
 public:
  struct Settings {
    /// How long a connection may be DISCONNECTING.
    std::chrono::milliseconds patience{std::chrono::minutes(15)};
  };
  /// `uninstall_due` is called after each commit that left the app to be taken out of a workspace.
  Disconnects(const Tools& tools, const Settings& settings, std::function<void()> uninstall_due)
      : tools_(tools), settings_(settings), uninstall_due_(std::move(uninstall_due)) {}

  /// Begins it; a connection that is not CONNECTED stays as it is. Throws core::NotFound when the
  /// product was never connected.
  v1::Connection Begin(core::ProductId product);
  /// Ends it. `left_behind`: what could not be archived and why, for people. Nothing happens unless
  /// the connection is DISCONNECTING and has this version.
  void Finish(core::ProductId product, std::int64_t version, const std::string& left_behind);
  /// Ends those that patience has ended for. Answers how long to rest: for a core::Loop.
  std::chrono::milliseconds FinishOverdue();

 private:
  void End(core::ProductId product, std::int64_t version, DisconnectCause cause,
           const std::string& reason);

  const Tools& tools_;
  const Settings settings_;
  std::function<void()> uninstall_due_;
};

}  // namespace accoil::connections
