#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "libs/core/environment.h"
#include "services/gateway/upstreams.h"

namespace accoil::gateway {

/// How long calls to other services may take.
struct RpcTimeouts {
  std::chrono::milliseconds ordinary{3'000};
  /// For joining a workspace, for which connections asks Intercom in turn.
  std::chrono::milliseconds connect{15'000};
};

/// The other services over gRPC, each through one channel that reconnects by itself.
class GrpcUpstreams {
 public:
  GrpcUpstreams(const core::HostPort& connections, const core::HostPort& matcher,
                const core::HostPort& trait_sync, RpcTimeouts timeouts);
  ~GrpcUpstreams();

  ConnectionsApi& connections();
  MatcherApi& matcher();
  TraitSyncApi& trait_sync();

  /// Why connections cannot be reached now, nothing when it can: for readiness. Waits for a
  /// connection for at most half a second. Any thread.
  std::optional<std::string> ConnectionsProblem();

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace accoil::gateway
