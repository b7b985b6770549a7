#include "services/connections/uninstalls.h"

namespace accoil::connections {
namespace {

using std::chrono::milliseconds;

/// Longer than a call to Intercom can take.
constexpr std::chrono::minutes kClaim{2};
constexpr milliseconds kPoll{1'000};
constexpr int kMostAttempts = 8;

}  // namespace

milliseconds Uninstalls::Step() {
  const auto uninstall = tools_.database.Transact([&](postgres::Transaction& tx) {
    const auto now = tools_.clock.Now();
    return tools_.store.ClaimUninstall(tx, now, now + kClaim);
  });
  if (!uninstall) return kPoll;
  const bool done = Try(*uninstall);
  tools_.database.Transact([&](postgres::Transaction& tx) {
    if (done) {
      tools_.store.DeleteUninstall(tx, *uninstall);
    } else {
      tools_.store.PutOffUninstall(
          tx, *uninstall, tools_.clock.Now() + backoff_.Delay(uninstall->attempts, random_));
    }
  });
  return milliseconds(0);
}

bool Uninstalls::Try(const StoredUninstall& uninstall) {
  const auto& workspace = uninstall.workspace;
  const bool used = tools_.database.Transact([&](postgres::Transaction& tx) {
    return tools_.store.IsWorkspaceUsed(tx, workspace, tools_.clock.Now());
  });
  if (used) {
    tools_.logger.Info("the app stays installed: a product or a waiting installation uses it",
                       {{"workspace", workspace.value()}});
    return true;
  }
  const auto token =
      tools_.cipher.Decrypt(SecretPurpose::Token(uninstall.product, workspace), uninstall.token);
  if (!token) {
    tools_.metrics.UninstallGivenUp();
    tools_.logger.Error("the app stays installed: the token cannot be decrypted",
                        {{"workspace", workspace.value()}, {"key", uninstall.token.key_id}});
    return true;
  }
  const auto outcome = intercom_.uninstall(uninstall.base_url, *token);
  if (outcome.rate_limit()) tools_.budgets.Observe(workspace, {*outcome.rate_limit()});
  // A token that is dead already is of an app that is not installed any more.
  if (outcome.ok() || outcome.failure().kind == intercom::Failure::Kind::kUnauthorized) {
    tools_.metrics.Uninstalled();
    tools_.logger.Info("uninstalled the app", {{"workspace", workspace.value()}});
    return true;
  }
  if (outcome.failure().retryable() && uninstall.attempts < kMostAttempts) return false;
  tools_.metrics.UninstallGivenUp();
  tools_.logger.Warn("the app stays installed: Intercom does not uninstall it",
                     {{"workspace", workspace.value()}, {"answer", InWords(outcome.failure())}});
  return true;
}

}  // namespace accoil::connections
