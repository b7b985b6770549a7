#pragma once

#include "libs/http/message.h"
#include "services/gateway/route.h"
#include "services/gateway/upstreams.h"

namespace accoil::gateway {

/// What trait-sync tells and does: from request to trait-sync and back. Any thread.
class SyncHandlers {
 public:
  /// `trait_sync` outlives it.
  explicit SyncHandlers(TraitSyncApi& trait_sync) : trait_sync_(trait_sync) {}

  http::Response GetSummary(const Call& call);
  http::Response StartSweep(const Call& call);
  http::Response ListSetAside(const Call& call);
  http::Response ListAttributes(const Call& call);

 private:
  TraitSyncApi& trait_sync_;
};

}  // namespace accoil::gateway
