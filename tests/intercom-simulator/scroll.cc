#include "tests/intercom-simulator/scroll.h"

#include "tests/intercom-simulator/api_error.h"

namespace accoil::simulator {

void Scroll::Open(const std::string& param, core::TimePoint now) {
  if (IsOpen(now)) {
    throw ApiError(400, "scroll_exists", "scroll already exists for this workspace");
  }
  param_ = param;
  last_company_.clear();
  last_used_ = now;
}

const std::string& Scroll::Continue(const std::string& param, core::TimePoint now) {
  if (!IsOpen(now) || param != param_) {
    throw ApiError(404, "not_found", "scroll parameter not found");
  }
  last_used_ = now;
  return last_company_;
}

}  // namespace accoil::simulator
