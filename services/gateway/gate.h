#pragma once

#include "libs/http/server.h"
#include "libs/telemetry/log.h"
#include "services/gateway/callers.h"
#include "services/gateway/route.h"

namespace accoil::gateway {

/// Lets through who may: every route of the gateway passes here. Any thread.
///
/// No credential, or nobody's: 401. More requests than its rate allows: 429. An API key on the path
/// of another product: 404, whether that product exists or not, so that a key finds out nothing
/// about other tenants. Too small a scope: 403 naming the scope that is needed. A credential is
/// part of no answer and no log line.
///
/// Whatever changes something under an admin or operator scope leaves a log line saying which key
/// did it.
class Gate {
 public:
  /// `callers` outlives it.
  Gate(Callers& callers, telemetry::Logger logger);

  /// The route's handler behind its check. The gate outlives what it answers.
  http::Handler Guard(Route route);

 private:
  http::Response Answer(const Route& route, const http::Request& request);
  void LogChange(const Route& route, const Caller& caller, core::ProductId product,
                 int status) const;

  Callers& callers_;
  telemetry::Logger logger_;
};

}  // namespace accoil::gateway
