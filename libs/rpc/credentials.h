#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>

#include "libs/rpc/tls.h"

/// For the .cc files of this library: brings in grpcpp.
namespace accoil::rpc {

/// Shows our certificate and verifies the server's, its name included; plain without files.
std::shared_ptr<grpc::ChannelCredentials> MakeChannelCredentials(const Tls& tls);

/// Shows our certificate and demands one of the same authority from the client; plain without
/// files.
std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const Tls& tls);

}  // namespace accoil::rpc
