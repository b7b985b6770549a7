#include "services/trait-sync/delivery_round.h"

#include <algorithm>

#include "libs/core/errors.h"
#include "libs/telemetry/trace.h"
#include "services/trait-sync/refusal.h"
#include "services/trait-sync/round_limits.h"

namespace accoil::traitsync {
namespace {

using intercom::Failure;
using std::chrono::milliseconds;

// A contact that is gone comes back only by a new match; looked at anyway, in case the 404 was
// wrong, for matcher says nothing when it finds its match still right.
constexpr core::Backoff kGoneBackoff{std::chrono::hours(1), std::chrono::hours(24)};

intercom::Priority PriorityOf(Rank rank) {
  return rank == Rank::kChange ? connections::v1::TRAITS : connections::v1::MATCHING;
}

std::set<std::string> NullsOf(const DeliveryPlan& plan) {
  std::set<std::string> names;
  for (const auto& [name, value] : plan.send) {
    if (std::holds_alternative<std::monostate>(value)) names.insert(name);
  }
  return names;
}

}  // namespace

void ReportUnauthorized(RoundTools& tools, Workspace& workspace) {
  try {
    workspace.ReportUnauthorized();
  } catch (const core::Error& error) {
    tools.warnings.Warn(workspace.id().value(), "a dead token could not be reported", error.what());
  }
}

DeliveryRound::DeliveryRound(RoundTools& tools, core::Crew& crew, const DueProduct& product,
                             Rank rank)
    : tools_(tools), crew_(crew), product_(product), rank_(rank) {}

RoundResult DeliveryRound::Run(int most) {
  try {
    workspace_ = tools_.intercom.Open(product_.product);
  } catch (const core::FailedPrecondition&) {
    // Its connection-changed is under way.
    result_.shut_out = true;
    result_.rest = kShutOut;
    return result_;
  }
  if (workspace_->id() != product_.workspace) {
    result_.shut_out = true;
    result_.rest = kShutOut;
    return result_;
  }
  const auto began = std::chrono::steady_clock::now();
  claim_ = tools_.store.ClaimDeliveries(product_, rank_, most, tools_.config.claim);
  result_.claimed = static_cast<int>(claim_.deliveries.size());
  if (claim_.deliveries.empty()) return result_;
  // Well before the claim ends, so that a call under way has ended by then.
  call_until_ = began + tools_.config.claim / 2;
  permits_.emplace(tools_.intercom, product_.workspace, PriorityOf(rank_));

  Plan();
  Define(SubjectKind::kUser);
  Define(SubjectKind::kAccount);
  const auto calls = NeedCalls();
  Send(calls);
  MendRefused(calls);
  EndClaims();

  result_.answered = answered_;
  if (unauthorized_) {
    result_.shut_out = true;
    result_.rest = kShutOut;
    ReportUnauthorized(tools_, *workspace_);
  } else if (failures_in_a_row_ >= kTrouble || (failures_in_a_row_ > 0 && !answered_)) {
    result_.trouble = true;
  } else if (permits_->exhausted()) {
    if (!permits_->problem().empty()) {
      tools_.warnings.Warn(product_.workspace.value(), "the call budget cannot be asked",
                           permits_->problem());
    }
    if (permits_->problem().empty()) tools_.metrics.HeldUp(product_.product, tools_.clock.Now());
    result_.exhausted = true;
    result_.rest = permits_->retry_after();
  }
  return result_;
}

const std::vector<WantedAttribute>& DeliveryRound::AttributesOf(SubjectKind kind) const {
  return kind == SubjectKind::kUser ? contact_attributes_ : company_attributes_;
}

void DeliveryRound::Plan() {
  const auto profiles = tools_.store.SyncedProfiles(product_.product);
  std::vector<std::string> clashes;
  contact_attributes_ =
      WantedAttributes(product_.attribute_prefix, profiles, SubjectKind::kUser, &clashes);
  company_attributes_ =
      WantedAttributes(product_.attribute_prefix, profiles, SubjectKind::kAccount, &clashes);
  if (!clashes.empty()) {
    tools_.warnings.Warn(product_.workspace.value(),
                         "two traits would have one attribute; the first has it", clashes.front());
  }
  // Looked at before anything is written, so that what is archived later is in doubt.
  const auto eras = tools_.store.AttributeEras(product_.workspace);
  for (const auto& [attribute, era] : eras) era_ = std::max(era_, era);
  auto loaded = tools_.store.Load(product_.product, claim_.deliveries, profiles);
  const auto now = tools_.clock.Now();
  for (const auto& claimed : claim_.deliveries) {
    Item item;
    item.claimed = &claimed;
    item.loaded = std::move(loaded[claimed.subject]);
    const auto& attributes = AttributesOf(claimed.subject.kind);
    Doubt(item.loaded.delivered, ModelOf(claimed.subject.kind), item.loaded.era, eras);
    item.plan =
        PlanDelivery(attributes, WantedValues(attributes, item.loaded.facts, tools_.config.limits),
                     {item.loaded.delivered, claimed.distrust, item.loaded.set_aside}, now);
    item.completion.subject = claimed.subject;
    item.completion.target_id = claimed.target_id;
    item.completion.attempt = claimed.attempt;
    item.completion.distrust = claimed.distrust;
    if (claimed.distrust && !names_.contains(claimed.subject.kind)) {
      names_[claimed.subject.kind] = tools_.store.AttributeNames(
          product_.workspace, ModelOf(claimed.subject.kind), product_.attribute_prefix);
    }
    item.completion.era = era_;
    items_.push_back(std::move(item));
  }
}

void DeliveryRound::Define(SubjectKind kind) {
  Definitions::Needs needs{kind, AttributesOf(kind), {}, {}};
  for (const auto& item : items_) {
    if (item.claimed->subject.kind != kind) continue;
    const auto define = NeedDefinitions(item.plan);
    needs.define.insert(define.begin(), define.end());
    needs.know.merge(NullsOf(item.plan));
  }
  const auto answer = tools_.definitions.Ensure(*workspace_, *permits_, needs);
  if (answer.failure) {
    if (answer.failure->kind == Failure::Kind::kUnauthorized) unauthorized_ = true;
    if (answer.failure->retryable()) ++failures_in_a_row_;
  }
  for (auto& item : items_) {
    if (item.claimed->subject.kind == kind) Restrict(item.plan, answer.states);
  }
}

std::vector<DeliveryRound::Item*> DeliveryRound::NeedCalls() {
  std::vector<Item*> calls;
  int unchanged = 0;
  for (auto& item : items_) {
    if (!item.plan.send.empty()) {
      calls.push_back(&item);
    } else if (item.plan.waits) {
      Retry(item, kBackoff.Delay(1, tools_.random), "waits for the definition of an attribute");
    } else {
      // Nothing to write: what the target holds is what is wanted, also where it was in doubt.
      item.completion.distrust = false;
      Finish(item);
      ++unchanged;
    }
  }
  tools_.metrics.Unchanged(product_.workspace, unchanged);
  return calls;
}

void DeliveryRound::Send(const std::vector<Item*>& items) {
  if (items.empty()) return;
  permits_->Reserve(static_cast<int>(items.size()));
  sent_at_ = tools_.clock.Now();
  crew_.ForEach(items.size(), [&](std::size_t i) { SendOne(*items[i]); });
}

bool DeliveryRound::MayCall() const {
  return !unauthorized_ && !throttled_ && failures_in_a_row_ < kTrouble &&
         std::chrono::steady_clock::now() < call_until_;
}

std::optional<intercom::Outcome<intercom::Done>> DeliveryRound::Write(
    Item& item, const intercom::AttributeValues& values) {
  if (!MayCall()) return std::nullopt;
  auto outcome = permits_->Call([&] {
    item.completion.called = true;
    return workspace_->Write(item.claimed->subject.kind, item.claimed->target_id, values);
  });
  if (!outcome) return std::nullopt;
  if (outcome->ok()) {
    failures_in_a_row_ = 0;
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
    case Failure::Kind::kServer:
    case Failure::Kind::kUnknown:
    case Failure::Kind::kNotSent:
      ++failures_in_a_row_;
      break;
    case Failure::Kind::kNotFound:
      failures_in_a_row_ = 0;
      answered_ = true;
      break;
    case Failure::Kind::kRefused:
      // Others than those that an attribute can cause, such as a 403, meet every subject alike.
      if (BlamesAttributes(outcome->failure())) {
        failures_in_a_row_ = 0;
        answered_ = true;
      } else {
        ++failures_in_a_row_;
      }
      break;
  }
  tools_.metrics.Failed(product_.workspace, outcome->failure().kind);
  return outcome;
}

void DeliveryRound::SendOne(Item& item) {
  const telemetry::TraceScope trace(telemetry::ParseTraceparent(item.claimed->traceparent));
  const auto outcome = Write(item, item.plan.send);
  if (!outcome) {
    Release(item);
  } else if (outcome->ok()) {
    Acknowledged(item, item.plan.send);
    Finish(item);
    tools_.warnings.logger().Step("a delivery was acknowledged",
                                  {{"product_id", product_.product.value()},
                                   {"workspace_id", product_.workspace.value()},
                                   {"target_id", item.claimed->target_id},
                                   {"attributes", item.plan.send.size()}});
  } else if (BlamesAttributes(outcome->failure())) {
    item.refusal = outcome->failure();
  } else {
    Failed(item, outcome->failure());
  }
}

void DeliveryRound::MendRefused(const std::vector<Item*>& items) {
  std::vector<Item*> refused;
  for (auto* item : items) {
    if (item->refusal) refused.push_back(item);
  }
  if (refused.empty()) return;
  tools_.warnings.Warn(product_.workspace.value(), "Intercom refused a write",
                       refused.front()->refusal->ToString());
  for (const auto kind : {SubjectKind::kUser, SubjectKind::kAccount}) {
    Definitions::Needs needs{kind, AttributesOf(kind), {}, {}};
    for (const auto* item : refused) {
      if (item->claimed->subject.kind != kind) continue;
      for (const auto& [name, value] : item->plan.send) needs.define.insert(name);
    }
    if (needs.define.empty() || !MayCall()) continue;
    const auto answer = tools_.definitions.Refresh(*workspace_, *permits_, needs, sent_at_);
    if (!answer) continue;
    for (auto* item : refused) {
      if (item->claimed->subject.kind != kind) continue;
      Restrict(item->plan, answer->states);
      item->worth_repeating = true;
    }
  }
  crew_.ForEach(refused.size(), [&](std::size_t i) { MendOne(*refused[i]); });
}

void DeliveryRound::MendOne(Item& item) {
  const telemetry::TraceScope trace(telemetry::ParseTraceparent(item.claimed->traceparent));
  auto refusal = *item.refusal;
  if (item.worth_repeating && !item.plan.send.empty()) {
    const auto outcome = Write(item, item.plan.send);
    if (!outcome) return Release(item);
    if (outcome->ok()) {
      Acknowledged(item, item.plan.send);
      return Finish(item);
    }
    if (!BlamesAttributes(outcome->failure())) {
      return Failed(item, outcome->failure());
    }
    refusal = outcome->failure();
  }
  if (item.plan.send.empty()) return Finish(item);
  const auto result = WriteWithoutRefused(item.plan.send, refusal, Suspects(), kMostMendingCalls,
                                          [&](const auto& values) { return Write(item, values); });
  Suspect(result.refused);
  for (const auto& [name, reason] : result.refused) {
    item.plan.set_aside[name] = {ReasonClass::kRefused, reason, item.plan.send.at(name),
                                 RetryRefused()};
  }
  if (!result.acknowledged.empty()) Acknowledged(item, result.acknowledged);
  if (result.ended) return Finish(item);
  if (result.failure) return Failed(item, *result.failure);
  Release(item);
}

std::set<std::string> DeliveryRound::Suspects() {
  const std::lock_guard lock(suspects_mutex_);
  return suspects_;
}

void DeliveryRound::Suspect(const std::map<std::string, std::string>& refused) {
  const std::lock_guard lock(suspects_mutex_);
  for (const auto& [name, reason] : refused) suspects_.insert(name);
}

core::TimePoint DeliveryRound::RetryRefused() const {
  return tools_.clock.Now() + tools_.config.sweep_interval;
}

void DeliveryRound::Acknowledged(Item& item, const intercom::AttributeValues& sent) {
  if (!item.completion.delivered) item.completion.delivered = item.loaded.delivered;
  Acknowledge(*item.completion.delivered, sent);
  for (const auto& [name, value] : sent) item.written.insert(name);
}

void DeliveryRound::KeepDoubt(Item& item) {
  if (!item.claimed->distrust) return;
  auto names = names_.at(item.claimed->subject.kind);
  for (const auto& [name, value] : item.plan.send) names.push_back(name);
  for (const auto& name : names) {
    if (item.written.contains(name)) continue;
    if (!item.completion.delivered) item.completion.delivered = item.loaded.delivered;
    (*item.completion.delivered)[name] = std::monostate();
  }
}

void DeliveryRound::Finish(Item& item) {
  KeepDoubt(item);
  if (item.completion.called) {
    item.completion.distrust = false;
    tools_.metrics.Delivered(product_.workspace);
    if (item.claimed->changed_at) {
      tools_.metrics.Fresh(product_, rank_, *item.claimed->changed_at, tools_.clock.Now());
    }
  }
  item.completion.attempt = 0;
  if (item.plan.waits) {
    item.completion.retry_in = kBackoff.Delay(1, tools_.random);
    item.completion.error = "waits for the definition of an attribute";
  }
}

void DeliveryRound::Failed(Item& item, const Failure& failure) {
  // Each status is told for itself: a 429 must not go unseen because a 503 was told a moment ago.
  tools_.warnings.Warn(product_.workspace.value(),
                       failure.status == 0
                           ? "a delivery had no answer"
                           : "a delivery failed with " + std::to_string(failure.status),
                       failure.ToString());
  auto& completion = item.completion;
  switch (failure.kind) {
    case Failure::Kind::kUnauthorized:
    case Failure::Kind::kThrottled:
    case Failure::Kind::kNotSent:
      // Not the delivery's fault, and nothing was done.
      Release(item);
      completion.error = failure.ToString();
      return;
    case Failure::Kind::kNotFound:
      ++completion.attempt;
      completion.distrust = true;
      item.plan.set_aside.clear();
      item.plan.set_aside[""] = {ReasonClass::kTargetGone,
                                 item.claimed->subject.kind == SubjectKind::kUser
                                     ? "contact is gone in Intercom"
                                     : "company is gone in Intercom",
                                 std::nullopt, std::nullopt};
      Retry(item, kGoneBackoff.Delay(completion.attempt, tools_.random), failure.ToString());
      return;
    case Failure::Kind::kServer:
    case Failure::Kind::kUnknown:
      // It may have been done, or be done yet.
      completion.distrust = true;
      break;
    case Failure::Kind::kRefused:
      break;
  }
  ++completion.attempt;
  Retry(item, kBackoff.Delay(completion.attempt, tools_.random), failure.ToString());
}

void DeliveryRound::Release(Item& item) { Retry(item, milliseconds(0), ""); }

void DeliveryRound::Retry(Item& item, milliseconds in, const std::string& error) {
  item.completion.retry_in = in;
  item.completion.error = error;
}

void DeliveryRound::EndClaims() {
  std::vector<Completion> completions;
  std::vector<Subject> gone;
  completions.reserve(items_.size());
  for (auto& item : items_) {
    if (item.plan.set_aside != item.loaded.set_aside) {
      for (const auto& [name, entry] : item.plan.set_aside) {
        const auto before = item.loaded.set_aside.find(name);
        if (before == item.loaded.set_aside.end() || !(before->second == entry)) {
          tools_.metrics.SetAside(product_.workspace, entry.reason_class);
        }
      }
      if (item.plan.set_aside.contains("") && !item.loaded.set_aside.contains("")) {
        gone.push_back(item.claimed->subject);
      }
      item.completion.set_aside = std::move(item.plan.set_aside);
    }
    completions.push_back(std::move(item.completion));
  }
  const int lost = tools_.store.Complete(product_.product, product_.workspace, claim_.token,
                                         std::move(completions),
                                         rank_ == Rank::kCatchUp ? permits_->calls() : 0);
  tools_.metrics.ClaimsLost(lost);
  if (!gone.empty()) tools_.request_match(product_.product, gone);
}

}  // namespace accoil::traitsync
