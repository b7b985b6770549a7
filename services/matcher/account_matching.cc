#include "services/matcher/account_matching.h"

#include <algorithm>
#include <set>

#include "services/matcher/match_events.h"
#include "services/matcher/matching_plan.h"

namespace accoil::matcher {
namespace {

// As with users: longer chains of accounts that want each other's company are decided next.
constexpr int kLongestChain = 10;
// Details are read until none is missing; contacts that change all the while end it.
constexpr int kMostReadings = 5;

std::vector<core::SubjectId> IdsOf(const std::vector<AccountTask>& tasks) {
  std::vector<core::SubjectId> ids;
  ids.reserve(tasks.size());
  for (const auto& task : tasks) ids.push_back(task.id);
  return ids;
}

/// The company that an account has in this workspace until now; empty when none.
std::string PresentCompany(const Account& account, const core::WorkspaceId& workspace) {
  if (!account.standing || account.standing->workspace != workspace) return {};
  return account.standing->target;
}

}  // namespace

std::int64_t AccountMatching::ProcessDue(core::TimePoint due_after) {
  // Whoever becomes due by what is decided here is decided next time.
  const auto now = bench_.Now();
  ReadCompanies(now, due_after);
  std::int64_t accounts = 0;
  core::SubjectId after;
  while (true) {
    const auto tasks = bench_.Transact([&](postgres::Transaction& tx) {
      return bench_.store().NextDueAccounts(tx, bench_.product(), now, due_after, after,
                                            bench_.config().accounts_per_step);
    });
    if (tasks.empty()) return accounts;
    after = tasks.back().id;
    Process(tasks);
    accounts += static_cast<std::int64_t>(tasks.size());
    bench_.Breathe();
  }
}

void AccountMatching::ReadCompanies(core::TimePoint now, core::TimePoint due_after) {
  const auto unknown = bench_.Transact([&](postgres::Transaction& tx) {
    return bench_.store().UnknownCompaniesOfDue(tx, bench_.connection(), now, due_after,
                                                now - bench_.config().company_age,
                                                now - bench_.config().fresh, kListReaches);
  });
  if (!unknown.empty()) reading_.Read(unknown);
}

void AccountMatching::Process(const std::vector<AccountTask>& tasks) {
  auto& store = bench_.store();
  const auto ids = IdsOf(tasks);
  std::vector<core::CompanyId> doubted;
  const auto incomplete = bench_.Transact([&](postgres::Transaction& tx) {
    doubted.clear();
    std::vector<core::SubjectId> forced;
    for (const auto& task : tasks) {
      if (task.forced) forced.push_back(task.id);
    }
    if (!forced.empty()) {
      for (const auto& account : store.LoadAccounts(tx, bench_.connection(), forced)) {
        auto company = PresentCompany(account, bench_.workspace());
        if (!company.empty()) doubted.emplace_back(std::move(company));
      }
    }
    return store.ContactsToComplete(tx, bench_.connection(), ids,
                                    bench_.Now() - bench_.config().company_age);
  });
  reading_.ReadSingly(doubted);
  reading_.Complete(incomplete);
  for (int reading = 0; reading < kMostReadings; ++reading) {
    const auto missing =
        bench_.Transact([&](postgres::Transaction& tx) { return Decide(tx, tasks); });
    if (missing.empty()) return;
    reading_.Read(missing);
  }
  bench_.logger().Warn("accounts stay undecided for now: their companies keep changing",
                       {{"product_id", bench_.product().value()}, {"accounts", tasks.size()}});
}

std::vector<core::CompanyId> AccountMatching::Decide(postgres::Transaction& tx,
                                                     const std::vector<AccountTask>& tasks) {
  auto& store = bench_.store();
  const auto& connection = bench_.connection();
  const auto now = bench_.Now();
  auto accounts = store.LoadAccounts(tx, connection, IdsOf(tasks));

  // A company may be wanted by accounts that are not due: they are decided along.
  std::vector<AccountSeeker> seekers;
  std::vector<Verdict> verdicts;
  std::set<core::CompanyId> candidates;
  for (int link = 0; link < kLongestChain; ++link) {
    for (std::size_t i = seekers.size(); i < accounts.size(); ++i) {
      seekers.push_back(accounts[i].seeker);
      if (seekers.back().removed) continue;
      candidates.insert(seekers.back().companies.begin(), seekers.back().companies.end());
    }
    const std::vector<core::CompanyId> ids(candidates.begin(), candidates.end());
    auto missing =
        store.UnknownCompanies(tx, connection.workspace, ids, now - bench_.config().company_age,
                               now - bench_.config().fresh);
    if (!missing.empty()) return missing;
    verdicts = DecideAccounts(seekers, store.LoadCompanies(tx, connection.workspace, ids));
    std::vector<std::string> wanted;
    for (const auto& verdict : verdicts) {
      if (!verdict.wanted.empty()) wanted.push_back(verdict.wanted);
    }
    std::set<core::SubjectId> here;
    for (const auto& account : accounts) here.insert(account.seeker.id);
    const auto rivals = store.Rivals(tx, connection, Kind::ACCOUNT, wanted, here);
    if (rivals.empty()) break;
    for (auto& account : store.LoadAccounts(tx, connection, rivals)) {
      accounts.push_back(std::move(account));
    }
  }
  accounts.resize(verdicts.size());
  Write(tx, accounts, verdicts);
  store.FinishAccounts(tx, bench_.product(), tasks);
  return {};
}

void AccountMatching::Write(postgres::Transaction& tx, const std::vector<Account>& accounts,
                            const std::vector<Verdict>& verdicts) {
  auto& store = bench_.store();
  const auto& connection = bench_.connection();
  const auto now = bench_.Now();
  std::vector<std::pair<Verdict, bool>> changed;
  std::set<std::string> released;
  std::set<std::string> taken;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const auto& verdict = verdicts[i];
    const auto& standing = accounts[i].standing;
    if (!verdict.target.empty()) taken.insert(verdict.target);
    const auto before = PresentCompany(accounts[i], connection.workspace);
    if (!before.empty() && before != verdict.target) released.insert(before);
    const bool told = Changed(standing, connection.workspace, verdict);
    if (told || standing->reason != verdict.reason) changed.emplace_back(verdict, told);
  }
  std::erase_if(released, [&](const std::string& company) { return taken.contains(company); });
  const auto written = store.WriteMatches(tx, connection, Kind::ACCOUNT, changed, now);
  PublishMatches(tx, connection, Kind::ACCOUNT, written, verdicts, {}, now, bench_.metrics());
  store.MarkRefusedDue(tx, connection.workspace, connection.product, Kind::ACCOUNT,
                       {released.begin(), released.end()}, now);
}

}  // namespace accoil::matcher
