#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "libs/core/run.h"
#include "services/tagging-automation/delivery/tag_round.h"

namespace accoil::tagging {

/// Brings what is due to Intercom: a few threads, each with callers of its own, that take one
/// workspace's work at a time. Between rounds nothing is held but who rests, so any number of
/// replicas may run. `tools` outlive it.
class Dispatcher final : public core::Part {
 public:
  explicit Dispatcher(TagTools& tools);
  ~Dispatcher() override;

  void Start() override;
  /// Waits for the rounds under way.
  void Stop() override;
  /// Something is due now; any thread. Without it due work is found ten times a second.
  void Wake();
  /// The product's connection changed: whatever made it rest is over. Any thread.
  void ConnectionChanged(core::ProductId product);

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Worker;
  struct Rest {
    Time until;
    int troubles = 0;
  };
  struct Work {
    core::WorkspaceId workspace;
    std::vector<TagGroup> groups;
    std::set<core::ProductId> resting;
  };

  /// Works on one workspace; answers how long to wait for the next.
  std::chrono::milliseconds Step(core::Crew& crew);
  /// The first workspace with something due that nobody works on and that does not rest.
  std::optional<Work> Take();
  void Done(const core::WorkspaceId& workspace, const TagRoundResult& result);

  TagTools& tools_;
  std::mutex mutex_;
  // Guarded by mutex_, as all that follows but the workers.
  std::set<core::WorkspaceId> busy_;
  std::map<core::WorkspaceId, Rest> resting_;
  std::map<core::ProductId, Time> shut_out_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace accoil::tagging
