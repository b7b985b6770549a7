#pragma once

#include <string>

namespace accoil::simulator {

/// A random UUID, version 4.
std::string NewUuid();

}  // namespace accoil::simulator
