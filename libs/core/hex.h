#pragma once

#include <string>
#include <string_view>

namespace accoil::core {

/// Bytes in hexadecimal, in lower case.
std::string ToHex(std::string_view bytes);

}  // namespace accoil::core
