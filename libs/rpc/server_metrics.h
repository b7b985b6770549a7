#pragma once

#include <grpcpp/support/server_interceptor.h>

#include <memory>
#include <vector>

#include "libs/telemetry/telemetry.h"

/// For server.cc: brings in grpcpp.
namespace accoil::rpc {

/// Counts and times every call of our own services: accoil_rpc_requests_total{method,code} and
/// accoil_rpc_request_duration_seconds{method}. `metrics` outlives the server.
std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> CountCalls(
    telemetry::Metrics& metrics);

}  // namespace accoil::rpc
