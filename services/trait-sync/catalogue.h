#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <string>
#include <vector>

#include "accoil/events/v1/events.pb.h"
#include "services/trait-sync/profile.h"

/// A profile's catalogue as events have it and as it is stored.
namespace accoil::traitsync {

std::vector<TraitDefinition> CatalogueOf(
    const google::protobuf::RepeatedPtrField<events::v1::TraitDefinition>& catalogue);

/// JSON text; bytes that are not UTF-8 are replaced.
std::string ToJson(const std::vector<TraitDefinition>& catalogue);
/// Throws nlohmann::json::exception for what ToJson did not write.
std::vector<TraitDefinition> CatalogueFromJson(const std::string& text);

}  // namespace accoil::traitsync
