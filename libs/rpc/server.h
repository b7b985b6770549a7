#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/core/environment.h"
#include "libs/core/run.h"
#include "libs/rpc/tls.h"
#include "libs/telemetry/telemetry.h"

namespace grpc {
class Service;
class ServerContext;
class Status;
}  // namespace grpc

namespace accoil::rpc {

struct ServerConfig {
  core::HostPort address;
  /// A larger message is refused.
  std::size_t message_limit = 8 << 20;
  /// How long Stop lets calls under way go on.
  std::chrono::milliseconds grace{5'000};
  /// With it, only clients that show a certificate of the authority are served, health checks and
  /// reflection included.
  Tls tls;

  /// ACCOIL_GRPC_ADDRESS, and ACCOIL_TLS_… as Tls::FromEnvironment.
  static ServerConfig FromEnvironment(core::Environment& environment);
};

/// A gRPC server with health service and reflection. The services must outlive it; their methods
/// are run through rpc::Answer (answer.h).
class Server final : public core::Part {
 public:
  Server(ServerConfig config, std::vector<grpc::Service*> services,
         telemetry::Telemetry& telemetry);
  ~Server() override;

  /// Throws core::Unavailable when the address is taken.
  void Start() override;
  void Stop() override;
  /// Valid after Start; the port that was found when port 0 was asked for.
  core::HostPort address() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace accoil::rpc
