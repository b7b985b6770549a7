#include "services/trait-sync/clearing_round.h"

#include "libs/core/errors.h"
#include "services/trait-sync/refusal.h"
#include "services/trait-sync/round_limits.h"

namespace accoil::traitsync {
namespace {

using intercom::Failure;
using std::chrono::milliseconds;

}  // namespace

RoundResult ClearingRound::Run(int most) {
  std::unique_ptr<Workspace> workspace;
  try {
    workspace = tools_.intercom.Open(product_.product);
  } catch (const core::FailedPrecondition&) {
    result_.shut_out = true;
    result_.rest = kShutOut;
    return result_;
  }
  const auto began = std::chrono::steady_clock::now();
  const auto claim = tools_.store.ClaimFormerTargets(product_, most, tools_.config.claim);
  result_.claimed = static_cast<int>(claim.targets.size());
  if (claim.targets.empty()) return result_;
  intercom::Permits permits(tools_.intercom, product_.workspace, connections::v1::MATCHING);
  const auto profiles = tools_.store.SyncedProfiles(product_.product);

  std::vector<FormerCompletion> completions;
  for (const auto& target : claim.targets) {
    auto left = Find(target, profiles);
    FormerCompletion completion{target.subject,           target.target_id, std::nullopt,
                                std::move(left.archived), target.attempt,   ""};
    if (!left.nulls.empty() && !target.in_use) {
      const bool may_call = !result_.shut_out && failures_in_a_row_ < kTrouble &&
                            std::chrono::steady_clock::now() < began + tools_.config.claim / 2;
      if (may_call) {
        Clear(*workspace, permits, target, left.nulls, completion);
      } else {
        completion.retry_in = milliseconds(0);
      }
    }
    completions.push_back(std::move(completion));
  }
  tools_.store.CompleteFormerTargets(product_.product, claim.token, completions);

  result_.trouble = failures_in_a_row_ >= kTrouble || (failures_in_a_row_ > 0 && !result_.answered);
  if (result_.shut_out) {
    ReportUnauthorized(tools_, *workspace);
  } else if (permits.exhausted()) {
    result_.exhausted = true;
    result_.rest = permits.retry_after();
  }
  return result_;
}

ClearingRound::Left ClearingRound::Find(const FormerTarget& target,
                                        const std::vector<Profile>& profiles) const {
  std::set<std::string> names(target.attributes.begin(), target.attributes.end());
  if (target.everything) {
    for (const auto& attribute :
         WantedAttributes(product_.attribute_prefix, profiles, target.subject.kind)) {
      names.insert(attribute.name);
    }
    // What is not wanted now may be wanted again, and shows then.
    const auto others = tools_.store.AttributeNames(
        product_.workspace, ModelOf(target.subject.kind), product_.attribute_prefix);
    names.insert(others.begin(), others.end());
  }
  // What has no definition holds no value, and naming it would be refused; so would an archived
  // one, which nobody sees, and whose value may be there again when it is brought back.
  const auto known = tools_.store.FindAttributes(product_.workspace, ModelOf(target.subject.kind),
                                                 {names.begin(), names.end()});
  Left left;
  for (const auto& [name, row] : known) {
    if (row.state == "present" || row.state == "cannot_archive")
      left.nulls[name] = std::monostate();
    if (row.state == "archived") left.archived.push_back(name);
  }
  return left;
}

void ClearingRound::RememberArchived(SubjectKind kind,
                                     const std::map<std::string, std::string>& refused,
                                     FormerCompletion& completion) {
  tools_.metrics.Cleared();
  std::vector<std::string> names;
  for (const auto& [name, reason] : refused) names.push_back(name);
  // Others that cannot be cleared stay as they are: asking again would not change it.
  for (const auto& [name, row] :
       tools_.store.FindAttributes(product_.workspace, ModelOf(kind), names)) {
    if (row.state == "archived") completion.archived.push_back(name);
  }
}

void ClearingRound::Clear(Workspace& workspace, intercom::Permits& permits,
                          const FormerTarget& target, const intercom::AttributeValues& nulls,
                          FormerCompletion& completion) {
  const auto write = [&](const intercom::AttributeValues& values) {
    return permits.Call(
        [&] { return workspace.Write(target.subject.kind, target.target_id, values); });
  };
  const auto outcome = write(nulls);
  if (!outcome) {
    completion.retry_in = milliseconds(0);
    return;
  }
  if (outcome->ok()) {
    failures_in_a_row_ = 0;
    result_.answered = true;
    tools_.metrics.Cleared();
    return;
  }
  auto failure = outcome->failure();
  if (failure.kind == Failure::Kind::kNotFound) return;
  if (BlamesAttributes(failure)) {
    const auto result = WriteWithoutRefused(nulls, failure, {}, kMostMendingCalls, write);
    if (result.ended) return RememberArchived(target.subject.kind, result.refused, completion);
    if (result.failure) failure = *result.failure;
  }
  tools_.metrics.Failed(product_.workspace, failure.kind);
  tools_.warnings.Warn(product_.workspace.value(), "a former target could not be cleared",
                       failure.ToString());
  if (failure.kind == Failure::Kind::kUnauthorized) {
    result_.shut_out = true;
    result_.rest = kShutOut;
  }
  const bool workspace_at_fault = failure.retryable() || failure.kind == Failure::Kind::kRefused;
  if (workspace_at_fault && failure.kind != Failure::Kind::kThrottled) ++failures_in_a_row_;
  completion.attempt += 1;
  completion.retry_in = kBackoff.Delay(completion.attempt, tools_.random);
  completion.error = failure.ToString();
}

}  // namespace accoil::traitsync
