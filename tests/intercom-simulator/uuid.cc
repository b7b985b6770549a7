#include "tests/intercom-simulator/uuid.h"

#include <random>
#include <string_view>

namespace accoil::simulator {

std::string NewUuid() {
  thread_local std::mt19937_64 engine{std::random_device{}()};
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string uuid = "xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx";
  for (auto& c : uuid) {
    if (c == 'x') c = kHex[engine() & 15];
  }
  return uuid;
}

}  // namespace accoil::simulator
