#include "services/matcher/doubt_settling.h"

#include "libs/intercom/client.h"
#include "services/matcher/matching_plan.h"

namespace accoil::matcher {
namespace {

// Doubts that are kept together: few enough that the claim is renewed in time.
constexpr int kStep = 50;

}  // namespace

std::optional<core::TimePoint> DoubtSettling::Settle() {
  const auto doubts = bench_.Transact([&](postgres::Transaction& tx) {
    return bench_.store().CountDoubts(tx, bench_.workspace());
  });
  if (doubts == 0) return std::nullopt;
  const auto since = bench_.Now();
  if (PagingIsCheaper(doubts)) SettleByPaging();
  core::ContactId after;
  while (true) {
    const auto step = bench_.Transact([&](postgres::Transaction& tx) {
      return bench_.store().NextDoubts(tx, bench_.workspace(), after, kStep);
    });
    if (step.empty()) return since;
    after = step.back().contact;
    reading_.Ask(step);
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
  std::vector<Doubt> doubts = bench_.Transact([&](postgres::Transaction& tx) {
    return bench_.store().NextDoubts(tx, bench_.workspace(), core::ContactId(),
                                     bench_.config().confirmations);
  });
  ContactReading::Progress progress;
  reading_.ReadAll(
      progress, [](postgres::Transaction&, const auto&) {}, [](const auto&) { return true; });
  bench_.Transact([&](postgres::Transaction& tx) {
    std::vector<core::ContactId> ids;
    for (const auto& doubt : doubts) ids.push_back(doubt.contact);
    // Those that the list did not show are left to be asked for: it moved while it was read.
    const auto unseen = bench_.store().UnseenContacts(tx, bench_.workspace(), ids, progress.since);
    const std::set<core::ContactId> left(unseen.begin(), unseen.end());
    std::erase_if(doubts, [&](const Doubt& doubt) { return left.contains(doubt.contact); });
    std::erase_if(ids, [&](const core::ContactId& id) { return left.contains(id); });
    const auto seen =
        bench_.store().FindContacts(tx, bench_.workspace(), {}, {}, ids, progress.since);
    bench_.store().MarkUsersOfEmailsDue(tx, bench_.workspace(), seen, bench_.Now());
    bench_.store().SettleDoubts(tx, bench_.workspace(), doubts);
  });
}

}  // namespace accoil::matcher
