#pragma once

#include <exception>
#include <string>

namespace grpc {
class Status;
}

namespace accoil::rpc {

/// The status that stands for a core::Error; nothing specific (INTERNAL, "internal error") for any
/// other exception.
grpc::Status ToStatus(const std::exception& error);

/// Whether an UNAVAILABLE is a service's answer, made by ToStatus; if not, the call was lost on its
/// way or with the service.
bool SaidByService(const grpc::Status& status);

}  // namespace accoil::rpc
