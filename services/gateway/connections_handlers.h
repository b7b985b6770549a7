#pragma once

#include <nlohmann/json_fwd.hpp>

#include "libs/http/message.h"
#include "services/gateway/route.h"
#include "services/gateway/upstreams.h"

namespace accoil::gateway {

/// Products, API keys, profiles and connections: from request to connections and back. Any thread.
class ConnectionsHandlers {
 public:
  /// `connections` outlives it.
  explicit ConnectionsHandlers(ConnectionsApi& connections) : connections_(connections) {}

  http::Response CreateProduct(const nlohmann::json& body);
  http::Response ListProducts();
  http::Response GetProduct(const Call& call);
  http::Response CreateApiKey(const Call& call, const nlohmann::json& body);

  http::Response ListProfiles(const Call& call);
  http::Response GetProfile(const Call& call);
  http::Response PutProfile(const Call& call, const nlohmann::json& body);
  http::Response DeleteProfile(const Call& call);

  http::Response GetConnection(const Call& call);
  http::Response PutConnection(const Call& call, const nlohmann::json& body);

 private:
  ConnectionsApi& connections_;
};

}  // namespace accoil::gateway
