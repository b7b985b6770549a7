#pragma once

#include <nlohmann/json_fwd.hpp>

#include "libs/http/message.h"
#include "services/gateway/route.h"
#include "services/gateway/upstreams.h"

namespace accoil::gateway {

/// Profiles: from request to connections and back; with ?preview=true nothing is changed and
/// trait-sync tells what would be. Any thread.
class ProfileHandlers {
 public:
  /// Both outlive it.
  ProfileHandlers(ConnectionsApi& connections, TraitSyncApi& trait_sync)
      : connections_(connections), trait_sync_(trait_sync) {}

  http::Response List(const Call& call);
  http::Response Get(const Call& call);
  /// A preview refuses what the change would refuse.
  http::Response Put(const Call& call, const nlohmann::json& body);
  http::Response Delete(const Call& call);

 private:
  ConnectionsApi& connections_;
  TraitSyncApi& trait_sync_;
};

}  // namespace accoil::gateway
