#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "libs/core/clock.h"
#include "libs/events/batch.h"
#include "services/connections/metrics.h"
#include "services/connections/store.h"

namespace accoil::connections {

/// The topics that the service reads.
std::vector<std::string_view> Topics();

/// From event to store: notes which workspaces' tokens are in doubt, for TokenDoubts. Runs on the
/// consumer's thread; what it is made of outlives it.
class WebhookConsumer final : public events::BatchHandler {
 public:
  /// `doubted` is called after each commit that cast a doubt.
  WebhookConsumer(const Store& store, const core::Clock& clock, Metrics& metrics,
                  std::function<void()> doubted)
      : store_(store), clock_(clock), metrics_(metrics), doubted_(std::move(doubted)) {}

  void Apply(postgres::Transaction& tx, const events::Batch& batch) override;

 private:
  const Store& store_;
  const core::Clock& clock_;
  Metrics& metrics_;
  std::function<void()> doubted_;
};

}  // namespace accoil::connections
