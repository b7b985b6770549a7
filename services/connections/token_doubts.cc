#include "services/connections/token_doubts.h"

#include "services/connections/connection_changes.h"
#include "services/connections/stored_secrets.h"

namespace accoil::connections {
namespace {

using std::chrono::milliseconds;

/// Longer than a call to Intercom can take.
constexpr std::chrono::minutes kClaim{2};
constexpr milliseconds kPoll{1'000};

}  // namespace

milliseconds TokenDoubts::Step() {
  const auto doubt = tools_.database.Transact([&](postgres::Transaction& tx) {
    const auto now = tools_.clock.Now();
    return tools_.store.ClaimDoubt(tx, now, now + kClaim);
  });
  if (!doubt) return kPoll;
  const bool settled = Settle(*doubt);
  tools_.database.Transact([&](postgres::Transaction& tx) {
    if (settled) {
      tools_.store.DeleteDoubt(tx, *doubt);
    } else {
      tools_.store.PutOffDoubt(tx, *doubt,
                               tools_.clock.Now() + backoff_.Delay(doubt->attempts, random_));
    }
  });
  return milliseconds(0);
}

bool TokenDoubts::Settle(const StoredDoubt& doubt) {
  const auto stored = tools_.database.Transact(
      [&](postgres::Transaction& tx) { return tools_.store.FindConnection(tx, doubt.product); });
  if (!stored || !stored->token) return true;
  const auto token = OpenToken(tools_, *stored);
  // Nobody can use it, so nothing hangs on whether it is dead.
  if (!token) return true;
  const auto workspace = WorkspaceOf(*stored);
  const auto outcome = intercom_.ask(stored->base_url, *token);
  if (outcome.rate_limit()) tools_.budgets.Observe(workspace, {*outcome.rate_limit()});
  if (outcome.ok()) {
    tools_.metrics.DoubtDispelled();
    tools_.logger.Info("an uninstall was notified, but the token works",
                       {{"product", doubt.product.value()}, {"workspace", workspace.value()}});
    return true;
  }
  if (outcome.failure().kind == intercom::Failure::Kind::kUnauthorized) {
    workspaces_.TokenWasRefused(workspace, *token, DisconnectCause::kUninstalled);
    return true;
  }
  tools_.logger.Warn("an uninstall was notified and cannot be verified yet",
                     {{"product", doubt.product.value()},
                      {"workspace", workspace.value()},
                      {"answer", InWords(outcome.failure())}});
  return false;
}

}  // namespace accoil::connections
