#pragma once

#include <string>

namespace accoil::tagging {

/// Throws core::InvalidArgument unless a tag is 1 to 255 characters without control characters and
/// without a space at either end. `field` names it.
void CheckTag(const std::string& field, const std::string& tag);

}  // namespace accoil::tagging
