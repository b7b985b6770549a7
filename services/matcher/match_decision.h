#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "services/matcher/types.h"

/// Who is which contact and which company: all the rules, no I/O.
namespace accoil::matcher {

/// A user who looks for a contact.
struct Seeker {
  core::SubjectId id;
  /// Normalized; empty when there is none.
  std::string email;
  bool removed = false;
  /// The contact that it has in this workspace until now; empty when none.
  core::ContactId present;
};

/// The contact that a user would have if nobody else wanted it; its target is left empty. By
/// external_id first where the product says so, then by email: of several contacts with the email
/// one with role user before a lead, then the one seen last, then the lowest id.
Verdict WantedContact(const Seeker& user, std::span<const intercom::Contact> contacts,
                      bool match_by_external_id);

/// Decides all of `users`, given every contact that has one of their emails or ids. A contact that
/// two of them want goes to the one whose id is its external_id, then to the one who has it
/// already, then to the lowest id by bytes; the others are CONTACT_TAKEN. Answers one verdict a
/// user, in their order.
std::vector<Verdict> DecideUsers(std::span<const Seeker> users,
                                 std::span<const intercom::Contact> contacts,
                                 bool match_by_external_id);

/// An account that looks for a company.
struct AccountSeeker {
  core::SubjectId id;
  std::string name;
  bool removed = false;
  /// How many of its users are matched.
  std::int64_t matched_users = 0;
  /// The companies of those users, each once.
  std::vector<core::CompanyId> companies;
};

using Companies = std::map<core::CompanyId, intercom::Company>;

/// The company that an account would have if no other account wanted it; its target is left empty:
/// the one whose company_id is the account's id, else the only company of its matched users, else
/// the one with its name (without regard to case and surrounding white space), else none. Only
/// companies that `companies` knows count.
Verdict WantedCompany(const AccountSeeker& account, const Companies& companies);

/// Decides all of `accounts`. A company that two of them want goes to the one by company_id, then
/// to the lowest account id by bytes; the others are COMPANY_TAKEN. Answers one verdict an account,
/// in their order.
std::vector<Verdict> DecideAccounts(std::span<const AccountSeeker> accounts,
                                    const Companies& companies);

/// The decisions of subjects that have no match and could have one.
std::vector<Decision> UnmatchedDecisions();

/// Why a removed subject has no match, in words.
std::string RemovedReason(Kind kind);

/// Whether two decisions differ in a way that other services must hear of.
bool Changed(const std::optional<Standing>& before, const core::WorkspaceId& workspace,
             const Verdict& verdict);

}  // namespace accoil::matcher
