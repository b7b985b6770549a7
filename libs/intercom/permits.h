#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "libs/core/ids.h"
#include "libs/intercom/budget.h"
#include "libs/intercom/outcome.h"

namespace accoil::intercom {

/// Where calls are leased; as Budget, so that tests can stand in for it. Any thread.
class CallLeases {
 public:
  virtual ~CallLeases() = default;
  virtual Grant Lease(const core::WorkspaceId& workspace, Priority priority, int wanted) = 0;
  virtual void Ended(const core::WorkspaceId& workspace, std::int64_t window_id,
                     const std::optional<RateLimit>& rate_limit, bool throttled) = 0;
  virtual void Unused(const core::WorkspaceId& workspace, std::int64_t window_id, int calls) = 0;
};

/// The calls that one piece of work may make to a workspace: leased from its budget, handed out one
/// by one to the threads that call, given back when they are not used. Any thread; `leases`
/// outlives it.
class Permits {
 public:
  Permits(CallLeases& leases, core::WorkspaceId workspace, Priority priority)
      : leases_(leases), workspace_(std::move(workspace)), priority_(priority) {}
  /// Gives back what is left.
  ~Permits();
  Permits(const Permits&) = delete;
  Permits& operator=(const Permits&) = delete;

  /// That many calls are about to be made: leases for them, a part at a time.
  void Reserve(int calls);

  /// Makes one call if there is a permit for it (one is leased when none is left); nothing when the
  /// budget has none, or its authority cannot be reached.
  template <typename Work>
  auto Call(Work&& work) -> std::optional<decltype(work())> {
    const auto window = Take();
    if (!window) return std::nullopt;
    // Not for exceptions' sake: a call never throws. For a defect, the place stays taken until its
    // window has passed, which is safe.
    auto outcome = work();
    leases_.Ended(workspace_, *window, outcome.rate_limit(),
                  !outcome.ok() && outcome.failure().kind == Failure::Kind::kThrottled);
    return outcome;
  }

  /// Whether the budget had less than was wanted, and how long to wait before it is asked again.
  bool exhausted() const;
  std::chrono::milliseconds retry_after() const;
  /// Calls made so far.
  int calls() const;
  /// Why the budget's authority could not be asked; empty when it could.
  std::string problem() const;

 private:
  std::optional<std::int64_t> Take();
  void LeaseLocked();
  void GiveBackLocked();

  CallLeases& leases_;
  const core::WorkspaceId workspace_;
  const Priority priority_;
  mutable std::mutex mutex_;
  Grant grant_;  // guarded by mutex_, as all that follows
  int planned_ = 0;
  int calls_ = 0;
  bool exhausted_ = false;
  std::chrono::milliseconds retry_after_{0};
  std::string problem_;
};

}  // namespace accoil::intercom
