#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/demo-data/random.h"

namespace accoil::demo {

/// What is made.
struct Plan {
  std::uint64_t seed = 1;
  std::uint64_t users = 5000;
  std::uint64_t accounts = 600;
  /// The day on which the data ends, Unix seconds. Fixed, so that the data is.
  std::int64_t today = 0;
};

/// How an account is found in Intercom.
enum class Presence {
  /// Its company's company_id is the account's id.
  kSameId,
  /// Its users have one company, under another id.
  kOnlyCompany,
  /// Its users have several companies, one of which has the account's name.
  kSameName,
  /// Its users have several companies, none of which fits better than the others.
  kAmbiguous,
  /// Its users are in the company of the account before it, which has the better claim.
  kNeighbours,
  /// Its users have no company.
  kAbsent,
};

/// Which of the demo's scored profiles an account's users are measured by.
enum class Tier { kTrial, kEnterprise, kBoth };

struct Company {
  std::string company_id;
  std::string name;
};

struct Account {
  std::uint64_t index = 0;
  std::string id;
  std::string name;
  Presence presence = Presence::kAbsent;
  Tier tier = Tier::kTrial;
  /// No longer a customer: removed from the product after everything else.
  bool removed = false;
  /// Recently signed up, and so measured by the onboarding profile too.
  bool onboarding = false;
};

/// What Intercom knows of a user.
enum class Contacts { kNone, kUser, kLead, kLeadAndUser, kTwoUsers };

struct User {
  std::uint64_t index = 0;
  std::string id;
  /// As the product spells it; empty when it knows none.
  std::string email;
  std::string name;
  /// Indices of the accounts the user belongs to, the main one first.
  std::vector<std::uint64_t> accounts;
  bool removed = false;
  bool onboarding = false;
  Contacts contacts = Contacts::kNone;
};

struct Contact {
  bool lead = false;
  std::string email;
  std::string name;
  std::string external_id;
  std::optional<std::int64_t> last_seen_at;
  /// company_id of each.
  std::vector<std::string> companies;
};

/// Everybody of the demo. Holds nothing but the plan: each user and account is worked out anew
/// from its number whenever it is asked for.
class Population {
 public:
  explicit Population(const Plan& plan) : plan_(plan) {}

  const Plan& plan() const { return plan_; }
  Account AccountAt(std::uint64_t index) const;
  User UserAt(std::uint64_t index) const;

  /// The companies that exist in Intercom because of this account.
  std::vector<Company> CompaniesOf(const Account& account) const;
  /// The contacts that exist in Intercom because of this user.
  std::vector<Contact> ContactsOf(const User& user) const;
  /// Contacts that are no users of the product.
  std::uint64_t strangers() const { return plan_.users * 6 / 100; }
  Contact StrangerAt(std::uint64_t index) const;

 private:
  Presence PresenceAt(std::uint64_t index) const;
  /// What a contact of the account's users is attached to.
  void AppendCompanies(const Account& account, std::vector<std::string>& companies) const;
  std::uint64_t FurtherAccount(Random& random) const;

  Plan plan_;
};

/// The address with capitals as people type them: "Ada.Bauer.7@Northwind-Labs.example".
std::string MixCase(const std::string& email, Random& random);

}  // namespace accoil::demo
