#include "libs/rpc/server_metrics.h"

#include <array>
#include <chrono>
#include <string>
#include <string_view>

namespace accoil::rpc {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::InterceptorBatchMethods;
using grpc::experimental::ServerRpcInfo;

/// By number, as gRPC's documentation writes them.
constexpr std::array kCodes{
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

std::string CodeName(grpc::StatusCode code) {
  const auto number = static_cast<std::size_t>(code);
  return number < kCodes.size() ? kCodes[number] : "UNKNOWN";
}

/// Watches one call. The name is that of a registered method: nothing that a caller makes up.
class CallWatch final : public grpc::experimental::Interceptor {
 public:
  CallWatch(telemetry::Metrics& metrics, std::string method)
      : metrics_(metrics), method_(std::move(method)) {}

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      Ended(methods->GetSendStatus().error_code());
    }
    methods->Proceed();
  }

 private:
  void Ended(grpc::StatusCode code) {
    metrics_
        .MakeCounter("accoil_rpc_requests_total", "Calls of other services answered.",
                     {{"method", method_}, {"code", CodeName(code)}})
        .Increment();
    metrics_
        .MakeHistogram("accoil_rpc_request_duration_seconds",
                       "From a call's arrival to its answer's being ready.",
                       telemetry::DurationBounds(), {{"method", method_}})
        .Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count());
  }

  telemetry::Metrics& metrics_;
  const std::string method_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

class CallWatches final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit CallWatches(telemetry::Metrics& metrics) : metrics_(metrics) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(ServerRpcInfo* info) override {
    // Health checks and reflection are not what anybody waits for.
    std::string_view method(info->method());
    if (!method.starts_with("/accoil.")) return nullptr;
    method.remove_prefix(1);
    // gRPC owns it.
    return new CallWatch(metrics_, std::string(method));
  }

 private:
  telemetry::Metrics& metrics_;
};

}  // namespace

std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> CountCalls(
    telemetry::Metrics& metrics) {
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> watches;
  watches.push_back(std::make_unique<CallWatches>(metrics));
  return watches;
}

}  // namespace accoil::rpc
