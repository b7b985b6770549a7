#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "libs/core/backoff.h"
#include "libs/core/clock.h"
#include "libs/core/crew.h"
#include "libs/intercom/permits.h"
#include "libs/telemetry/log.h"
#include "services/tagging-automation/config.h"
#include "services/tagging-automation/delivery/delivery_store.h"
#include "services/tagging-automation/delivery/tag_batch.h"
#include "services/tagging-automation/delivery/tag_metrics.h"
#include "services/tagging-automation/subjects/workspace.h"

namespace accoil::tagging {

/// What rounds are made of; all of it outlives them.
struct TagTools {
  DeliveryStore& store;
  Intercom& intercom;
  const DeliveryConfig& config;
  const core::Clock& clock;
  const core::RandomSource& random;
  TagMetrics& metrics;
  telemetry::Logger logger;
};

/// How a round ended, for whoever decides about the next one.
struct TagRoundResult {
  int claimed = 0;
  /// The workspace does not answer as it should: rest longer each time.
  bool trouble = false;
  /// It does: a call was answered as calls are.
  bool answered = false;
  /// Products that are not connected any more, or whose token is dead.
  std::vector<core::ProductId> shut_out;
  /// Whatever is due, not before this.
  std::chrono::milliseconds rest{0};
};

/// One pass over what is due in a workspace: claims some batches, makes their calls, several at a
/// time, and ends each as it is answered. The token is that of one of the products that reach the
/// workspace. Lives for one Run, on its dispatcher's thread.
class TagRound {
 public:
  /// A worker is done with so many batches before it looks again at what is to go first.
  static constexpr int kMostBatches = 8;
  static constexpr int kCallsAtOnce = 4;

  TagRound(TagTools& tools, core::Crew& crew, core::WorkspaceId workspace)
      : tools_(tools), crew_(crew), workspace_id_(std::move(workspace)) {}

  /// `groups` are of the workspace; of products in `resting` nothing is sent. Throws
  /// core::Unavailable when the database cannot be reached; claims then end by themselves.
  TagRoundResult Run(const std::vector<TagGroup>& groups, const std::set<core::ProductId>& resting);

 private:
  /// Finds a product with whose token the workspace can be called; answers those that can be.
  std::vector<core::ProductId> Open(const std::set<core::ProductId>& resting);
  void Send(const ClaimedBatch& batch);
  /// Makes a call if there is a permit for it and nothing speaks against it.
  TagOutcome Call(intercom::Permits& permits, const std::function<TagOutcome::value_type()>& work);
  std::vector<TagResult> Judge(const ClaimedBatch& batch, const BatchOutcome& outcome);
  void Measure(const ClaimedBatch& batch, const std::vector<TagResult>& results);
  std::optional<intercom::Failure> RefusedBefore(const ClaimedBatch& batch);

  TagTools& tools_;
  core::Crew& crew_;
  const core::WorkspaceId workspace_id_;
  std::unique_ptr<Workspace> workspace_;
  core::ProductId opened_;
  std::optional<intercom::Permits> by_hand_;
  std::optional<intercom::Permits> by_rules_;
  TagClaim claim_;
  std::chrono::steady_clock::time_point call_until_;
  TagRoundResult result_;

  /// Set by the threads that call.
  std::atomic<bool> unauthorized_{false};
  std::atomic<bool> throttled_{false};
  std::atomic<int> failures_{0};
  std::atomic<bool> answered_{false};
  std::mutex mutex_;
  /// Tags that Intercom refused in this round. Guarded by mutex_.
  std::map<std::string, intercom::Failure> refused_tags_;
  std::string problem_;  // guarded by mutex_
};

}  // namespace accoil::tagging
