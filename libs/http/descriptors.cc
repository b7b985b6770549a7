#include "libs/http/descriptors.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace accoil::http {

std::size_t RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    throw std::system_error(errno, std::generic_category(), "RLIMIT_NOFILE");
  }
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
      throw std::system_error(errno, std::generic_category(), "RLIMIT_NOFILE");
    }
  }
  return limit.rlim_cur;
}

std::size_t AffordableConnections(std::size_t wanted, std::size_t descriptors) {
  constexpr std::size_t kForOthers = 512;
  return std::min(wanted, descriptors - std::min(kForOthers, descriptors / 2));
}

}  // namespace accoil::http
