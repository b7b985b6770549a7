#include "libs/service/settings_json.h"

#include <nlohmann/json.hpp>

namespace accoil::service {

std::string SettingsJson(std::vector<core::Setting> settings) {
  std::sort(settings.begin(), settings.end(),
            [](const auto& one, const auto& other) { return one.name < other.name; });
  auto array = nlohmann::ordered_json::array();
  for (const auto& setting : settings) {
    nlohmann::ordered_json object{
        {"name", setting.name}, {"kind", setting.kind}, {"required", !setting.fallback}};
    if (setting.fallback) object["default"] = *setting.fallback;
    array.push_back(std::move(object));
  }
  return array.dump(2);
}

}  // namespace accoil::service
