#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "libs/core/run.h"
#include "services/trait-sync/agenda.h"
#include "services/trait-sync/delivery_round.h"

namespace accoil::traitsync {

/// Brings what is due to Intercom: a few threads, each with callers of its own, that take one
/// product's work at a time from the agenda. Between rounds nothing is held but the agenda, so any
/// number of replicas may run. `tools` outlive it.
class Dispatcher final : public core::Part {
 public:
  explicit Dispatcher(RoundTools& tools);
  ~Dispatcher() override;

  void Start() override;
  /// Waits for the rounds under way.
  void Stop() override;
  /// Something is due now; any thread. Without it due work is found ten times a second.
  void Wake();
  /// The product's connection changed: whatever made it rest is over. Any thread.
  void ConnectionChanged(core::ProductId product);

 private:
  struct Worker;
  /// Works on one assignment; answers how long to wait for the next.
  std::chrono::milliseconds Step(core::Crew& crew);

  RoundTools& tools_;
  Agenda agenda_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace accoil::traitsync
