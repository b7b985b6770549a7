#include "libs/rpc/call.h"

#include <array>

#include "libs/rpc/credentials.h"
#include "libs/rpc/polling.h"
#include "libs/rpc/status.h"
#include "libs/telemetry/trace.h"

namespace accoil::rpc {
namespace {

// Longer in all than a channel takes to connect anew after one attempt that failed.
constexpr std::array kPauses{std::chrono::milliseconds(50), std::chrono::milliseconds(100),
                             std::chrono::milliseconds(200)};

/// Whether it was not the service that said so. A server that is stopping cancels what reaches it
/// before the client has heard of its stopping.
bool WasLost(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::CANCELLED ||
         (status.error_code() == grpc::StatusCode::UNAVAILABLE && !SaidByService(status));
}

}  // namespace

std::shared_ptr<grpc::Channel> MakeChannel(const Target& target, Connection connection) {
  PollOften();
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // Not a pause, but the least time that an attempt has: a handshake takes longer than a pause
  // where a processor is short.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2'000);
  // A peer whose machine died is noticed between calls, not by the next call's deadline.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  arguments.SetInt(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, 64 << 20);
  // Services find one another inside the cluster, never through a proxy of the environment.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, connection == Connection::kOwn ? 1 : 0);
  return grpc::CreateCustomChannel(target.address.ToString(), MakeChannelCredentials(target.tls),
                                   arguments);
}

void Prepare(grpc::ClientContext& context, std::chrono::milliseconds timeout) {
  context.set_deadline(std::chrono::system_clock::now() + timeout);
  if (const auto trace = telemetry::CurrentTrace()) {
    context.AddMetadata("traceparent", telemetry::ToTraceparent(*trace));
  }
}

Retries::Retries(Lost lost, std::chrono::milliseconds timeout)
    : lost_(lost), deadline_(std::chrono::steady_clock::now() + timeout) {}

std::optional<std::chrono::milliseconds> Retries::Next(const grpc::Status& status) {
  if (lost_ == Lost::kFails || made_ == kPauses.size() || !WasLost(status)) return std::nullopt;
  const auto pause = kPauses.at(made_++);
  if (left() <= pause) return std::nullopt;
  return pause;
}

std::chrono::milliseconds Retries::left() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ -
                                                               std::chrono::steady_clock::now());
}

}  // namespace accoil::rpc
