#include "services/trait-sync/catalogue.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace accoil::traitsync {

std::vector<TraitDefinition> CatalogueOf(
    const google::protobuf::RepeatedPtrField<events::v1::TraitDefinition>& catalogue) {
  std::vector<TraitDefinition> traits;
  for (const auto& trait : catalogue) {
    const auto on = [&](events::v1::SubjectKind kind) {
      return std::find(trait.on().begin(), trait.on().end(), kind) != trait.on().end();
    };
    traits.push_back({trait.name(), static_cast<TraitType>(trait.type()), on(events::v1::USER),
                      on(events::v1::ACCOUNT), trait.definition()});
  }
  return traits;
}

std::string ToJson(const std::vector<TraitDefinition>& catalogue) {
  auto traits = nlohmann::json::array();
  for (const auto& trait : catalogue) {
    traits.push_back({{"name", trait.name},
                      {"type", static_cast<int>(trait.type)},
                      {"users", trait.on_users},
                      {"accounts", trait.on_accounts},
                      {"definition", trait.definition}});
  }
  return traits.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<TraitDefinition> CatalogueFromJson(const std::string& text) {
  std::vector<TraitDefinition> catalogue;
  for (const auto& trait : nlohmann::json::parse(text)) {
    catalogue.push_back({trait.at("name").get<std::string>(),
                         static_cast<TraitType>(trait.at("type").get<int>()),
                         trait.at("users").get<bool>(), trait.at("accounts").get<bool>(),
                         trait.at("definition").get<std::string>()});
  }
  return catalogue;
}

}  // namespace accoil::traitsync
