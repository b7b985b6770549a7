#pragma once

#include <string>
#include <string_view>

namespace accoil::widget {

/// Appends a text as JSON writes it, in quotes. Bytes that are no UTF-8 become replacement
/// characters.
void AppendQuoted(std::string& json, std::string_view text);

}  // namespace accoil::widget
