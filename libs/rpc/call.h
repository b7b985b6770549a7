#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "libs/rpc/tls.h"

/// For the .cc files that call a gRPC service: brings in grpcpp.
namespace accoil::rpc {

/// Whose connection a channel has.
enum class Connection {
  /// That of the process to this target.
  kShared,
  /// One of its own: threads that call at the same time on one connection read one another's
  /// answers from it, and have to wake one another.
  kOwn,
};

/// A channel that reconnects within seconds and notices a dead peer by keepalive. A peer that
/// cannot prove who it is, where the target has TLS, is as good as away: calls are Unavailable.
std::shared_ptr<grpc::Channel> MakeChannel(const Target& target,
                                           Connection connection = Connection::kShared);

/// Sets the deadline and the current trace on a call's context.
void Prepare(grpc::ClientContext& context, std::chrono::milliseconds timeout);

/// Throws the core::Error that a status stands for: INVALID_ARGUMENT → InvalidArgument (with its
/// field), NOT_FOUND → NotFound, FAILED_PRECONDITION → FailedPrecondition, ALREADY_EXISTS and
/// ABORTED → Conflict, UNAUTHENTICATED, PERMISSION_DENIED, UNAVAILABLE, RESOURCE_EXHAUSTED
/// and CANCELLED → Unavailable, DEADLINE_EXCEEDED; others std::runtime_error. `what` names the
/// call.
void ThrowUnlessOk(const grpc::Status& status, const char* what);

/// Whether a call that was lost on its way to the service, or with it, is made again.
enum class Lost {
  /// A few times, within its timeout and about a third of a second: for calls that may be done
  /// twice. A replica that goes away is not noticed then.
  kAgain,
  /// For calls that would do something twice, since a lost one may have been done.
  kFails,
};

/// Says how long to wait before a call is made again, nothing when it is not.
class Retries {
 public:
  Retries(Lost lost, std::chrono::milliseconds timeout);
  /// After a call that ended with this.
  std::optional<std::chrono::milliseconds> Next(const grpc::Status& status);
  /// Of the timeout, how much is left.
  std::chrono::milliseconds left() const;

 private:
  const Lost lost_;
  const std::chrono::steady_clock::time_point deadline_;
  std::size_t made_ = 0;
};

/// Calls a method of a stub and answers its response or throws as ThrowUnlessOk.
///
///   auto run = rpc::Call(*stub_, &v1::Matcher::Stub::GetRun, request, 2s, "GetRun");
template <typename Stub, typename Request, typename Response>
Response Call(Stub& stub,
              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
              const Request& request, std::chrono::milliseconds timeout, const char* what,
              Lost lost = Lost::kAgain) {
  Retries retries(lost, timeout);
  while (true) {
    grpc::ClientContext context;
    Prepare(context, retries.left());
    Response response;
    const auto status = (stub.*method)(&context, request, &response);
    if (const auto pause = retries.Next(status)) {
      std::this_thread::sleep_for(*pause);
      continue;
    }
    ThrowUnlessOk(status, what);
    return response;
  }
}

}  // namespace accoil::rpc
