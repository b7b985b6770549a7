#pragma once

#include <nlohmann/json_fwd.hpp>

#include "libs/http/message.h"
#include "services/gateway/api_keys.h"
#include "services/gateway/route.h"
#include "services/gateway/upstreams.h"

namespace accoil::gateway {

/// Products, API keys and connections: from request to connections and back. Any thread.
class ConnectionsHandlers {
 public:
  /// Both outlive it.
  ConnectionsHandlers(ConnectionsApi& connections, ApiKeys& api_keys)
      : connections_(connections), api_keys_(api_keys) {}

  http::Response CreateProduct(const nlohmann::json& body);
  http::Response ListProducts();
  http::Response GetProduct(const Call& call);
  http::Response CreateApiKey(const Call& call, const nlohmann::json& body);
  http::Response ListApiKeys(const Call& call);
  http::Response RevokeApiKey(const Call& call);

  http::Response GetConnection(const Call& call);
  http::Response PutConnection(const Call& call, const nlohmann::json& body);
  /// Begins to connect by OAuth, or claims an installation.
  http::Response Connect(const Call& call, const nlohmann::json& body);
  http::Response Disconnect(const Call& call);

 private:
  ConnectionsApi& connections_;
  ApiKeys& api_keys_;
};

}  // namespace accoil::gateway
