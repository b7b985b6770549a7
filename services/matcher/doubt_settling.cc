#include "services/matcher/doubt_settling.h"

#include "libs/intercom/client.h"
#include "services/matcher/matching_plan.h"

namespace accoil::matcher {
namespace {

// Doubts that are asked for and kept together: few enough that the claim is renewed in time.
constexpr int kAskedTogether = 50;
// Doubts that are compared with a reading of all contacts together.
constexpr int kComparedTogether = 1'000;

}  // namespace

std::optional<Settlement> DoubtSettling::Settle() {
  const auto doubts = bench_.Transact([&](postgres::Transaction& tx) {
    return bench_.store().CountDoubts(tx, bench_.workspace());
  });
  if (doubts == 0) return std::nullopt;
  Settlement settlement{.since = bench_.Now(), .gone = {}};
  if (PagingIsCheaper(doubts)) SettleByPaging();
  // Those that come meanwhile are for the next time: whoever is concerned by these is not to wait.
  const auto until = bench_.Now();
  core::ContactId after;
  while (true) {
    const auto step = bench_.Transact([&](postgres::Transaction& tx) {
      return bench_.store().NextDoubts(tx, bench_.workspace(), until, after, kAskedTogether);
    });
    if (step.empty()) return settlement;
    after = step.back().contact;
    const auto gone = reading_.Ask(step);
    settlement.gone.insert(gone.begin(), gone.end());
  }
}

bool DoubtSettling::PagingIsCheaper(std::int64_t doubts) {
  const auto facts = bench_.Transact([&](postgres::Transaction& tx) {
    return bench_.store().LoadWorkspace(tx, bench_.workspace(),
                                        bench_.Now() - bench_.config().fresh);
  });
  return facts.contacts && PagesOf(*facts.contacts, intercom::Client::kContactsPerPage) < doubts;
}

void DoubtSettling::SettleByPaging() {
  auto& store = bench_.store();
  const auto& workspace = bench_.workspace();
  ContactReading::Progress progress;
  reading_.ReadAll(
      progress, [](postgres::Transaction&, const auto&) {}, [](const auto&) { return true; });
  core::ContactId after;
  while (true) {
    const bool more = bench_.Transact([&](postgres::Transaction& tx) {
      auto doubts = store.NextDoubts(tx, workspace, progress.since, after, kComparedTogether);
      if (doubts.empty()) return false;
      after = doubts.back().contact;
      std::vector<core::ContactId> ids;
      for (const auto& doubt : doubts) ids.push_back(doubt.contact);
      const auto unseen = store.UnseenContacts(tx, workspace, ids, progress.since);
      const std::set<core::ContactId> left(unseen.begin(), unseen.end());
      std::erase_if(doubts, [&](const Doubt& doubt) { return left.contains(doubt.contact); });
      std::erase_if(ids, [&](const core::ContactId& id) { return left.contains(id); });
      const auto now = bench_.Now();
      store.DoubtAllCompanies(tx, workspace, ids);
      store.MarkAccountsOfContactsDue(tx, workspace, ids, now);
      store.MarkUsersOfEmailsDue(
          tx, workspace, store.FindContacts(tx, workspace, {}, {}, ids, progress.since), now);
      store.MarkUsersOfContactsDue(tx, workspace, ids, std::nullopt, now);
      store.SettleDoubts(tx, workspace, doubts);
      return true;
    });
    if (!more) return;
  }
}

}  // namespace accoil::matcher
