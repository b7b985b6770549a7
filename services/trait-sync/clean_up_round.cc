#include "services/trait-sync/clean_up_round.h"

#include <algorithm>
#include <map>

#include "libs/core/errors.h"
#include "services/trait-sync/round_limits.h"

namespace accoil::traitsync {
namespace {

using intercom::DataAttribute;
using intercom::Failure;
using std::chrono::milliseconds;

// Something else is about to happen that the round has to wait for, or see.
constexpr milliseconds kSoon(100);
// When the budget gives no hint.
constexpr milliseconds kShortestRest(50);

}  // namespace

CleanUpRound::CleanUpRound(RoundTools& tools, core::Crew& crew,
                           const FinishDisconnect& finish_disconnect, const CleanUpClaim& claim)
    : tools_(tools),
      crew_(crew),
      finish_disconnect_(finish_disconnect),
      claim_(claim),
      call_until_(std::chrono::steady_clock::now() + tools.config.claim / 2) {}

void CleanUpRound::Run() {
  try {
    Work();
  } catch (const postgres::DatabaseUnavailable&) {
    throw;
  } catch (const core::Error& error) {
    end_.attempt = claim_.attempt + 1;
    Stop(kBackoff.Delay(end_.attempt, tools_.random), error.what());
  }
  if (!end_.error.empty()) {
    tools_.warnings.Warn(claim_.workspace.value(), "a clean-up could not be ended", end_.error);
  }
  tools_.store.EndCleanUp(claim_, end_);
}

void CleanUpRound::Work() {
  products_ = tools_.store.WorkspaceProducts(claim_.workspace);
  // Nobody has a token: what is there stays until somebody connects.
  if (products_.empty()) return;
  plan_ = PlanCleanUp(tools_.store.OurAttributes(claim_.workspace), Wanted(), tools_.clock.Now());
  tools_.store.KeepAttributes(claim_.workspace, plan_.keep);
  if (plan_.needs_calls()) {
    if (!Open()) return;
    const auto product = claim_.cause.product.value_or(products_.front().product);
    const auto run = tools_.store.BeginCleanUpRun(product, claim_.cause.cause);
    const bool all = Archive();
    tools_.store.FinishCleanUpRun(run, {archived_, calls_, end_.error});
    if (!all) return;
    // What is left, and when to look again, is another matter now.
    plan_ = PlanCleanUp(tools_.store.OurAttributes(claim_.workspace), Wanted(), tools_.clock.Now());
  }
  if (plan_.needs_calls()) return Stop(plan_.archive.empty() ? milliseconds(kLateAnswer) : kSoon);
  FinishDisconnects();
  if (!stopped_ && plan_.again_at) {
    end_.again_in =
        std::max(kSoon, std::chrono::ceil<milliseconds>(*plan_.again_at - tools_.clock.Now()));
  }
}

WantedNames CleanUpRound::Wanted() const {
  WantedNames wanted;
  for (const auto& product : products_) {
    if (product.disconnecting) continue;
    AddWanted(wanted, product.attribute_prefix, tools_.store.SyncedProfiles(product.product));
  }
  return wanted;
}

bool CleanUpRound::disconnecting() const {
  return std::any_of(products_.begin(), products_.end(), [](const WorkspaceProduct& product) {
    return product.disconnecting && !product.finished;
  });
}

bool CleanUpRound::Open() {
  for (const auto& product : products_) {
    try {
      workspace_ = tools_.intercom.OpenToCleanUp(product.product);
    } catch (const core::FailedPrecondition&) {
      // Its connection-changed is under way.
      continue;
    }
    if (workspace_->id() == claim_.workspace) return true;
    workspace_.reset();
  }
  Stop(kShutOut);
  return false;
}

bool CleanUpRound::Archive() {
  // Who disconnects waits for it.
  permits_.emplace(tools_.intercom, claim_.workspace,
                   disconnecting() ? connections::v1::TRAITS : connections::v1::MATCHING);
  LookFor();
  if (!stopped_ && !plan_.archive.empty()) {
    permits_->Reserve(static_cast<int>(plan_.archive.size()));
    crew_.ForEach(plan_.archive.size(), [&](std::size_t i) { ArchiveOne(plan_.archive[i]); });
  }
  return !stopped_;
}

void CleanUpRound::LookFor() {
  for (const auto model : {intercom::Model::kContact, intercom::Model::kCompany}) {
    std::map<std::string, DataAttribute> there;
    bool listed = false;
    for (const auto& attribute : plan_.look_for) {
      if (attribute.model != model) continue;
      if (!listed) {
        auto outcome = permits_->Call([&] { return workspace_->ListAttributes(model); });
        if (!outcome) return Stop(std::max(kShortestRest, permits_->retry_after()));
        ++calls_;
        if (!outcome->ok()) return StopAfter(outcome->failure());
        for (auto& found : outcome->value()) there.emplace(found.name, std::move(found));
        listed = true;
      }
      const auto found = there.find(attribute.name);
      const auto* definition = found == there.end() ? nullptr : &found->second;
      const auto verdict = Judge(attribute, definition, tools_.clock.Now());
      if (verdict == LookedFor::kForget) {
        tools_.store.ForgetAttribute(claim_.workspace, attribute, attribute.era);
      } else if (verdict == LookedFor::kArchive) {
        plan_.archive.push_back(attribute);
        plan_.archive.back().intercom_id = definition->id;
      } else if (verdict == LookedFor::kArchived) {
        auto archived = attribute;
        archived.intercom_id = definition->id;
        if (const auto era = tools_.store.BeginArchiving(claim_, archived)) {
          tools_.store.ConfirmArchived(claim_.workspace, archived, *era);
        }
      }
    }
  }
}

void CleanUpRound::ArchiveOne(const OurAttribute& attribute) {
  if (stopped_) return;
  if (std::chrono::steady_clock::now() >= call_until_) return Stop(milliseconds(0));
  const auto era = tools_.store.BeginArchiving(claim_, attribute);
  if (!era) return Stop(milliseconds(0));
  const auto outcome =
      permits_->Call([&] { return workspace_->ArchiveAttribute(*attribute.intercom_id); });
  if (!outcome) {
    tools_.store.NotArchived(claim_.workspace, attribute, *era);
    return Stop(std::max(kShortestRest, permits_->retry_after()));
  }
  ++calls_;
  if (!outcome->ok()) return Failed(attribute, *era, outcome->failure());
  ++archived_;
  tools_.metrics.DefinitionArchived();
  if (!tools_.store.ConfirmArchived(claim_.workspace, attribute, *era)) Stop(milliseconds(0));
}

void CleanUpRound::Failed(const OurAttribute& attribute, std::int64_t era, const Failure& failure) {
  switch (failure.kind) {
    case Failure::Kind::kNotFound:
      tools_.store.ForgetAttribute(claim_.workspace, attribute, era);
      return;
    case Failure::Kind::kRefused: {
      auto kept = attribute;
      kept.state = "cannot_archive";
      kept.reason = failure.ToString();
      kept.retry_at = tools_.clock.Now() + tools_.config.archive_retry;
      tools_.store.NotArchived(claim_.workspace, kept, era);
      tools_.metrics.DefinitionNotArchived();
      tools_.warnings.Warn(claim_.workspace.value(), "an attribute cannot be archived",
                           attribute.name + ": " + kept.reason);
      return;
    }
    case Failure::Kind::kUnauthorized:
    case Failure::Kind::kThrottled:
    case Failure::Kind::kNotSent:
      tools_.store.NotArchived(claim_.workspace, attribute, era);
      break;
    case Failure::Kind::kServer:
    case Failure::Kind::kUnknown:
      // It may have been done, or be done yet: it stays begun.
      break;
  }
  StopAfter(failure);
}

void CleanUpRound::StopAfter(const Failure& failure) {
  tools_.metrics.Failed(claim_.workspace, failure.kind);
  if (failure.kind == Failure::Kind::kUnauthorized) {
    if (!stopped_) ReportUnauthorized(tools_, *workspace_);
    return Stop(kShutOut, failure.ToString());
  }
  if (failure.kind == Failure::Kind::kThrottled) {
    return Stop(std::max(kBackoff.first, permits_->retry_after()), failure.ToString());
  }
  {
    const std::lock_guard lock(mutex_);
    end_.attempt = claim_.attempt + 1;
  }
  Stop(kBackoff.Delay(claim_.attempt + 1, tools_.random), failure.ToString());
}

void CleanUpRound::Stop(milliseconds again_in, const std::string& error) {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  end_.unfinished = true;
  end_.again_in = std::max(end_.again_in.value_or(milliseconds(0)), again_in);
  if (end_.error.empty()) end_.error = error;
}

void CleanUpRound::FinishDisconnects() {
  for (const auto& product : products_) {
    if (!product.disconnecting || product.finished) continue;
    // What a worker still writes may bring back what was archived.
    if (tools_.store.DeliveriesUnderWay(product.product, claim_.workspace)) {
      Stop(kSoon);
      continue;
    }
    try {
      finish_disconnect_(product.product, product.version,
                         DescribeLeftBehind(plan_.left, product.attribute_prefix));
    } catch (const core::Error& error) {
      end_.attempt = claim_.attempt + 1;
      Stop(kBackoff.Delay(end_.attempt, tools_.random), error.what());
      continue;
    }
    tools_.store.NoteDisconnectFinished(product.product, product.version);
  }
}

}  // namespace accoil::traitsync
