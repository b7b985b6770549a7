#pragma once

#include <array>
#include <string_view>

/// How the REST API names what tags are about, where several of its parts do.
namespace accoil::gateway {

/// What the names of TagTarget's values begin with, which JSON leaves out: user, company.
inline constexpr std::string_view kTargetPrefix = "tag_";

/// What is done with a tag; the second is `remove` of a job or an assignment.
inline constexpr std::array<std::string_view, 2> kOperations{"add", "remove"};

}  // namespace accoil::gateway
