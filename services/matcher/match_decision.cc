#include "services/matcher/match_decision.h"

#include <algorithm>
#include <unordered_map>

#include "libs/core/text.h"

namespace accoil::matcher {
namespace {

using intercom::Contact;
using intercom::Role;

/// Contacts by what they can be found by; points into the contacts it was made of.
struct ContactIndex {
  explicit ContactIndex(std::span<const Contact> contacts) {
    for (const auto& contact : contacts) {
      if (!contact.email.empty()) by_email[contact.email].push_back(&contact);
      if (!contact.external_id.empty()) by_external_id[contact.external_id].push_back(&contact);
    }
  }

  std::unordered_map<std::string_view, std::vector<const Contact*>> by_email;
  std::unordered_map<std::string_view, std::vector<const Contact*>> by_external_id;
};

/// Whether `a` is the better one of two contacts that fit equally.
bool Better(const Contact& a, const Contact& b) {
  if (a.role != b.role) return a.role == Role::kUser;
  if (a.last_seen_at != b.last_seen_at) return a.last_seen_at > b.last_seen_at;
  return a.id < b.id;
}

struct Choice {
  const Contact* contact = nullptr;
  std::string why;
};

Choice Best(const std::vector<const Contact*>& contacts, const std::string& property) {
  const auto* best = contacts.front();
  for (const auto* contact : contacts) {
    if (Better(*contact, *best)) best = contact;
  }
  if (contacts.size() == 1) return {best, "The only contact with the user's " + property + "."};
  const auto peers = std::ranges::count_if(
      contacts, [&](const Contact* contact) { return contact->role == best->role; });
  const auto equals = std::ranges::count_if(contacts, [&](const Contact* contact) {
    return contact->role == best->role && contact->last_seen_at == best->last_seen_at;
  });
  const std::string role = best->role == Role::kUser ? "user" : "lead";
  std::string why =
      "Of " + std::to_string(contacts.size()) + " contacts with the user's " + property + ", ";
  if (peers == 1) {
    why += "the only one with role " + role + ".";
  } else if (equals == 1) {
    why += "the " + role + " that was seen last.";
  } else {
    why += "the " + role + " with the lowest id; " + std::to_string(equals) +
           " were seen last at the same time.";
  }
  return {best, std::move(why)};
}

Verdict Want(const Seeker& user, const ContactIndex& index, bool match_by_external_id) {
  Verdict verdict{.subject = user.id, .decision = {}, .target = {}, .wanted = {}, .reason = {}};
  if (user.removed) {
    verdict.decision = Decision::SUBJECT_REMOVED;
    verdict.reason = RemovedReason(Kind::USER);
    return verdict;
  }
  if (match_by_external_id) {
    if (const auto found = index.by_external_id.find(user.id.value());
        found != index.by_external_id.end()) {
      auto choice = Best(found->second, "id as external_id");
      verdict.decision = Decision::MATCHED_BY_EXTERNAL_ID;
      verdict.wanted = choice.contact->id.value();
      verdict.reason = std::move(choice.why);
      return verdict;
    }
  }
  if (user.email.empty()) {
    verdict.decision = Decision::NO_EMAIL;
    verdict.reason = match_by_external_id
                         ? "No contact has the user's id as external_id, and the user has no email."
                         : "The user has no email to find a contact by.";
    return verdict;
  }
  const auto found = index.by_email.find(user.email);
  if (found == index.by_email.end()) {
    verdict.decision = Decision::NO_CONTACT;
    verdict.reason =
        match_by_external_id
            ? "No contact of the workspace has the user's id as external_id or the user's email."
            : "No contact of the workspace has the user's email.";
    return verdict;
  }
  auto choice = Best(found->second, "email");
  verdict.decision = Decision::MATCHED_BY_EMAIL;
  verdict.wanted = choice.contact->id.value();
  verdict.reason = std::move(choice.why);
  return verdict;
}

std::string NameKey(std::string_view name) { return core::ToLower(core::Trim(name)); }

/// Gives what several want to the first by `before`; the others become `taken`, with the reason
/// that `why` gives of the winner.
template <typename Before, typename Why>
void Settle(std::vector<Verdict>& verdicts, Decision taken, const Before& before, const Why& why) {
  std::unordered_map<std::string, std::size_t> winners;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    if (verdicts[i].wanted.empty()) continue;
    const auto [place, first] = winners.emplace(verdicts[i].wanted, i);
    if (!first && before(i, place->second)) place->second = i;
  }
  // The reasons first: they speak of the winners' decisions, which do not change.
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    auto& verdict = verdicts[i];
    if (verdict.wanted.empty()) continue;
    const auto winner = winners.at(verdict.wanted);
    if (winner == i) {
      verdict.target = verdict.wanted;
      continue;
    }
    verdict.decision = taken;
    verdict.reason = why(winner, i);
  }
}

}  // namespace

Verdict WantedContact(const Seeker& user, std::span<const Contact> contacts,
                      bool match_by_external_id) {
  return Want(user, ContactIndex(contacts), match_by_external_id);
}

