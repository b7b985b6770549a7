#include "libs/intercom/attribute_json.h"

#include <nlohmann/json.hpp>
#include <type_traits>

namespace accoil::intercom {

nlohmann::json ToJson(const AttributeValue& value) {
  return std::visit(
      [](const auto& held) -> nlohmann::json {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::monostate>) {
          return nullptr;
        } else {
          return held;
        }
      },
      value);
}

nlohmann::json ToJson(const AttributeValues& values) {
  auto object = nlohmann::json::object();
  for (const auto& [name, value] : values) object[name] = ToJson(value);
  return object;
}

}  // namespace accoil::intercom
