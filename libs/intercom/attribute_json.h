#pragma once

#include <nlohmann/json_fwd.hpp>

#include "libs/intercom/types.h"

namespace accoil::intercom {

/// Custom attributes as Intercom's JSON: a value typed, monostate as null.
nlohmann::json ToJson(const AttributeValue& value);
/// An object of name and value.
nlohmann::json ToJson(const AttributeValues& values);

}  // namespace accoil::intercom
