#include "services/trait-sync/agenda.h"

#include <tuple>

namespace accoil::traitsync {
namespace {

// Long enough to spare a workspace in trouble, short enough to be there soon when it is over.
constexpr core::Backoff kTroubleRest{std::chrono::milliseconds(500), std::chrono::seconds(15)};
// A probe of a workspace that was in trouble.
constexpr int kProbe = 4;
// When the budget gives no hint.
constexpr std::chrono::milliseconds kShortestRest(10);

}  // namespace

void Agenda::Replace(std::vector<DueProduct> due) {
  const std::lock_guard lock(mutex_);
  due_.clear();
  for (const auto& product : due) {
    if (product.changes) due_.emplace(Key(product.product, Lane::kChanges), product);
    if (product.catch_up) due_.emplace(Key(product.product, Lane::kCatchUp), product);
    if (product.former_targets) due_.emplace(Key(product.product, Lane::kFormerTargets), product);
  }
  // What is not due and not worked on is only kept while it rests.
  replaced_ = std::chrono::steady_clock::now();
  std::erase_if(states_, [&](const auto& entry) {
    return entry.second.dispatchers == 0 && entry.second.troubles == 0 &&
           entry.second.rest_until <= replaced_ && !due_.contains(entry.first);
  });
}

bool Agenda::Stale(TimePoint now, std::chrono::milliseconds age) const {
  const std::lock_guard lock(mutex_);
  return now - replaced_ >= age;
}

void Agenda::Outdate() {
  const std::lock_guard lock(mutex_);
  replaced_ = {};
}

bool Agenda::Empty() const {
  const std::lock_guard lock(mutex_);
  return due_.empty();
}

std::optional<Assignment> Agenda::Take(TimePoint now) {
  const std::lock_guard lock(mutex_);
  const Key* best = nullptr;
  State* best_state = nullptr;
  for (const auto& [key, product] : due_) {
    auto& state = states_[key];
    if (state.rest_until > now) continue;
    if (state.dispatchers >= (state.troubles > 0 ? 1 : kMostTogether)) continue;
    if (best == nullptr || std::tie(state.dispatchers, state.taken_at) <
                               std::tie(best_state->dispatchers, best_state->taken_at)) {
      best = &key;
      best_state = &state;
    }
  }
  if (best == nullptr) return std::nullopt;
  ++best_state->dispatchers;
  best_state->taken_at = now;
  Assignment assignment{due_.at(*best), best->second,
                        best_state->troubles > 0 ? kProbe : DeliveryRound::kMost};
  return assignment;
}

void Agenda::Done(const Assignment& assignment, const RoundResult& result, TimePoint now) {
  const std::lock_guard lock(mutex_);
  const Key key(assignment.product.product, assignment.lane);
  auto& state = states_[key];
  --state.dispatchers;
  if (result.trouble) {
    ++state.troubles;
    state.rest_until = now + kTroubleRest.Delay(state.troubles, random_);
  } else if (result.shut_out) {
    for (const auto lane : {Lane::kChanges, Lane::kCatchUp, Lane::kFormerTargets}) {
      states_[Key(key.first, lane)].rest_until = now + result.rest;
    }
  } else {
    // A round that called nobody tells nothing of the workspace.
    if (result.answered) state.troubles = 0;
    if (result.exhausted) state.rest_until = now + std::max(kShortestRest, result.rest);
  }
  // It is looked for again before it is taken again.
  if (result.claimed < assignment.most) due_.erase(key);
}

void Agenda::Forget(core::ProductId product) {
  const std::lock_guard lock(mutex_);
  for (const auto lane : {Lane::kChanges, Lane::kCatchUp, Lane::kFormerTargets}) {
    const auto state = states_.find(Key(product, lane));
    if (state == states_.end()) continue;
    state->second.rest_until = {};
    state->second.troubles = 0;
  }
}

}  // namespace accoil::traitsync
