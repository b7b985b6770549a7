#include "services/widget/catalogue.h"

#include <algorithm>
#include <stdexcept>

namespace accoil::widget {

std::string ToBytes(
    const google::protobuf::RepeatedPtrField<events::v1::TraitDefinition>& catalogue) {
  events::v1::ProfileChanged only_catalogue;
  *only_catalogue.mutable_catalogue() = catalogue;
  return only_catalogue.SerializeAsString();
}

std::vector<TraitDefinition> CatalogueFromBytes(const std::string& bytes) {
  events::v1::ProfileChanged stored;
  if (!stored.ParseFromString(bytes)) throw std::logic_error("a stored catalogue is broken");
  std::vector<TraitDefinition> catalogue;
  for (const auto& trait : stored.catalogue()) {
    const auto on = [&](events::v1::SubjectKind kind) {
      return std::find(trait.on().begin(), trait.on().end(), kind) != trait.on().end();
    };
    catalogue.push_back({trait.name(), static_cast<TraitType>(trait.type()), on(events::v1::USER),
                         on(events::v1::ACCOUNT), trait.definition()});
  }
  return catalogue;
}

}  // namespace accoil::widget
