#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "accoil/connections/v1/connections.pb.h"
#include "services/connections/intercom_calls.h"
#include "services/connections/tools.h"
#include "services/connections/workspaces.h"

namespace accoil::connections {

/// Connecting by OAuth: begun here, with a state that works once and is bound to the product and to
/// who asked, or in Intercom's App Store, where the product is asked for afterwards. Neither
/// states, codes nor tokens are logged or stored readable. Any thread; what it is made of outlives
/// it.
class OAuth {
 public:
  struct Settings {
    /// Without a client id there is no OAuth here.
    intercom::OAuthApp app;
    /// Intercom's page that asks for consent.
    std::string authorize_url;
    /// Where browsers reach the gateway, without a slash at the end.
    std::string public_url;
    /// Where codes are exchanged.
    std::string token_base_url;
  };
  OAuth(const Tools& tools, Workspaces& workspaces, const IntercomCalls& intercom,
        Settings settings)
      : tools_(tools),
        workspaces_(workspaces),
        intercom_(intercom),
        settings_(std::move(settings)) {}

  /// Throws core::InvalidArgument, core::NotFound (no such product), core::FailedPrecondition (no
  /// app is configured).
  v1::StartConnectResponse Start(const v1::StartConnectRequest& request);
  /// Whatever a browser brings ends in an outcome.
  v1::FinishConnectResponse Finish(const v1::FinishConnectRequest& request);
  /// Throws core::InvalidArgument, core::NotFound.
  v1::Connection Claim(const v1::ClaimInstallationRequest& request);
  /// Deletes states and installations that are of no use any more. Answers how long to rest: for a
  /// core::Loop.
  std::chrono::milliseconds ForgetOld();

 private:
  /// What Intercom made of a code: an arrival, or an outcome with its reason.
  struct Exchange {
    std::optional<Arrival> arrival;
    v1::ConnectOutcome outcome = v1::CONNECT_OUTCOME_UNSPECIFIED;
    std::string detail;
  };

  v1::FinishConnectResponse FinishState(const std::string& code, const std::string& state);
  v1::FinishConnectResponse FinishInstallation(const std::string& code);
  Exchange ExchangeCode(const std::string& code);

  const Tools& tools_;
  Workspaces& workspaces_;
  const IntercomCalls& intercom_;
  const Settings settings_;
};

}  // namespace accoil::connections
