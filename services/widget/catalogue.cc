#include "services/widget/catalogue.h"

#include <algorithm>
#include <stdexcept>

namespace accoil::widget {
namespace {

// Some ten MB when they are large; when there are more, it begins anew.
constexpr std::size_t kMostKept = 2'000;

}  // namespace

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

std::optional<Catalogue> CatalogueCache::Find(const ProfileKey& profile,
                                              std::int64_t version) const {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(profile);
  if (found == kept_.end() || found->second.first != version) return std::nullopt;
  return found->second.second;
}

Catalogue CatalogueCache::Keep(const ProfileKey& profile, std::int64_t version,
                               std::vector<TraitDefinition> catalogue) {
  Catalogue kept(std::move(catalogue));
  const std::lock_guard lock(mutex_);
  if (kept_.size() >= kMostKept) kept_.clear();
  kept_.insert_or_assign(profile, std::pair(version, kept));
  return kept;
}

}  // namespace accoil::widget
