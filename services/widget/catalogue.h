#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <string>
#include <string_view>
#include <vector>

#include "accoil/events/v1/events.pb.h"
#include "services/widget/inbox.h"

/// A profile's catalogue as it is stored: in Protobuf, for it is read with every canvas.
namespace accoil::widget {

/// A ProfileChanged of which only the catalogue is set.
std::string ToBytes(
    const google::protobuf::RepeatedPtrField<events::v1::TraitDefinition>& catalogue);
/// Throws std::logic_error for what ToBytes did not write.
std::vector<TraitDefinition> CatalogueFromBytes(const std::string& bytes);

}  // namespace accoil::widget
