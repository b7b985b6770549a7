#include "libs/rpc/answer.h"

#include "libs/rpc/status.h"
#include "libs/telemetry/trace.h"

namespace accoil::rpc {
namespace {

/// The caller's trace, continued here; nothing when it had none.
std::optional<telemetry::Trace> CallersTrace(const grpc::ServerContext& context) {
  const auto& metadata = context.client_metadata();
  const auto header = metadata.find("traceparent");
  if (header == metadata.end()) return std::nullopt;
  const auto trace = telemetry::ParseTraceparent({header->second.data(), header->second.size()});
  return trace ? std::optional(telemetry::Continued(*trace)) : std::nullopt;
}

}  // namespace

grpc::Status Answer(grpc::ServerContext& context, const telemetry::Logger& logger,
                    const std::function<void()>& body) {
  const telemetry::TraceScope trace(CallersTrace(context));
  if (context.deadline() == std::chrono::system_clock::time_point::max()) {
    return {grpc::StatusCode::INVALID_ARGUMENT, "a call must have a deadline"};
  }
  try {
    body();
    return grpc::Status::OK;
  } catch (const std::exception& error) {
    auto status = ToStatus(error);
    if (status.error_code() == grpc::StatusCode::INTERNAL) {
      logger.Error("a call failed by a defect", {{"problem", error.what()}});
    } else if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
      logger.Warn("a call could not be answered", {{"problem", error.what()}});
    }
    return status;
  }
}

}  // namespace accoil::rpc
