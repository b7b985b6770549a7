#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "libs/core/crew.h"
#include "libs/intercom/permits.h"
#include "services/trait-sync/clean_up_plan.h"
#include "services/trait-sync/delivery_round.h"
#include "services/trait-sync/store.h"

namespace accoil::traitsync {

/// Tells `connections` that disconnecting has come to its end: product, version, what is left
/// behind in words. Throws core::Error when that was not acknowledged.
using FinishDisconnect =
    std::function<void(core::ProductId, std::int64_t version, const std::string& left_behind)>;

/// One look at a workspace: archives what this service made there and no connected product wants,
/// one call each, and ends the disconnecting of products that have nothing left there. Costs no
/// call when there is nothing to archive. Whatever is known of an attribute is written down before
/// the call and after it, so that a crash between them is seen; a change of what is wanted ends the
/// round before its next call. Lives for one Run, on one thread; what it is given outlives it.
class CleanUpRound {
 public:
  CleanUpRound(RoundTools& tools, core::Crew& crew, const FinishDisconnect& finish_disconnect,
               const CleanUpClaim& claim);

  /// Ends the claim. Throws core::Unavailable when the database cannot be reached; the claim then
  /// ends by itself.
  void Run();

 private:
  void Work();
  WantedNames Wanted() const;
  /// Through which product the workspace can be called; false when it cannot.
  bool Open();
  /// Lists where it must, and archives. False when not all could be done.
  bool Archive();
  void LookFor();
  void ArchiveOne(const OurAttribute& attribute);
  void Failed(const OurAttribute& attribute, std::int64_t era, const intercom::Failure& failure);
  void FinishDisconnects();
  /// Ends the calls of the round; it goes on after `again_in`.
  void Stop(std::chrono::milliseconds again_in, const std::string& error = "");
  void StopAfter(const intercom::Failure& failure);
  bool disconnecting() const;

  RoundTools& tools_;
  core::Crew& crew_;
  const FinishDisconnect& finish_disconnect_;
  const CleanUpClaim& claim_;
  const std::chrono::steady_clock::time_point call_until_;
  std::vector<WorkspaceProduct> products_;
  CleanUpPlan plan_;
  std::unique_ptr<Workspace> workspace_;
  std::optional<intercom::Permits> permits_;
  std::atomic<int> calls_{0};
  std::atomic<int> archived_{0};

  std::mutex mutex_;
  std::atomic<bool> stopped_{false};
  CleanUpEnd end_;  // guarded by mutex_ while attributes are archived
};

}  // namespace accoil::traitsync
