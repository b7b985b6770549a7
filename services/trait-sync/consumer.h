#pragma once

#include <functional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/events/batch.h"
#include "services/trait-sync/metrics.h"
#include "services/trait-sync/store.h"

namespace accoil::traitsync {

/// From event to store. Runs on the consumer's thread; what it is given outlives it.
class FactHandler final : public events::BatchHandler {
 public:
  struct Listeners {
    /// Something is due at once.
    std::function<void()> due;
    std::function<void(core::ProductId)> connection_changed;
  };

  FactHandler(Store& store, Metrics& metrics, Warnings& warnings, Listeners listeners)
      : store_(store), metrics_(metrics), warnings_(warnings), listeners_(std::move(listeners)) {}

  /// The topics that it understands.
  static std::vector<std::string_view> Topics();

  void Apply(postgres::Transaction& tx, const events::Batch& batch) override;

 private:
  using ProfileKey = std::pair<core::ProductId, core::ProfileId>;

  /// Traits and memberships of a profile that nobody told of are kept, for the profile may come
  /// later from its own topic; that they are not sent must be seen.
  void LookForUnknownProfiles(postgres::Transaction& tx, const events::Batch& batch);

  Store& store_;
  Metrics& metrics_;
  Warnings& warnings_;
  Listeners listeners_;
  /// Profiles that are known; what is known stays so.
  std::set<ProfileKey> known_;
};

}  // namespace accoil::traitsync
