#pragma once

#include "libs/http/message.h"
#include "libs/telemetry/log.h"
#include "services/gateway/callers.h"
#include "services/gateway/installation_form.h"
#include "services/gateway/metrics.h"
#include "services/gateway/route.h"
#include "services/gateway/upstreams.h"

namespace accoil::gateway {

/// Where Intercom's consent page sends people, and where they say which product an installation
/// from the App Store is for. Every answer is a page for people. Codes, states, installations and
/// keys are part of no log line. Any thread.
class OauthHandlers {
 public:
  /// References outlive it.
  OauthHandlers(ConnectionsApi& connections, Callers& callers, Metrics& metrics,
                telemetry::Logger logger);

  /// Query: code and state, or error when Intercom's page was answered with a no.
  http::Response Callback(const Call& call);
  /// A form with installation, product and api_key, as InstallationPage has it.
  http::Response Claim(const Call& call);

 private:
  http::Response Finish(const connections::v1::FinishConnectRequest& request);
  /// Claims for a product whose key was sent along; asks again when it may not.
  http::Response ClaimWith(const InstallationForm& form);
  http::Response Connect(const InstallationForm& form, const Caller& caller);
  http::Response Failed(const std::exception& error, int status);

  ConnectionsApi& connections_;
  Callers& callers_;
  Metrics& metrics_;
  telemetry::Logger logger_;
};

}  // namespace accoil::gateway
