#pragma once

#include <optional>
#include <string>

#include "libs/http/server.h"
#include "libs/telemetry/log.h"
#include "services/gateway/api_keys.h"
#include "services/gateway/route.h"

namespace accoil::gateway {

/// Lets through who may: every route of the gateway passes here. Any thread.
///
/// No credential, or nobody's: 401. An API key on the path of another product: 404, whether that
/// product exists or not, so that a key finds out nothing about other tenants. Too small a scope:
/// 403 naming the scope that is needed. A credential is part of no answer and no log line.
///
/// Whatever changes something under an admin or operator scope leaves a log line saying which key
/// did it.
class Gate {
 public:
  /// `api_keys` outlives it.
  Gate(const std::string& operator_key, ApiKeys& api_keys, telemetry::Logger logger);

  /// The route's handler behind its check. The gate outlives what it answers.
  http::Handler Guard(Route route);

 private:
  /// Who calls: the operator, or an API key.
  struct Caller {
    std::optional<ApiKey> api_key;
    bool is_operator() const { return !api_key; }
  };

  http::Response Answer(const Route& route, const http::Request& request);
  /// Nothing when there is no credential or it is nobody's.
  std::optional<Caller> Identify(const http::Request& request);
  void LogChange(const Route& route, const Caller& caller, core::ProductId product,
                 int status) const;

  KeyDigest operator_digest_;
  ApiKeys& api_keys_;
  telemetry::Logger logger_;
};

}  // namespace accoil::gateway
