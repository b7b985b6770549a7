#pragma once

#include <grpcpp/grpcpp.h>

#include <concepts>
#include <functional>

#include "libs/telemetry/telemetry.h"

/// For the .cc files that implement a gRPC service: brings in grpcpp.
namespace accoil::rpc {

/// Runs the body of a server's method: takes over the caller's trace, turns what is thrown into a
/// status (core::InvalidArgument → INVALID_ARGUMENT and so on; anything else → INTERNAL, its text
/// in the log alone) and refuses calls without a deadline.
///
///   grpc::Status Service::GetRun(grpc::ServerContext* context, const v1::GetRunRequest* request,
///                                v1::Run* response) {
///     return rpc::Answer(*context, logger_, [&] { *response = runs_.Get(*request); });
///   }
grpc::Status Answer(grpc::ServerContext& context, const telemetry::Logger& logger,
                    const std::function<void()>& body);

}  // namespace accoil::rpc
