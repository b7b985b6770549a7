#include "tests/demo-data/population.h"

#include <algorithm>

#include "libs/core/text.h"
#include "tests/demo-data/names.h"

namespace accoil::demo {
namespace {

constexpr std::int64_t kDay = 86'400;
/// More companies than Intercom lists within a contact.
constexpr int kConsultantAccounts = 12;

std::string Numbered(const char* prefix, std::uint64_t index, std::size_t digits) {
  const std::string number = std::to_string(index + 1);
  std::string text = prefix;
  if (number.size() < digits) {
    text.append(digits - number.size(), '0');
  }
  return text + number;
}

std::optional<std::int64_t> LastSeen(std::int64_t today, Random& random) {
  if (random.Chance(50)) {
    return std::nullopt;
  }
  return today - random.Between(60, 60 * kDay);
}

char Capital(char letter) {
  return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
}

}  // namespace

std::string MixCase(const std::string& email, Random& random) {
  std::string mixed = email;
  if (random.Chance(300)) {
    std::transform(mixed.begin(), mixed.end(), mixed.begin(), Capital);
    return mixed;
  }
  bool begins_word = true;
  for (char& letter : mixed) {
    if (begins_word) {
      letter = Capital(letter);
    }
    begins_word = letter == '.' || letter == '@' || letter == '-';
  }
  return mixed;
}

Presence Population::PresenceAt(std::uint64_t index) const {
  Random random(plan_.seed, Stream::kAccount, index);
  const std::uint64_t draw = random.Below(1000);
  if (draw < 330) return Presence::kSameId;
  if (draw < 610) return Presence::kOnlyCompany;
  if (draw < 750) return Presence::kSameName;
  if (draw < 810) return Presence::kAmbiguous;
  if (draw < 850) return Presence::kNeighbours;
  return Presence::kAbsent;
}

Account Population::AccountAt(std::uint64_t index) const {
  Account account;
  account.index = index;
  account.id = Numbered("acc_", index, 6);
  account.name = AccountName(index);
  account.presence = PresenceAt(index);
  if (account.presence == Presence::kNeighbours &&
      (index == 0 || PresenceAt(index - 1) != Presence::kSameId)) {
    account.presence = Presence::kAbsent;
  }
  Random random(plan_.seed, Stream::kAccount, index);
  random.Below(1000);  // the presence
  const std::uint64_t tier = random.Below(100);
  account.tier = tier < 35 ? Tier::kTrial : tier < 90 ? Tier::kEnterprise : Tier::kBoth;
  account.removed = random.Chance(5);
  account.onboarding = random.Chance(250);
  return account;
}

std::uint64_t Population::FurtherAccount(Random& random) const {
  // Mostly accounts that are found by their own id: a second company on a contact would leave the
  // others without an answer, and ambiguity is to be the exception.
  constexpr int kTries = 8;
  std::uint64_t index = random.Below(plan_.accounts);
  if (random.Chance(30)) {
    return index;
  }
  for (int i = 0; i < kTries && PresenceAt(index) != Presence::kSameId; ++i) {
    index = random.Below(plan_.accounts);
  }
  return index;
}

User Population::UserAt(std::uint64_t index) const {
  Random random(plan_.seed, Stream::kUser, index);
  User user;
  user.index = index;
  user.id = Numbered("usr_", index, 7);
  const PersonName name = MakePersonName(random);
  user.name = name.shown;

  // A few users share the email (and the accounts) of the user before them.
  if (index % 10 == 9 && random.Chance(50)) {
    const User other = UserAt(index - 1);
    user.email = other.email.empty() ? "" : MixCase(core::ToLower(other.email), random);
    user.accounts = other.accounts;
    return user;
  }

  // The smaller of two draws: accounts differ in size as customers do. The first users see to it
  // that no account is empty.
  if (index < plan_.accounts) {
    user.accounts.push_back(index);
  } else if (!random.Chance(50)) {
    user.accounts.push_back(std::min(random.Below(plan_.accounts), random.Below(plan_.accounts)));
  }
  const bool consultant = index % 2500 == 1234;
  if (!user.accounts.empty() && (consultant || random.Chance(40))) {
    for (int i = 0; i < (consultant ? kConsultantAccounts : 1); ++i) {
      const std::uint64_t further = FurtherAccount(random);
      if (std::find(user.accounts.begin(), user.accounts.end(), further) == user.accounts.end()) {
        user.accounts.push_back(further);
      }
    }
  }
  const std::string domain =
      user.accounts.empty() ? "post.example" : AccountDomain(user.accounts.front());
  if (!random.Chance(20)) {
    user.email = name.email_part + "." + std::to_string(index + 1) + "@" + domain;
    if (random.Chance(100)) {
      user.email = MixCase(user.email, random);
    }
  }
  user.removed = random.Chance(5);
  user.onboarding = random.Chance(250);
  if (consultant) {
    user.contacts = Contacts::kUser;
    return user;
  }
  const std::uint64_t draw = random.Below(1000);
  if (draw < 30) {
    user.contacts = Contacts::kTwoUsers;
  } else if (draw < 60) {
    user.contacts = Contacts::kLeadAndUser;
  } else if (draw < 90) {
    user.contacts = Contacts::kLead;
  } else if (draw < 870) {
    user.contacts = Contacts::kUser;
  }
  return user;
}

std::vector<Company> Population::CompaniesOf(const Account& account) const {
  const std::string other_id = Numbered("crm-", account.index, 6);
  switch (account.presence) {
    case Presence::kSameId:
      return {{account.id, account.name}};
    case Presence::kOnlyCompany:
      return {{other_id, account.name + " Inc."}};
    case Presence::kSameName:
      return {{other_id, account.name}, {other_id + "-group", account.name + " Group"}};
    case Presence::kAmbiguous:
      return {{other_id + "-north", account.name + " North"},
              {other_id + "-south", account.name + " South"}};
    case Presence::kNeighbours:
    case Presence::kAbsent:
      break;
  }
  return {};
}

void Population::AppendCompanies(const Account& account,
                                 std::vector<std::string>& companies) const {
  const auto& found = account.presence == Presence::kNeighbours
                          ? CompaniesOf(AccountAt(account.index - 1))
                          : CompaniesOf(account);
  for (const Company& company : found) {
    if (std::find(companies.begin(), companies.end(), company.company_id) == companies.end()) {
      companies.push_back(company.company_id);
    }
  }
}

std::vector<Contact> Population::ContactsOf(const User& user) const {
  if (user.contacts == Contacts::kNone || user.email.empty()) {
    return {};
  }
  Random random(plan_.seed, Stream::kContact, user.index);
  Contact first;
  first.email = core::ToLower(user.email);
  first.name = user.name;
  first.last_seen_at = LastSeen(plan_.today, random);
  first.lead = user.contacts == Contacts::kLead;
  if (!first.lead && random.Chance(700)) {
    first.external_id = user.id;
  }
  if (!random.Chance(30)) {
    for (const std::uint64_t account : user.accounts) {
      AppendCompanies(AccountAt(account), first.companies);
    }
  }
  std::vector<Contact> contacts{first};
  if (user.contacts == Contacts::kTwoUsers || user.contacts == Contacts::kLeadAndUser) {
    Contact second = first;
    second.external_id.clear();
    second.lead = user.contacts == Contacts::kLeadAndUser;
    second.last_seen_at = plan_.today - random.Between(60, 60 * kDay);
    if (second.last_seen_at == first.last_seen_at) {
      second.last_seen_at = *first.last_seen_at - 1;
    }
    if (random.Chance(500)) {
      second.companies.clear();
    }
    // Neither age nor place in the list tells which one is meant.
    contacts.insert(random.Chance(500) ? contacts.begin() : contacts.end(), second);
  }
  return contacts;
}

Contact Population::StrangerAt(std::uint64_t index) const {
  Random random(plan_.seed, Stream::kStranger, index);
  const PersonName name = MakePersonName(random);
  Contact contact;
  contact.lead = random.Chance(400);
  contact.name = name.shown;
  if (!contact.lead || random.Chance(800)) {
    contact.email = name.email_part + "." + std::to_string(index + 1) + "@elsewhere.example";
  }
  contact.last_seen_at = LastSeen(plan_.today, random);
  if (!contact.lead && random.Chance(500)) {
    contact.external_id = Numbered("ext_", index, 7);
  }
  if (random.Chance(300)) {
    AppendCompanies(AccountAt(random.Below(plan_.accounts)), contact.companies);
  }
  return contact;
}

}  // namespace accoil::demo
