#pragma once

#include <functional>
#include <vector>

#include "accoil/connections/v1/connections.pb.h"
#include "libs/core/clock.h"
#include "libs/core/ids.h"
#include "libs/postgres/database.h"
#include "services/connections/metrics.h"
#include "services/connections/store.h"

namespace accoil::connections {

/// The version after `previous` of a fact that changes at `now`: microseconds of our clock, but
/// always above the one before, whatever the clock does.
std::int64_t NextVersion(std::int64_t previous, core::TimePoint now);

/// The profiles of products. Every change is published as profile-changed by the transaction that
/// makes it. Any thread; what it is made of outlives it.
class Profiles {
 public:
  /// `published` is called after each commit that put something into the outbox.
  Profiles(postgres::Database& database, const Store& store, const core::Clock& clock,
           Metrics& metrics, std::function<void()> published)
      : database_(database),
        store_(store),
        clock_(clock),
        metrics_(metrics),
        published_(std::move(published)) {}

  /// Creates or replaces a profile; one that changes nothing publishes nothing. A summary profile
  /// takes the flag from the one that had it. With `validate_only` nothing is changed; what it
  /// throws is the same: core::InvalidArgument, core::NotFound.
  v1::Profile Put(core::ProductId product, const v1::Profile& profile, bool validate_only);
  /// Throws core::NotFound.
  v1::Profile Get(core::ProductId product, const core::ProfileId& profile);
  std::vector<v1::Profile> List(core::ProductId product);
  /// Throws core::NotFound.
  void Delete(core::ProductId product, const core::ProfileId& profile);

 private:
  void Save(postgres::Transaction& tx, core::ProductId product, StoredProfile profile);

  postgres::Database& database_;
  const Store& store_;
  const core::Clock& clock_;
  Metrics& metrics_;
  std::function<void()> published_;
};

}  // namespace accoil::connections
