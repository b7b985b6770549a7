#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace accoil::canvas_kit {

/// What Intercom would refuse in an answer to its initialize or submit request, each with the
/// place: "canvas.content.components[3].options: must be 2 to 10". Empty when the answer is valid.
/// Knows the components of the Inbox with their required fields, the values that fields take,
/// unique ids and the limits of 64 KB for content and for stored data.
std::vector<std::string> Problems(std::string_view answer);

}  // namespace accoil::canvas_kit
