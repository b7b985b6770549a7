#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "libs/core/errors.h"

namespace accoil::gateway {

/// What a field is called in the contracts between the services, and what in the REST API.
struct FieldName {
  std::string_view internal;
  std::string_view rest;
};

/// Calls `ask`. A refusal that names a field, or a part of one, by its internal name is thrown on
/// with the name that whoever calls over REST has sent; others as they are.
template <std::size_t kNames, typename Ask>
auto Renaming(const std::array<FieldName, kNames>& names, Ask ask) -> decltype(ask()) {
  try {
    return ask();
  } catch (const core::InvalidArgument& refusal) {
    const std::string_view field = refusal.field();
    const auto name = std::find_if(names.begin(), names.end(), [&](const FieldName& known) {
      if (!field.starts_with(known.internal)) return false;
      const auto rest = field.substr(known.internal.size());
      return rest.empty() || rest.front() == '.' || rest.front() == '[';
    });
    if (name == names.end()) throw;
    throw core::InvalidArgument(
        std::string(name->rest) + std::string(field.substr(name->internal.size())),
        refusal.problem());
  }
}

}  // namespace accoil::gateway
