#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "libs/core/clock.h"
#include "services/tagging-automation/wishes/tag_plan.h"
#include "services/tagging-automation/wishes/wish.h"

namespace accoil::tagging {

/// Takes wishes over into tables: resolves them to those whose contact or company is meant, works
/// out by PlanTags what follows, and writes it. A few statements for each two thousand wishes. No
/// state of its own; any thread.
class Wishes final : public WishTaker {
 public:
  /// `window`: how long a tag waits for others that go with it in one call.
  explicit Wishes(std::chrono::milliseconds window) : window_(window) {}

  void Take(postgres::Transaction& tx, std::span<const Wish> wishes) override;
  void Forget(postgres::Transaction& tx, core::ProductId product, RuleId rule) override;

  /// Drops what a job wanted and is not on its way to Intercom yet. Answers how many assignments
  /// that ended.
  int Cancel(postgres::Transaction& tx, core::ProductId product, const JobId& job);

  /// Takes over anew what waits for an account of these users, or for a user of these accounts.
  void Resolve(postgres::Transaction& tx, std::span<const Subject> subjects);

  std::chrono::milliseconds window() const { return window_; }

 private:
  std::chrono::milliseconds window_;
};

}  // namespace accoil::tagging
