#include "libs/rpc/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include "libs/core/errors.h"
#include "libs/rpc/credentials.h"
#include "libs/rpc/polling.h"
#include "libs/rpc/server_metrics.h"

namespace accoil::rpc {
namespace {

constexpr int kMostIdleThreads = 16;

}  // namespace

ServerConfig ServerConfig::FromEnvironment(core::Environment& environment) {
  ServerConfig config;
  config.address = environment.Address("ACCOIL_GRPC_ADDRESS");
  config.tls = Tls::FromEnvironment(environment);
  return config;
}

struct Server::Implementation {
  ServerConfig config;
  std::vector<grpc::Service*> services;
  telemetry::Logger logger;
  telemetry::Metrics& metrics;
  int port = 0;
  std::unique_ptr<grpc::Server> server;
};

Server::Server(ServerConfig config, std::vector<grpc::Service*> services,
               telemetry::Telemetry& telemetry)
    : implementation_(std::make_unique<Implementation>(
          Implementation{std::move(config), std::move(services), telemetry.logger(),
                         telemetry.metrics(), 0, nullptr})) {}

Server::~Server() { Stop(); }

void Server::Start() {
  PollOften();
  // Both are settings of the process that must be made before the builder is.
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  const auto& config = implementation_->config;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(config.address.ToString(), MakeServerCredentials(config.tls),
                           &implementation_->port);
  builder.SetMaxReceiveMessageSize(static_cast<int>(config.message_limit));
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Two by default: of three calls at once one would have a thread made for it, and thrown away.
  builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::MAX_POLLERS, kMostIdleThreads);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // A client keeps to one connection, and so to one replica: from time to time it is to choose
  // anew, or replicas that came later would have nothing to do.
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, 120'000);
  builder.experimental().SetInterceptorCreators(CountCalls(implementation_->metrics));
  for (auto* service : implementation_->services) builder.RegisterService(service);
  implementation_->server = builder.BuildAndStart();
  if (!implementation_->server || implementation_->port == 0) {
    throw core::Unavailable("cannot listen for gRPC on " + config.address.ToString());
  }
  implementation_->logger.Info("gRPC listens", {{"address", address().ToString()},
                                                {"tls", config.tls.enabled() ? "mutual" : "none"}});
}

void Server::Stop() {
  if (!implementation_->server) return;
  implementation_->server->Shutdown(std::chrono::system_clock::now() +
                                    implementation_->config.grace);
  implementation_->server->Wait();
  implementation_->server.reset();
}

core::HostPort Server::address() const {
  return {implementation_->config.address.host, static_cast<std::uint16_t>(implementation_->port)};
}

}  // namespace accoil::rpc
