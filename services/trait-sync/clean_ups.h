#pragma once

#include <memory>
#include <vector>

#include "libs/core/run.h"
#include "services/trait-sync/clean_up_round.h"

namespace accoil::traitsync {

/// Cleans up the workspaces that are due: a few threads, one workspace a thread, apart from those
/// that deliver, so that neither waits for the other. Any number of replicas may run. `tools`
/// outlive it.
class CleanUps final : public core::Part {
 public:
  CleanUps(RoundTools& tools, FinishDisconnect finish_disconnect);
  ~CleanUps() override;

  void Start() override;
  /// Waits for the rounds under way.
  void Stop() override;

 private:
  struct Worker;
  /// Works on one workspace; answers how long to wait for the next.
  std::chrono::milliseconds Step(core::Crew& crew);

  RoundTools& tools_;
  const FinishDisconnect finish_disconnect_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace accoil::traitsync
