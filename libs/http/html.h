#pragma once

#include <string>
#include <string_view>

namespace accoil::http {

/// Text from outside as HTML shows it, between tags and within quoted attributes.
std::string EscapeHtml(std::string_view text);

}  // namespace accoil::http
