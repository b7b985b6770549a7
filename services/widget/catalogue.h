#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
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

/// Catalogues that were read already, by the profile and its version: what a version says never
/// changes. Any thread.
class CatalogueCache {
 public:
  /// Nothing when it holds no catalogue of just this version.
  std::optional<Catalogue> Find(const ProfileKey& profile, std::int64_t version) const;
  /// Replaces another version; answers the catalogue.
  Catalogue Keep(const ProfileKey& profile, std::int64_t version,
                 std::vector<TraitDefinition> catalogue);

 private:
  mutable std::mutex mutex_;
  std::map<ProfileKey, std::pair<std::int64_t, Catalogue>> kept_;
};

}  // namespace accoil::widget
