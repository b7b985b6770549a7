#pragma once

#include <cstddef>

namespace accoil::http {

/// Lets the process open as many files and sockets as the operating system permits it (the soft
/// limit of RLIMIT_NOFILE becomes the hard one), and answers how many those are.
std::size_t RaiseDescriptorLimit();

/// How many of `wanted` connections a process can hold that may open `descriptors` files: some are
/// left for databases, brokers and other services.
std::size_t AffordableConnections(std::size_t wanted, std::size_t descriptors);

}  // namespace accoil::http
