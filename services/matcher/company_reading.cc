#include "services/matcher/company_reading.h"

#include <algorithm>
#include <iterator>

#include "services/matcher/matching_plan.h"

namespace accoil::matcher {
namespace {

using intercom::Company;

// Single reads that are kept together: few enough that the claim is renewed in time.
constexpr std::size_t kReadsPerStep = 50;

}  // namespace

void CompanyReading::Take(postgres::Transaction& tx, const std::vector<Company>& companies) {
  auto& store = bench_.store();
  const auto now = bench_.Now();
  const auto changed = store.UpsertCompanies(tx, bench_.workspace(), companies, now);
  store.MarkAccountsOfCompaniesDue(tx, bench_.workspace(), changed, now);
}

void CompanyReading::Read(const std::vector<core::CompanyId>& ids) {
  const auto began = bench_.Now();
  const auto lately = began - bench_.config().fresh;
  const auto facts = bench_.Transact([&](postgres::Transaction& tx) {
    return bench_.store().LoadWorkspace(tx, bench_.workspace(), lately);
  });
  std::set<core::CompanyId> unknown(ids.begin(), ids.end());
  const CompanyNeed need{.unknown = static_cast<std::int64_t>(unknown.size()),
                         .companies = facts.companies,
                         .per_page = facts.companies_per_page,
                         .reads_before = facts.company_reads,
                         .listed_lately = facts.listed_at && *facts.listed_at >= lately};
  if (ListCompaniesFirst(need)) {
    for (int number = 1;; ++number) {
      const auto page = bench_.source().ListCompanies(number);
      const bool last = page.next.empty() || page.items.empty();
      for (const auto& company : page.items) unknown.erase(company.id);
      // Only a page that others follow tells how many fit on one.
      const auto per_page =
          last ? facts.companies_per_page
               : std::optional<std::int64_t>(static_cast<std::int64_t>(page.items.size()));
      // Intercom refuses pages beyond what the list reaches; who is not on it is read singly.
      const bool end = last || number * per_page.value_or(0) >= kListReaches;
      bench_.Transact([&](postgres::Transaction& tx) {
        Take(tx, page.items);
        bench_.store().RememberCompanies(tx, bench_.workspace(), page.total_count, per_page,
                                         bench_.Now());
        if (end) bench_.store().RememberListing(tx, bench_.workspace(), began);
      });
      if (end) break;
      const auto pages_left = PagesOf(std::min(page.total_count, kListReaches), *per_page) - number;
      if (!ListNextPage(static_cast<std::int64_t>(unknown.size()), pages_left)) break;
      bench_.Breathe();
    }
  }
  ReadSingly({unknown.begin(), unknown.end()});
}

void CompanyReading::ReadSingly(const std::vector<core::CompanyId>& ids) {
  for (std::size_t begin = 0; begin < ids.size(); begin += kReadsPerStep) {
    const auto end = std::min(ids.size(), begin + kReadsPerStep);
    std::vector<Company> there;
    std::vector<core::CompanyId> gone;
    for (std::size_t i = begin; i < end; ++i) {
      if (auto company = bench_.source().GetCompany(ids[i])) {
        there.push_back(std::move(*company));
      } else {
        gone.push_back(ids[i]);
      }
    }
    bench_.Transact([&](postgres::Transaction& tx) {
      const auto now = bench_.Now();
      Take(tx, there);
      bench_.store().CompaniesGone(tx, bench_.workspace(), gone, now);
      bench_.store().CountCompanyReads(tx, bench_.workspace(),
                                       static_cast<std::int64_t>(end - begin),
                                       now - bench_.config().fresh, now);
    });
    bench_.Breathe();
  }
}

void CompanyReading::Complete(const std::vector<core::ContactId>& contacts) {
  for (const auto& contact : contacts) {
    std::vector<Company> companies;
    bool gone = false;
    for (int number = 1;; ++number) {
      auto page = bench_.source().ListContactCompanies(contact, number);
      if (!page) {
        gone = true;
        break;
      }
      std::ranges::move(page->items, std::back_inserter(companies));
      if (page->next.empty()) break;
    }
    // A contact that is gone keeps what was known until its user is looked at.
    if (gone) continue;
    std::vector<core::CompanyId> ids;
    for (const auto& company : companies) ids.push_back(company.id);
    bench_.Transact([&](postgres::Transaction& tx) {
      Take(tx, companies);
      const auto now = bench_.Now();
      if (bench_.store().SetAllCompanies(tx, bench_.workspace(), contact, ids, now)) {
        bench_.store().MarkAccountsOfContactsDue(tx, bench_.workspace(), {contact}, now);
      }
    });
  }
}

}  // namespace accoil::matcher
