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

}  // namespace accoil::rpc
