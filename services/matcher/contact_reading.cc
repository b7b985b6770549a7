#include "services/matcher/contact_reading.h"

#include <algorithm>

#include "libs/core/text.h"
#include "libs/intercom/client.h"
#include "services/matcher/matching_plan.h"

namespace accoil::matcher {
namespace {

using intercom::Contact;

// Single reads that are kept together: few enough that the claim is renewed in time.
constexpr std::size_t kReadsPerStep = 50;

}  // namespace

void ContactReading::Take(postgres::Transaction& tx, const std::vector<Contact>& contacts,
                          bool whole_workspace) {
  auto& store = bench_.store();
  const auto now = bench_.Now();
  const auto changes = store.UpsertContacts(tx, bench_.workspace(), contacts, now);
  // Whoever is being looked at decides with the new state at once; a request of his own would only
  // have him looked at twice. A reading of everything comes across others, too.
  const auto except = whole_workspace ? std::nullopt : std::optional(bench_.product());
  store.MarkUsersOfContactsDue(tx, bench_.workspace(), changes.identity, except, now);
  store.MarkAccountsOfContactsDue(tx, bench_.workspace(), changes.companies, now);
}

bool ContactReading::ReadAll(Progress& progress, const Keep& keep, const GoOn& go_on) {
  while (!progress.complete) {
    if (progress.cursor.empty()) progress.since = bench_.Now();
    const auto page = bench_.source().ListContacts(progress.cursor);
    progress.cursor = page.next;
    progress.complete = page.next.empty();
    const auto pages = PagesOf(page.total_count, intercom::Client::kContactsPerPage);
    progress.pages_left = progress.complete ? 0
                          : progress.pages_left > 0
                              ? std::max<std::int64_t>(1, progress.pages_left - 1)
                              : std::max<std::int64_t>(1, pages - 1);
    bench_.Transact([&](postgres::Transaction& tx) {
      Take(tx, page.items, true);
      bench_.store().RememberContacts(tx, bench_.workspace(), page.total_count, bench_.Now());
      if (progress.complete) bench_.store().RememberPaging(tx, bench_.workspace(), progress.since);
      keep(tx, progress);
    });
    if (progress.complete) break;
    if (!go_on(progress)) return false;
    bench_.Breathe();
  }
  return true;
}

std::vector<std::string> ContactReading::Search(const std::string& field,
                                                const std::vector<std::string>& values) {
  std::vector<std::string> found;
  const auto batch_size = static_cast<std::size_t>(bench_.config().search_batch);
  for (std::size_t begin = 0; begin < values.size(); begin += batch_size) {
    const auto end = std::min(values.size(), begin + batch_size);
    const std::vector<std::string> batch(values.begin() + static_cast<std::ptrdiff_t>(begin),
                                         values.begin() + static_cast<std::ptrdiff_t>(end));
    std::vector<Contact> contacts;
    std::string cursor;
    std::int64_t calls = 0;
    do {
      auto page = bench_.source().SearchContacts(field, batch, cursor);
      ++calls;
      cursor = page.next;
      std::ranges::move(page.items, std::back_inserter(contacts));
    } while (!cursor.empty());
    for (const auto& contact : contacts) {
      found.push_back(field == "email" ? core::NormalizeEmail(contact.email) : contact.external_id);
    }
    bench_.Transact([&](postgres::Transaction& tx) {
      Take(tx, contacts, false);
      const auto now = bench_.Now();
      bench_.store().CountSearches(tx, bench_.workspace(), calls, now - bench_.config().fresh, now);
    });
  }
  std::ranges::sort(found);
  return found;
}

ContactReading::Answers ContactReading::ReadSingly(std::span<const core::ContactId> ids) {
  Answers answers;
  for (const auto& id : ids) {
    if (auto contact = bench_.source().GetContact(id)) {
      answers.there.push_back(std::move(*contact));
    } else {
      answers.gone.push_back(id);
    }
  }
  return answers;
}

void ContactReading::Confirm(const std::vector<core::ContactId>& ids) {
  for (std::size_t begin = 0; begin < ids.size(); begin += kReadsPerStep) {
    const auto answers =
        ReadSingly(std::span(ids).subspan(begin, std::min(kReadsPerStep, ids.size() - begin)));
    bench_.Transact([&](postgres::Transaction& tx) {
      Take(tx, answers.there, false);
      bench_.store().MarkUsersOfContactsDue(tx, bench_.workspace(), answers.gone, bench_.product(),
                                            bench_.Now());
      bench_.store().ForgetContacts(tx, bench_.workspace(), answers.gone);
    });
    bench_.Breathe();
  }
}

std::vector<core::ContactId> ContactReading::Ask(const std::vector<Doubt>& doubts) {
  Answers answers;
  for (const auto& doubt : doubts) {
    try {
      if (auto contact = bench_.source().GetContact(doubt.contact)) {
        answers.there.push_back(std::move(*contact));
      } else {
        answers.gone.push_back(doubt.contact);
      }
    } catch (const SourceFailed& error) {
      // One that may not be asked for must not keep the others, and all matching, from going on.
      if (!error.refused()) throw;
      bench_.logger().Warn("Intercom refuses to show a contact that it notified of",
                           {{"workspace_id", bench_.workspace().value()},
                            {"contact_id", doubt.contact.value()},
                            {"reason", error.what()}});
    }
  }
  std::vector<core::ContactId> ids;
  // Of those that list ten companies of more it does not show which of the others changed.
  std::vector<core::ContactId> long_lists;
  for (const auto& contact : answers.there) {
    ids.push_back(contact.id);
    if (contact.has_more_companies) long_lists.push_back(contact.id);
  }
  bench_.Transact([&](postgres::Transaction& tx) {
    auto& store = bench_.store();
    const auto now = bench_.Now();
    Take(tx, answers.there, true);
    store.DoubtAllCompanies(tx, bench_.workspace(), long_lists);
    store.MarkAccountsOfContactsDue(tx, bench_.workspace(), long_lists, now);
    store.MarkUsersOfEmailsDue(tx, bench_.workspace(), answers.there, now);
    // Whoever wants it is looked at whether or not anything of it changed: it may have come back.
    store.MarkUsersOfContactsDue(tx, bench_.workspace(), ids, std::nullopt, now);
    // Search may still show what is gone: the users ask for it themselves once more.
    store.MarkUsersOfContactsDue(tx, bench_.workspace(), answers.gone, std::nullopt, now, true);
    store.ForgetContacts(tx, bench_.workspace(), answers.gone);
    store.SettleDoubts(tx, bench_.workspace(), doubts);
  });
  return answers.gone;
}

}  // namespace accoil::matcher
