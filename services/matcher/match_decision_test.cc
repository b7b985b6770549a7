#include "services/matcher/match_decision.h"

#include "tests/catch.h"

namespace accoil::matcher {
namespace {

using intercom::Contact;
using intercom::Role;

core::TimePoint At(int second) { return core::TimePoint(std::chrono::seconds(1'000'000 + second)); }

Contact MakeContact(const std::string& id, const std::string& email, Role role = Role::kUser,
                    std::optional<core::TimePoint> last_seen_at = std::nullopt,
                    const std::string& external_id = "") {
  Contact contact;
  contact.id = core::ContactId(id);
  contact.email = email;
  contact.role = role;
  contact.last_seen_at = last_seen_at;
  contact.external_id = external_id;
  return contact;
}

Seeker MakeUser(const std::string& id, const std::string& email, const std::string& present = "") {
  return {.id = core::SubjectId(id),
          .email = email,
          .removed = false,
          .present = core::ContactId(present)};
}

AccountSeeker MakeAccount(const std::string& id, const std::string& name,
                          std::initializer_list<const char*> companies,
                          std::int64_t matched_users = 1) {
  AccountSeeker account;
  account.id = core::SubjectId(id);
  account.name = name;
  account.matched_users = matched_users;
  for (const auto* company : companies) account.companies.emplace_back(company);
  return account;
}

Companies MakeCompanies(std::initializer_list<intercom::Company> list) {
  Companies companies;
  for (const auto& company : list) companies.emplace(company.id, company);
  return companies;
}

intercom::Company MakeCompany(const std::string& id, const std::string& company_id,
                              const std::string& name) {
  return {.id = core::CompanyId(id), .company_id = company_id, .name = name};
}

Verdict DecideOne(const Seeker& user, const std::vector<Contact>& contacts,
                  bool match_by_external_id = false) {
  return DecideUsers(std::vector{user}, contacts, match_by_external_id).front();
}

TEST_CASE("a user is the contact with the same email") {
  const auto verdict = DecideOne(MakeUser("u1", "ada@x.com"),
                                 {MakeContact("c1", "ada@x.com"), MakeContact("c2", "bob@x.com")});
  CHECK(verdict.decision == Decision::MATCHED_BY_EMAIL);
  CHECK(verdict.target == "c1");
  CHECK(verdict.reason == "The only contact with the user's email.");
}

TEST_CASE("of several contacts with one email, the user wins over the lead") {
  const auto verdict =
      DecideOne(MakeUser("u1", "ada@x.com"), {MakeContact("c1", "ada@x.com", Role::kLead, At(9)),
                                              MakeContact("c2", "ada@x.com", Role::kUser, At(1))});
  CHECK(verdict.target == "c2");
  CHECK(verdict.reason == "Of 2 contacts with the user's email, the only one with role user.");
}

TEST_CASE("of several contacts with one email and role, the one seen last wins") {
  const auto verdict =
      DecideOne(MakeUser("u1", "ada@x.com"), {MakeContact("c1", "ada@x.com", Role::kUser, At(1)),
                                              MakeContact("c2", "ada@x.com", Role::kUser, At(5)),
                                              MakeContact("c3", "ada@x.com")});
  CHECK(verdict.target == "c2");
  CHECK(verdict.reason == "Of 3 contacts with the user's email, the user that was seen last.");
}

TEST_CASE("of contacts that are equal otherwise, the lowest id wins, in whatever order they come") {
  const auto a = MakeContact("c1", "ada@x.com", Role::kLead, At(1));
  const auto b = MakeContact("c2", "ada@x.com", Role::kLead, At(1));
  CHECK(DecideOne(MakeUser("u1", "ada@x.com"), {a, b}).target == "c1");
  CHECK(DecideOne(MakeUser("u1", "ada@x.com"), {b, a}).target == "c1");
}

TEST_CASE(
    "a user without an email, or whose email no contact has, is not matched, and why is said") {
  CHECK(DecideOne(MakeUser("u1", ""), {MakeContact("c1", "")}).decision == Decision::NO_EMAIL);
  const auto verdict = DecideOne(MakeUser("u1", "ada@x.com"), {});
  CHECK(verdict.decision == Decision::NO_CONTACT);
  CHECK(verdict.target.empty());
  CHECK(verdict.reason == "No contact of the workspace has the user's email.");
}

TEST_CASE("a removed user is matched with nobody") {
  auto user = MakeUser("u1", "ada@x.com", "c1");
  user.removed = true;
  const auto verdict = DecideOne(user, {MakeContact("c1", "ada@x.com")});
  CHECK(verdict.decision == Decision::SUBJECT_REMOVED);
  CHECK(verdict.target.empty());
}

TEST_CASE("external_id goes before email only where the product says so") {
  const std::vector contacts{MakeContact("c1", "ada@x.com", Role::kUser, At(9)),
                             MakeContact("c2", "old@x.com", Role::kLead, At(1), "u1")};
  const auto by_id = DecideOne(MakeUser("u1", "ada@x.com"), contacts, true);
  CHECK(by_id.target == "c2");
  CHECK(by_id.decision == Decision::MATCHED_BY_EXTERNAL_ID);
  const auto by_email = DecideOne(MakeUser("u1", "ada@x.com"), contacts, false);
  CHECK(by_email.target == "c1");
  CHECK(by_email.decision == Decision::MATCHED_BY_EMAIL);
}

TEST_CASE("by external_id a user without an email is matched too") {
  const std::vector contacts{MakeContact("c2", "", Role::kUser, At(1), "u1")};
  CHECK(DecideOne(MakeUser("u1", ""), contacts, true).target == "c2");
  CHECK(DecideOne(MakeUser("u2", ""), contacts, true).decision == Decision::NO_EMAIL);
}

TEST_CASE("a contact that two users want goes to the one whose id is its external_id") {
  const std::vector contacts{MakeContact("c1", "info@x.com", Role::kUser, At(1), "u2")};
  // u1 has it until now, and sorts first: neither counts against the external_id.
  const std::vector users{MakeUser("u1", "info@x.com", "c1"), MakeUser("u2", "info@x.com")};
  const auto verdicts = DecideUsers(users, contacts, false);
  CHECK(verdicts[0].decision == Decision::CONTACT_TAKEN);
  CHECK(verdicts[0].target.empty());
  CHECK(verdicts[0].wanted == "c1");
  CHECK(verdicts[0].reason == "Contact c1 belongs to user u2, whose id is its external_id.");
  CHECK(verdicts[1].target == "c1");
}

TEST_CASE("a contact that two users want stays with the one who has it, else the lowest id") {
  const std::vector contacts{MakeContact("c1", "info@x.com")};
  const std::vector had{MakeUser("u1", "info@x.com"), MakeUser("u2", "info@x.com", "c1")};
  const auto kept = DecideUsers(had, contacts, false);
  CHECK(kept[0].reason == "Contact c1 belongs to user u2, who had it before.");
  CHECK(kept[1].target == "c1");

  // By bytes: "U9" is before "u1".
  const std::vector fresh{MakeUser("u1", "info@x.com"), MakeUser("U9", "info@x.com")};
  const auto lowest = DecideUsers(fresh, contacts, false);
  CHECK(lowest[0].decision == Decision::CONTACT_TAKEN);
  CHECK(lowest[0].reason == "Contact c1 belongs to user U9, whose id sorts first.");
  CHECK(lowest[1].target == "c1");
}

TEST_CASE("an account is the company with its id, even among others") {
  const auto companies = MakeCompanies(
      {MakeCompany("k1", "acme", "Other name"), MakeCompany("k2", "zeta", "Acme Inc")});
  const auto verdict = WantedCompany(MakeAccount("acme", "Acme Inc", {"k2", "k1"}), companies);
  CHECK(verdict.decision == Decision::MATCHED_BY_COMPANY_ID);
  CHECK(verdict.wanted == "k1");
}

TEST_CASE("else it is the only company of its matched users") {
  const auto companies = MakeCompanies({MakeCompany("k1", "77", "Whatever")});
  const auto verdict = WantedCompany(MakeAccount("acme", "Acme", {"k1"}), companies);
  CHECK(verdict.decision == Decision::MATCHED_AS_ONLY_COMPANY);
  CHECK(verdict.wanted == "k1");
}

TEST_CASE("else it is the one with its name, whatever the case and the space around") {
  const auto companies =
      MakeCompanies({MakeCompany("k1", "1", "  ACME inc "), MakeCompany("k2", "2", "Zeta")});
  const auto verdict = WantedCompany(MakeAccount("acme", "Acme Inc", {"k1", "k2"}), companies);
  CHECK(verdict.decision == Decision::MATCHED_BY_NAME);
  CHECK(verdict.wanted == "k1");
}

TEST_CASE("companies none of which fits better, or two with the name, are ambiguous") {
  const auto companies = MakeCompanies(
      {MakeCompany("k1", "1", "Acme"), MakeCompany("k2", "2", ""), MakeCompany("k3", "3", "acme")});
  CHECK(WantedCompany(MakeAccount("a", "Zeta", {"k1", "k2"}), companies).decision ==
        Decision::AMBIGUOUS_COMPANY);
  const auto twice = WantedCompany(MakeAccount("a", "ACME", {"k1", "k2", "k3"}), companies);
  CHECK(twice.decision == Decision::AMBIGUOUS_COMPANY);
  CHECK(twice.reason ==
        "The account's matched users have 3 companies; none has its id, and 2 have its name.");
  // A name that is not known equals no other.
  CHECK(WantedCompany(MakeAccount("a", " ", {"k1", "k2"}), companies).decision ==
        Decision::AMBIGUOUS_COMPANY);
}

TEST_CASE("an account without matched users, or whose users have no company, has none") {
  CHECK(WantedCompany(MakeAccount("a", "A", {}, 0), {}).decision == Decision::NO_MATCHED_USER);
  CHECK(WantedCompany(MakeAccount("a", "A", {}, 2), {}).decision == Decision::NO_COMPANY);
  // A company that is gone does not count.
  CHECK(WantedCompany(MakeAccount("a", "A", {"gone"}, 2), {}).decision == Decision::NO_COMPANY);
}

TEST_CASE("a removed account has no company") {
  auto account = MakeAccount("a", "A", {"k1"});
  account.removed = true;
  const auto companies = MakeCompanies({MakeCompany("k1", "a", "A")});
  CHECK(WantedCompany(account, companies).decision == Decision::SUBJECT_REMOVED);
}

TEST_CASE("a company that two accounts want goes to the one by company_id, else the lowest id") {
  const auto companies = MakeCompanies({MakeCompany("k1", "zeta", "Zeta")});
  const auto named = DecideAccounts(
      std::vector{MakeAccount("acme", "Acme", {"k1"}), MakeAccount("zeta", "Zeta", {"k1"})},
      companies);
  CHECK(named[0].decision == Decision::COMPANY_TAKEN);
  CHECK(named[0].wanted == "k1");
  CHECK(named[0].reason == "Company k1 belongs to account zeta, whose id is its company_id.");
  CHECK(named[1].target == "k1");

  const auto lowest = DecideAccounts(
      std::vector{MakeAccount("b", "B", {"k1"}), MakeAccount("a", "A", {"k1"})}, companies);
  CHECK(lowest[0].decision == Decision::COMPANY_TAKEN);
  CHECK(lowest[1].target == "k1");
}

TEST_CASE("others hear of a change of target, decision or workspace, not of the reason alone") {
  const core::WorkspaceId workspace("w1");
  const Verdict verdict{.subject = core::SubjectId("u"),
                        .decision = Decision::MATCHED_BY_EMAIL,
                        .target = "c1",
                        .wanted = "c1",
                        .reason = "new words"};
  const Standing same{.workspace = workspace,
                      .target = "c1",
                      .decision = Decision::MATCHED_BY_EMAIL,
                      .reason = "old words"};
  CHECK_FALSE(Changed(same, workspace, verdict));
  CHECK(Changed(std::nullopt, workspace, verdict));
  CHECK(Changed(same, core::WorkspaceId("w2"), verdict));
  auto other = same;
  other.target = "c2";
  CHECK(Changed(other, workspace, verdict));
  other = same;
  other.decision = Decision::MATCHED_BY_EXTERNAL_ID;
  CHECK(Changed(other, workspace, verdict));
}

}  // namespace
}  // namespace accoil::matcher
