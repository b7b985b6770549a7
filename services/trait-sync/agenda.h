#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "libs/core/backoff.h"
#include "services/trait-sync/delivery_round.h"
#include "services/trait-sync/store.h"

namespace accoil::traitsync {

/// The kinds of work that a product can have.
enum class Lane { kChanges, kCatchUp, kFormerTargets };

/// A piece of work for one dispatcher.
struct Assignment {
  DueProduct product;
  Lane lane = Lane::kChanges;
  /// How many deliveries to take; few while the workspace is in trouble.
  int most = DeliveryRound::kMost;
};

/// Shares the products that have work out to the dispatchers: the one with the fewest dispatchers
/// first, of these the one that has waited longest, so that a slow workspace never holds up the
/// others. Remembers which workspaces rest, and until when. Any thread.
class Agenda {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit Agenda(core::RandomSource random) : random_(std::move(random)) {}

  /// What is due now, in place of what was due before.
  void Replace(std::vector<DueProduct> due);
  /// Whether the list is older than `age`, or was said to be out of date.
  bool Stale(TimePoint now, std::chrono::milliseconds age) const;
  /// What is due is to be looked for at once.
  void Outdate();
  /// Whether nothing is due at all.
  bool Empty() const;
  /// The next piece of work; nothing when all that is due rests or is taken.
  std::optional<Assignment> Take(TimePoint now);
  /// Ends an assignment.
  void Done(const Assignment& assignment, const RoundResult& result, TimePoint now);
  /// The connection changed, or something new is due: forget what was said about resting.
  void Forget(core::ProductId product);

 private:
  /// At most this many dispatchers on one piece of a product's work: while one round's database
  /// work goes on, the other one calls.
  static constexpr int kMostTogether = 2;

  struct State {
    int dispatchers = 0;
    int troubles = 0;
    TimePoint rest_until{};
    TimePoint taken_at{};
  };
  using Key = std::pair<core::ProductId, Lane>;

  core::RandomSource random_;
  mutable std::mutex mutex_;
  // Guarded by mutex_, as all that follows.
  std::map<Key, DueProduct> due_;
  std::map<Key, State> states_;
  TimePoint replaced_{};
};

}  // namespace accoil::traitsync
