#pragma once

#include <functional>

#include "libs/events/batch.h"
#include "services/matcher/config.h"
#include "services/matcher/metrics.h"
#include "services/matcher/store.h"

namespace accoil::matcher {

/// The topics that the directory is made of.
std::vector<std::string_view> Topics();

/// From event to store: keeps the directory of users, accounts and connections, and makes due what
/// changed. Runs on the consumer's thread; what it is made of outlives it.
class DirectoryConsumer final : public events::BatchHandler {
 public:
  /// Called after the commit, from the consumer's thread.
  struct Listeners {
    /// The product's connection changed.
    std::function<void(core::ProductId)> connection_changed;
    /// There is work.
    std::function<void()> work;
  };

  DirectoryConsumer(Store& store, const MatchingConfig& config, const core::Clock& clock,
                    Metrics& metrics, Listeners listeners)
      : store_(store),
        config_(config),
        clock_(clock),
        metrics_(metrics),
        listeners_(std::move(listeners)) {}

  void Apply(postgres::Transaction& tx, const events::Batch& batch) override;

 private:
  void ApplyConnections(postgres::Transaction& tx, const events::Batch& batch);
  void ApplySubjects(postgres::Transaction& tx, const events::Batch& batch);
  /// A notification says where to look; what is there is asked of Intercom, later and elsewhere.
  void ApplyWebhooks(postgres::Transaction& tx, const events::Batch& batch);

  Store& store_;
  const MatchingConfig& config_;
  const core::Clock& clock_;
  Metrics& metrics_;
  Listeners listeners_;
};

}  // namespace accoil::matcher
