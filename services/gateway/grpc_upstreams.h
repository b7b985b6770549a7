#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "libs/rpc/tls.h"
#include "libs/telemetry/log.h"
#include "services/gateway/upstreams.h"

namespace accoil::gateway {

/// How long calls to other services may take.
struct RpcTimeouts {
  std::chrono::milliseconds ordinary{3'000};
  /// For joining a workspace, for which connections asks Intercom in turn.
  std::chrono::milliseconds connect{15'000};
  /// For what may look at all subjects of a product.
  std::chrono::milliseconds whole_product{30'000};
};

/// The gRPC addresses of the other services.
struct UpstreamAddresses {
  rpc::Target connections;
  rpc::Target matcher;
  rpc::Target trait_sync;
  rpc::Target widget;
  rpc::Target tagging;
};

/// The other services over gRPC, each through one channel that reconnects by itself.
class GrpcUpstreams {
 public:
  /// Throws nothing when a service is away: its calls do.
  GrpcUpstreams(const UpstreamAddresses& addresses, RpcTimeouts timeouts,
                const telemetry::Logger& logger);
  ~GrpcUpstreams();

  ConnectionsApi& connections();
  MatcherApi& matcher();
  TraitSyncApi& trait_sync();
  WidgetApi& widget();
  TaggingApi& tagging();

  /// Why connections cannot be reached now, nothing when it can: for readiness. Waits for a
  /// connection for at most half a second. Any thread.
  std::optional<std::string> ConnectionsProblem();

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace accoil::gateway
