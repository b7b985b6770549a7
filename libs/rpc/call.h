#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>

#include "libs/rpc/tls.h"

/// For the .cc files that call a gRPC service: brings in grpcpp.
namespace accoil::rpc {

/// A channel that reconnects within seconds and notices a dead peer by keepalive. A peer that
/// cannot prove who it is, where the target has TLS, is as good as away: calls are Unavailable.
std::shared_ptr<grpc::Channel> MakeChannel(const Target& target);

/// Sets the deadline and the current trace on a call's context.
void Prepare(grpc::ClientContext& context, std::chrono::milliseconds timeout);

/// Throws the core::Error that a status stands for: INVALID_ARGUMENT → InvalidArgument (with its
/// field), NOT_FOUND → NotFound, FAILED_PRECONDITION → FailedPrecondition, ALREADY_EXISTS and
/// ABORTED → Conflict, UNAUTHENTICATED, PERMISSION_DENIED, UNAVAILABLE and RESOURCE_EXHAUSTED →
/// Unavailable, DEADLINE_EXCEEDED; others std::runtime_error. `what` names the call.
void ThrowUnlessOk(const grpc::Status& status, const char* what);

/// Calls a method of a stub and answers its response or throws as ThrowUnlessOk.
///
///   auto run = rpc::Call(*stub_, &v1::Matcher::Stub::GetRun, request, 2s, "GetRun");
template <typename Stub, typename Request, typename Response>
Response Call(Stub& stub,
              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
              const Request& request, std::chrono::milliseconds timeout, const char* what) {
  grpc::ClientContext context;
  Prepare(context, timeout);
  Response response;
  ThrowUnlessOk((stub.*method)(&context, request, &response), what);
  return response;
}

}  // namespace accoil::rpc
