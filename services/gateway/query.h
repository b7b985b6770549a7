#pragma once

#include <cstddef>
#include <string>

#include "libs/http/message.h"

/// Query parameters of requests.
namespace accoil::gateway {

/// The parameter `limit`, `fallback` when it is left out. Throws core::InvalidArgument unless it is
/// 1 to `most`.
std::size_t LimitOf(const http::Request& request, std::size_t fallback, std::size_t most);

/// A parameter that is true or false (when left out false). Throws core::InvalidArgument when it is
/// anything else.
bool FlagOf(const http::Request& request, const std::string& name);

/// The parameter, empty when left out. Throws core::InvalidArgument unless it is UTF-8 of at most
/// `most` bytes without control characters.
std::string PlainTextOf(const http::Request& request, const std::string& name, std::size_t most);

/// The parameter as it is, empty when left out.
std::string TextOf(const http::Request& request, const std::string& name);

}  // namespace accoil::gateway
