#pragma once

#include <string_view>
#include <vector>

namespace accoil::gateway {

/// The files of openapi/ in the order of their names; compiled in by CMakeLists.txt.
std::vector<std::string_view> OpenApiPieces();

}  // namespace accoil::gateway