std::vector<Verdict> DecideUsers(std::span<const Seeker> users, std::span<const Contact> contacts,
                                 bool match_by_external_id) {
  const ContactIndex index(contacts);
  std::unordered_map<std::string_view, const Contact*> by_id;
  for (const auto& contact : contacts) by_id.emplace(contact.id.value(), &contact);

  std::vector<Verdict> verdicts;
  verdicts.reserve(users.size());
  for (const auto& user : users) verdicts.push_back(Want(user, index, match_by_external_id));

  // That a contact carries a user's id as external_id is the best evidence whose contact it is,
  // also where the product does not look for contacts by it.
  const auto named = [&](std::size_t i) {
    return by_id.at(verdicts[i].wanted)->external_id == users[i].id.value();
  };
  const auto has = [&](std::size_t i) { return users[i].present.value() == verdicts[i].wanted; };
  Settle(
      verdicts, Decision::CONTACT_TAKEN,
      [&](std::size_t a, std::size_t b) {
        if (named(a) != named(b)) return named(a);
        if (has(a) != has(b)) return has(a);
        return users[a].id < users[b].id;
      },
      [&](std::size_t winner, std::size_t loser) {
        const std::string who =
            "Contact " + verdicts[loser].wanted + " belongs to user " + users[winner].id.value();
        if (named(winner)) return who + ", whose id is its external_id.";
        if (has(winner)) return who + ", who had it before.";
        return who + ", whose id sorts first.";
      });
  return verdicts;
}

Verdict WantedCompany(const AccountSeeker& account, const Companies& companies) {
  Verdict verdict{.subject = account.id, .decision = {}, .target = {}, .wanted = {}, .reason = {}};
  if (account.removed) {
    verdict.decision = Decision::SUBJECT_REMOVED;
    verdict.reason = RemovedReason(Kind::ACCOUNT);
    return verdict;
  }
  if (account.matched_users == 0) {
    verdict.decision = Decision::NO_MATCHED_USER;
    verdict.reason = "None of the account's users is matched with a contact.";
    return verdict;
  }
  std::vector<const intercom::Company*> candidates;
  for (const auto& id : account.companies) {
    if (const auto found = companies.find(id); found != companies.end()) {
      candidates.push_back(&found->second);
    }
  }
  if (candidates.empty()) {
    verdict.decision = Decision::NO_COMPANY;
    verdict.reason = "The account's matched users (" + std::to_string(account.matched_users) +
                     ") have no company in Intercom.";
    return verdict;
  }
  const auto take = [&](const intercom::Company& company, Decision decision, std::string reason) {
    verdict.decision = decision;
    verdict.wanted = company.id.value();
    verdict.reason = std::move(reason);
    return verdict;
  };
  for (const auto* company : candidates) {
    if (company->company_id == account.id.value()) {
      return take(*company, Decision::MATCHED_BY_COMPANY_ID,
                  "The company's company_id is the account's id.");
    }
  }
  if (candidates.size() == 1) {
    return take(*candidates.front(), Decision::MATCHED_AS_ONLY_COMPANY,
                "The only company of the account's matched users.");
  }
  const std::string total = std::to_string(candidates.size());
  std::vector<const intercom::Company*> namesakes;
  if (const auto name = NameKey(account.name); !name.empty()) {
    std::ranges::copy_if(candidates, std::back_inserter(namesakes),
                         [&](const auto* company) { return NameKey(company->name) == name; });
  }
  if (namesakes.size() == 1) {
    return take(
        *namesakes.front(), Decision::MATCHED_BY_NAME,
        "Of " + total + " companies of the account's matched users, the one with its name.");
  }
  verdict.decision = Decision::AMBIGUOUS_COMPANY;
  verdict.reason = "The account's matched users have " + total +
                   " companies; none has its id, and " +
                   (namesakes.empty() ? "none has its name."
                                      : std::to_string(namesakes.size()) + " have its name.");
  return verdict;
}

std::vector<Verdict> DecideAccounts(std::span<const AccountSeeker> accounts,
                                    const Companies& companies) {
  std::vector<Verdict> verdicts;
  verdicts.reserve(accounts.size());
  for (const auto& account : accounts) verdicts.push_back(WantedCompany(account, companies));

  const auto named = [&](std::size_t i) {
    return companies.at(core::CompanyId(verdicts[i].wanted)).company_id == accounts[i].id.value();
  };
  Settle(
      verdicts, Decision::COMPANY_TAKEN,
      [&](std::size_t a, std::size_t b) {
        if (named(a) != named(b)) return named(a);
        return accounts[a].id < accounts[b].id;
      },
      [&](std::size_t winner, std::size_t loser) {
        const std::string who = "Company " + verdicts[loser].wanted + " belongs to account " +
                                accounts[winner].id.value();
        if (named(winner)) return who + ", whose id is its company_id.";
        return who + ", whose id sorts first.";
      });
  return verdicts;
}

std::vector<Decision> UnmatchedDecisions() {
  return {Decision::NO_EMAIL,        Decision::NO_CONTACT, Decision::CONTACT_TAKEN,
          Decision::NO_MATCHED_USER, Decision::NO_COMPANY, Decision::AMBIGUOUS_COMPANY,
          Decision::COMPANY_TAKEN};
}

std::string RemovedReason(Kind kind) {
  return kind == Kind::USER ? "The user was removed from the product."
                            : "The account was removed from the product.";
}

bool Changed(const std::optional<Standing>& before, const core::WorkspaceId& workspace,
             const Verdict& verdict) {
  return !before || before->workspace != workspace || before->target != verdict.target ||
         before->decision != verdict.decision;
}

}  // namespace accoil::matcher
