#include "libs/rpc/call.h"

#include "libs/rpc/credentials.h"
#include "libs/rpc/polling.h"
#include "libs/telemetry/trace.h"

namespace accoil::rpc {

std::shared_ptr<grpc::Channel> MakeChannel(const Target& target) {
  PollOften();
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2'000);
  // A peer whose machine died is noticed between calls, not by the next call's deadline.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  arguments.SetInt(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, 64 << 20);
  // Services find one another inside the cluster, never through a proxy of the environment.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(target.address.ToString(), MakeChannelCredentials(target.tls),
                                   arguments);
}

void Prepare(grpc::ClientContext& context, std::chrono::milliseconds timeout) {
  context.set_deadline(std::chrono::system_clock::now() + timeout);
  if (const auto trace = telemetry::CurrentTrace()) {
    context.AddMetadata("traceparent", telemetry::ToTraceparent(*trace));
  }
}

}  // namespace accoil::rpc
