#include "libs/rpc/status.h"

#include <grpcpp/grpcpp.h>

#include "libs/core/errors.h"
#include "libs/rpc/call.h"

namespace accoil::rpc {
namespace {

// The field of an InvalidArgument travels in the status's details, which are bytes of our own.
constexpr std::string_view kFieldPrefix = "field:";
// Of an Unavailable that is the service's own answer, to tell it from a call that did not get
// there.
constexpr std::string_view kAnswered = "answered";

}  // namespace

grpc::Status ToStatus(const std::exception& error) {
  if (const auto* invalid = dynamic_cast<const core::InvalidArgument*>(&error)) {
    return {grpc::StatusCode::INVALID_ARGUMENT, invalid->problem(),
            std::string(kFieldPrefix) + invalid->field()};
  }
  const auto is = [&]<typename Kind>(std::type_identity<Kind>) {
    return dynamic_cast<const Kind*>(&error) != nullptr;
  };
  using grpc::StatusCode;
  const std::string what = error.what();
  if (is(std::type_identity<core::NotFound>())) return {StatusCode::NOT_FOUND, what};
  if (is(std::type_identity<core::FailedPrecondition>())) {
    return {StatusCode::FAILED_PRECONDITION, what};
  }
  if (is(std::type_identity<core::Conflict>())) return {StatusCode::ABORTED, what};
  if (is(std::type_identity<core::Unauthenticated>())) return {StatusCode::UNAUTHENTICATED, what};
  if (is(std::type_identity<core::PermissionDenied>()))
    return {StatusCode::PERMISSION_DENIED, what};
  if (is(std::type_identity<core::Unavailable>())) {
    return {StatusCode::UNAVAILABLE, what, std::string(kAnswered)};
  }
  if (is(std::type_identity<core::DeadlineExceeded>())) {
    return {StatusCode::DEADLINE_EXCEEDED, what};
  }
  return {StatusCode::INTERNAL, "internal error"};
}

bool SaidByService(const grpc::Status& status) { return status.error_details() == kAnswered; }

void ThrowUnlessOk(const grpc::Status& status, const char* what) {
  if (status.ok()) return;
  const auto& message = status.error_message();
  const auto named = std::string(what) + ": " + message;
  switch (status.error_code()) {
    case grpc::StatusCode::INVALID_ARGUMENT: {
      const auto& details = status.error_details();
      throw core::InvalidArgument(
          details.starts_with(kFieldPrefix) ? details.substr(kFieldPrefix.size()) : "", message);
    }
    case grpc::StatusCode::NOT_FOUND:
      throw core::NotFound(message);
    case grpc::StatusCode::FAILED_PRECONDITION:
      throw core::FailedPrecondition(message);
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::ABORTED:
      throw core::Conflict(message);
    case grpc::StatusCode::UNAUTHENTICATED:
      throw core::Unauthenticated(message);
    case grpc::StatusCode::PERMISSION_DENIED:
      throw core::PermissionDenied(message);
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    // Nobody of ours cancels a call: the server went away.
    case grpc::StatusCode::CANCELLED:
      throw core::Unavailable(named);
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      throw core::DeadlineExceeded(named);
    default:
      throw std::runtime_error(named);
  }
}

}  // namespace accoil::rpc
