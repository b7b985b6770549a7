#include "services/gateway/version_source.h"

namespace accoil::gateway {

std::int64_t VersionSource::Take(std::int64_t count) {
  const auto now = core::ToMicroseconds(clock_.Now());
  auto last = last_.load();
  std::int64_t first = 0;
  do {
    first = std::max(last + 1, now - count + 1);
  } while (!last_.compare_exchange_weak(last, first + count - 1));
  return first;
}

}  // namespace accoil::gateway
