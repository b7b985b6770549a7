#include "tests/catch.h"
#include "tests/integration/matcher_bed.h"

namespace accoil::test {
namespace {

using Outcome = std::map<std::string, std::string>;

TEST_CASE("an account goes to a company of its matched users: by id, as the only one, by name") {
  MatcherBed bed;
  bed.workspace.AddCompany("k1", "acme", "Acme");
  bed.workspace.AddCompany("k2", "77", "Something");
  bed.workspace.AddCompany("k3", "78", " GLOBEX ");
  bed.workspace.AddCompany("k4", "79", "Other");
  bed.workspace.Add("c1", "ada@x.com", {"k1", "k2"});
  bed.workspace.Add("c2", "bob@x.com", {"k2"});
  bed.workspace.Add("c3", "cid@x.com", {"k3", "k4"});
  bed.workspace.Add("c4", "dan@x.com");
  bed.Connect();
  bed.Identify({bed.User("u1", {.email = "ada@x.com", .accounts = {"acme"}}),
                bed.User("u2", {.email = "bob@x.com", .accounts = {"only"}}),
                bed.User("u3", {.email = "cid@x.com", .accounts = {"named", "none-fits"}}),
                bed.User("u4", {.email = "dan@x.com", .accounts = {"bare"}}),
                bed.User("u5", {.email = "eve@x.com", .accounts = {"unknown"}}),
                bed.Account("acme", "Acme"), bed.Account("only", "Only"),
                bed.Account("named", "Globex"), bed.Account("none-fits", "Initech"),
                bed.Account("bare", "Bare"), bed.Account("unknown", "Unknown"),
                bed.Account("empty", "Empty")});
  bed.Work();
  CHECK(bed.AccountMatchOf("acme") == "MATCHED_BY_COMPANY_ID k1");
  CHECK(bed.AccountMatchOf("only") == "MATCHED_AS_ONLY_COMPANY k2");
  CHECK(bed.AccountMatchOf("named") == "MATCHED_BY_NAME k3");
  CHECK(bed.AccountMatchOf("none-fits") == "AMBIGUOUS_COMPANY");
  CHECK(bed.AccountMatchOf("bare") == "NO_COMPANY");
  CHECK(bed.AccountMatchOf("unknown") == "NO_MATCHED_USER");
  CHECK(bed.AccountMatchOf("empty") == "NO_MATCHED_USER");
}

TEST_CASE("a company that two accounts want goes to one, and to the other when that one leaves") {
  MatcherBed bed;
  bed.workspace.AddCompany("k1", "zeta", "Zeta");
  bed.workspace.Add("c1", "ada@x.com", {"k1"});
  bed.workspace.Add("c2", "bob@x.com", {"k1"});
  bed.Connect();
  bed.Identify(
      {bed.User("u1", {.email = "ada@x.com", .accounts = {"acme"}}), bed.Account("acme", "Acme")});
  bed.Work();
  CHECK(bed.AccountMatchOf("acme") == "MATCHED_AS_ONLY_COMPANY k1");
  bed.Identify(
      {bed.User("u2", {.email = "bob@x.com", .accounts = {"zeta"}}), bed.Account("zeta", "Zeta")});
  bed.Work();
  CHECK(bed.AccountMatchOf("zeta") == "MATCHED_BY_COMPANY_ID k1");
  CHECK(bed.AccountMatchOf("acme") == "COMPANY_TAKEN");

  bed.Identify({bed.Account("zeta", "Zeta", true)});
  bed.Work();
  CHECK(bed.AccountMatchOf("zeta") == "SUBJECT_REMOVED");
  CHECK(bed.AccountMatchOf("acme") == "MATCHED_AS_ONLY_COMPANY k1");
}

TEST_CASE("an account is decided anew when its members, its name or its users' contacts change") {
  MatcherBed bed;
  bed.workspace.AddCompany("k1", "1", "Acme");
  bed.workspace.AddCompany("k2", "2", "Globex");
  bed.workspace.Add("c1", "ada@x.com", {"k1", "k2"});
  bed.Connect();
  bed.Identify({bed.User("u1", {.email = "ada@x.com"}), bed.Account("a", "Globex")});
  bed.Work();
  CHECK(bed.AccountMatchOf("a") == "NO_MATCHED_USER");

  bed.workspace.Forget();
  bed.Identify({bed.User("u1", {.email = "ada@x.com", .accounts = {"a"}})});
  bed.Work();
  CHECK(bed.AccountMatchOf("a") == "MATCHED_BY_NAME k2");
  // The user is known already; only the companies were not.
  CHECK(bed.workspace.calls["search_contacts"] == 0);

  bed.workspace.Forget();
  bed.Identify({bed.Account("a", "ACME")});
  bed.Work();
  CHECK(bed.AccountMatchOf("a") == "MATCHED_BY_NAME k1");
  CHECK(bed.workspace.total() == 0);

  // Intercom's side: the contact leaves a company, and a run comes across it.
  bed.workspace.contacts[core::ContactId("c1")].companies = {core::CompanyId("k2")};
  bed.RequestRun();
  bed.Work();
  CHECK(bed.AccountMatchOf("a") == "MATCHED_AS_ONLY_COMPANY k2");

  bed.Identify({bed.User("u1", {.email = "ada@x.com"})});
  bed.Work();
  CHECK(bed.AccountMatchOf("a") == "NO_MATCHED_USER");
}

TEST_CASE("a company that is renamed in Intercom is noticed by the run of the next day") {
  MatcherBed bed;
  bed.workspace.AddCompany("k1", "1", "Acme");
  bed.workspace.AddCompany("k2", "2", "Globex");
  bed.workspace.Add("c1", "ada@x.com", {"k1", "k2"});
  bed.Connect();
  bed.Identify(
      {bed.User("u1", {.email = "ada@x.com", .accounts = {"a"}}), bed.Account("a", "Initech")});
  bed.Work();
  CHECK(bed.AccountMatchOf("a") == "AMBIGUOUS_COMPANY");
  bed.workspace.AddCompany("k2", "2", "Initech");
  bed.clock.Advance(std::chrono::hours(25));
  bed.Work();
  CHECK(bed.AccountMatchOf("a") == "MATCHED_BY_NAME k2");
}

TEST_CASE("all companies of a contact count, also those beyond the ten that it lists") {
  MatcherBed bed;
  auto& contact = bed.workspace.Add("c1", "ada@x.com", {"k01"});
  contact.has_more_companies = true;
  for (int i = 1; i <= 12; ++i) {
    const auto id = (i < 10 ? "k0" : "k") + std::to_string(i);
    bed.workspace.AddCompany(id, i == 12 ? "acme" : std::to_string(i), "");
    bed.workspace.all_companies[contact.id].emplace_back(id);
  }
  // Nobody asks for the companies of a user without accounts.
  bed.workspace.Add("c2", "bob@x.com", {"k01"}).has_more_companies = true;
  bed.Connect();
  bed.Identify({bed.User("u1", {.email = "ada@x.com", .accounts = {"acme"}}),
                bed.User("u2", {.email = "bob@x.com"}), bed.Account("acme", "Acme")});
  bed.Work();
  CHECK(bed.AccountMatchOf("acme") == "MATCHED_BY_COMPANY_ID k12");
  CHECK(bed.workspace.calls["list_contact_companies"] == 1);

  // Once read, they are known.
  bed.RequestRun();
  bed.Work();
  CHECK(bed.workspace.calls["list_contact_companies"] == 1);
}

TEST_CASE("a company that was reported gone is asked for, and no longer counts") {
  MatcherBed bed;
  bed.workspace.AddCompany("k1", "acme", "Acme");
  bed.workspace.Add("c1", "ada@x.com", {"k1"});
  bed.Connect();
  bed.Identify({bed.User("u1", {.email = "ada@x.com", .accounts = {"acme"}})});
  bed.Work();
  CHECK(bed.AccountMatchOf("acme") == "MATCHED_BY_COMPANY_ID k1");

  bed.workspace.companies.clear();
  bed.RequestMatch("acme", events::v1::ACCOUNT);
  bed.Work();
  CHECK(bed.AccountMatchOf("acme") == "NO_COMPANY");
}

TEST_CASE("companies beyond the ten thousand that the list reaches are read one by one") {
  MatcherBed bed;
  bed.workspace.companies_per_page = 2'500;
  std::vector<events::v1::SubjectIdentified> users;
  for (int i = 0; i < 10'003; ++i) {
    const auto name = std::to_string(100'000 + i);
    bed.workspace.AddCompany("k" + name, "a" + name, "");
    bed.workspace.Add("c" + name, name + "@x.com").companies.emplace_back("k" + name);
    users.push_back(bed.User("u" + name, {.email = name + "@x.com", .accounts = {"a" + name}}));
  }
  bed.Identify(users);
  bed.Connect();
  bed.Work();
  CHECK(bed.workspace.calls["list_companies"] == 4);
  CHECK(bed.workspace.calls["get_company"] == 3);
  CHECK(bed.AccountMatchOf("a110002") == "MATCHED_BY_COMPANY_ID k110002");
}

TEST_CASE("in another workspace accounts are decided anew, after its companies") {
  MatcherBed bed;
  bed.workspace.AddCompany("k1", "acme", "Acme");
  bed.workspace.Add("c1", "ada@x.com", {"k1"});
  bed.Connect();
  bed.Identify({bed.User("u1", {.email = "ada@x.com", .accounts = {"acme"}}),
                bed.User("u2", {.email = "bob@x.com", .accounts = {"beta"}})});
  bed.Work();
  bed.workspace.contacts.clear();
  bed.workspace.companies.clear();
  bed.workspace.AddCompany("q1", "beta", "Beta");
  bed.workspace.Add("d1", "bob@x.com", {"q1"});
  bed.workspace.MoveTo("workspace-2");
  bed.Connect("workspace-2");
  bed.Work();
  CHECK(bed.AccountMatchOf("acme") == "NO_MATCHED_USER");
  CHECK(bed.AccountMatchOf("beta") == "MATCHED_BY_COMPANY_ID q1");
}

}  // namespace
}  // namespace accoil::test
