#include "services/tagging-automation/delivery/tag_round.h"

#include <algorithm>

#include "libs/core/errors.h"
#include "libs/telemetry/trace.h"

namespace accoil::tagging {
namespace {

using intercom::Failure;
using std::chrono::milliseconds;

// Between the tries of a batch that failed.
constexpr core::Backoff kBackoff{std::chrono::seconds(1), std::chrono::minutes(1)};
// Intercom says no to everything until its window ends; the budget knows when that is.
constexpr milliseconds kThrottled(1'000);
constexpr milliseconds kNoPermit(100);
// So many failed batches of a round are the workspace's doing.
constexpr int kTrouble = 3;

std::string TraceparentOf(const ClaimedBatch& batch) {
  for (const auto& tag : batch.tags) {
    if (!tag.traceparent.empty()) return tag.traceparent;
  }
  return "";
}

/// A call that is also by hand has that priority.
bool HasHand(const ClaimedBatch& batch) {
  return std::any_of(batch.tags.begin(), batch.tags.end(),
                     [](const ClaimedTag& tag) { return tag.hand; });
}

}  // namespace

std::vector<core::ProductId> TagRound::Open(const std::set<core::ProductId>& resting) {
  std::vector<core::ProductId> products;
  for (const auto product : tools_.store.ProductsOf(workspace_id_)) {
    if (resting.contains(product)) continue;
    if (workspace_) {
      products.push_back(product);
      continue;
    }
    try {
      auto workspace = tools_.intercom.Open(product);
      if (workspace->id() == workspace_id_) {
        workspace_ = std::move(workspace);
        opened_ = product;
        products.push_back(product);
        continue;
      }
    } catch (const core::FailedPrecondition&) {
      // Its connection-changed is under way.
    }
    result_.shut_out.push_back(product);
  }
  return products;
}

TagRoundResult TagRound::Run(const std::vector<TagGroup>& groups,
                             const std::set<core::ProductId>& resting) {
  const auto products = Open(resting);
  if (!workspace_) return result_;
  const auto began = std::chrono::steady_clock::now();
  claim_ = tools_.store.Claim(workspace_id_, groups, products, tools_.config.batch, kMostBatches,
                              tools_.config.claim);
  if (claim_.batches.empty()) return result_;
  // Well before the claim ends, so that a call under way has ended by then.
  call_until_ = began + tools_.config.claim / 2;
  by_hand_.emplace(tools_.intercom, workspace_id_, connections::v1::INTERACTIVE);
  by_rules_.emplace(tools_.intercom, workspace_id_, connections::v1::AUTOMATION);
  int hand = 0;
  for (const auto& batch : claim_.batches) {
    result_.claimed += static_cast<int>(batch.tags.size());
    if (HasHand(batch)) ++hand;
  }
  by_hand_->Reserve(hand);
  by_rules_->Reserve(static_cast<int>(claim_.batches.size()) - hand);

  crew_.ForEach(claim_.batches.size(), [this](std::size_t i) { Send(claim_.batches[i]); });

  result_.answered = answered_;
  if (unauthorized_) {
    result_.shut_out.push_back(opened_);
    try {
      workspace_->ReportUnauthorized();
    } catch (const core::Error& error) {
      // The next call meets the same answer.
      tools_.logger.Warn("a dead token could not be reported", {{"problem", error.what()}});
    }
  } else if (failures_ >= kTrouble || (failures_ > 0 && !answered_)) {
    result_.trouble = true;
  } else if (throttled_) {
    result_.rest = kThrottled;
  }
  for (const auto* permits : {&*by_hand_, &*by_rules_}) {
    if (permits->exhausted()) {
      result_.rest = std::max({result_.rest, permits->retry_after(), kNoPermit});
    }
    if (!permits->problem().empty()) problem_ = permits->problem();
  }
  if (!problem_.empty()) {
    tools_.logger.Warn("tags could not be brought to Intercom",
                       {{"workspace", workspace_id_.value()}, {"problem", problem_}});
  }
  return result_;
}

TagOutcome TagRound::Call(intercom::Permits& permits,
                          const std::function<TagOutcome::value_type()>& work) {
  if (unauthorized_ || throttled_ || failures_ >= kTrouble ||
      std::chrono::steady_clock::now() >= call_until_) {
    return std::nullopt;
  }
  auto outcome = permits.Call(work);
  if (!outcome) return std::nullopt;
  if (outcome->ok() || BlamesRequest(outcome->failure())) {
    answered_ = true;
    return outcome;
  }
  switch (outcome->failure().kind) {
    case Failure::Kind::kUnauthorized:
      unauthorized_ = true;
      break;
    case Failure::Kind::kThrottled:
      throttled_ = true;
      break;
    default:
      ++failures_;
  }
  const std::lock_guard lock(mutex_);
  problem_ = outcome->failure().ToString();
  return outcome;
}

std::optional<Failure> TagRound::RefusedBefore(const ClaimedBatch& batch) {
  const std::lock_guard lock(mutex_);
  const auto found = refused_tags_.find(batch.group.tag_key);
  return found == refused_tags_.end() ? std::nullopt : std::optional(found->second);
}

void TagRound::Send(const ClaimedBatch& batch) {
  const telemetry::TraceScope trace(telemetry::ParseTraceparent(TraceparentOf(batch)));
  auto& permits = HasHand(batch) ? *by_hand_ : *by_rules_;
  // As the newest wish writes it.
  const auto& name = batch.tags.front().tag;
  // Several products may share a workspace, and with it a contact.
  std::set<std::string> ids;
  for (const auto& tag : batch.tags) ids.insert(tag.target_id);

  BatchOutcome outcome;
  outcome.tag_refused = RefusedBefore(batch);
  if (!outcome.tag_refused) {
    outcome = TagBatch(
        {ids.begin(), ids.end()},
        [&](const std::vector<std::string>& part) {
          return Call(permits, [&] {
            tools_.metrics.Called(static_cast<int>(part.size()));
            return workspace_->Tag(batch.group.kind, name, part, batch.group.remove);
          });
        },
        [&] { return Call(permits, [&] { return workspace_->FindOrCreateTag(name); }); });
  }
  if (outcome.tag_refused) {
    const std::lock_guard lock(mutex_);
    refused_tags_.emplace(batch.group.tag_key, *outcome.tag_refused);
  }
  tools_.metrics.Halved(outcome.halvings);
  const auto results = Judge(batch, outcome);
  const int lost = tools_.store.Complete(claim_.token, batch.group, results);
  tools_.metrics.ClaimsLost(lost);
  Measure(batch, results);
}

std::vector<TagResult> TagRound::Judge(const ClaimedBatch& batch, const BatchOutcome& outcome) {
  // One pause for the batch, so that it goes together again.
  int attempt = 0;
  for (const auto& tag : batch.tags) attempt = std::max(attempt, tag.attempt);
  const auto pause = kBackoff.Delay(attempt + 1, tools_.random);
  const bool counts = outcome.failure && outcome.failure->kind != Failure::Kind::kUnauthorized &&
                      outcome.failure->kind != Failure::Kind::kThrottled;
  std::vector<TagResult> results;
  for (const auto& tag : batch.tags) {
    TagResult result{&tag};
    const auto refused = outcome.refused.find(tag.target_id);
    if (outcome.done.contains(tag.target_id)) {
      result.end = TagEnd::kDone;
    } else if (refused != outcome.refused.end()) {
      result.end = TagEnd::kTargetGone;
      result.reason = refused->second;
    } else if (outcome.tag_refused) {
      result.end = TagEnd::kTagRefused;
      result.reason = outcome.tag_refused->ToString();
    } else if (counts) {
      result.end = TagEnd::kFailing;
      result.reason = outcome.failure->ToString();
      result.retry_in = pause;
    }
    results.push_back(std::move(result));
  }
  return results;
}

void TagRound::Measure(const ClaimedBatch& batch, const std::vector<TagResult>& results) {
  std::map<TagEnd, int> ends;
  const auto now = tools_.clock.Now();
  for (const auto& result : results) {
    ++ends[result.end];
    if (result.end == TagEnd::kDone) {
      tools_.metrics.Fresh(result.tag->hand, now - result.tag->since);
    }
  }
  for (const auto& [end, count] : ends) tools_.metrics.Ended(end, count);
  const auto done = ends[TagEnd::kDone];
  tools_.logger.Step(batch.group.remove ? "tag taken away" : "tag given",
                     {{"workspace", workspace_id_.value()},
                      {"tag", batch.tags.front().tag},
                      {"done", done},
                      {"of", results.size()}});
}

}  // namespace accoil::tagging
