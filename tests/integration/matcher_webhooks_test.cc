#include "tests/catch.h"
#include "tests/integration/matcher_bed.h"

namespace accoil::test {
namespace {

using events::v1::COMPANY_CONTACT_ATTACHED;
using events::v1::COMPANY_CONTACT_DETACHED;
using events::v1::COMPANY_DELETED;
using events::v1::CONTACT_ARCHIVED;
using events::v1::CONTACT_CREATED;
using events::v1::CONTACT_DELETED;
using events::v1::CONTACT_EMAIL_UPDATED;
using events::v1::CONTACT_MERGED;

/// Connected, with these users looked at.
void Begin(MatcherBed& bed, std::vector<events::v1::SubjectIdentified> subjects) {
  bed.Connect();
  bed.Identify(std::move(subjects));
  bed.Work();
  bed.Published();
  // Long enough that nothing of it counts as just read.
  bed.clock.Advance(std::chrono::minutes(20));
  bed.Work();
  bed.workspace.Forget();
}

TEST_CASE("a contact that is created is matched at once though search does not show it") {
  MatcherBed bed;
  Begin(bed, {bed.User("u1", {.email = "ada@x.com"})});
  bed.workspace.Add("c1", "ada@x.com");
  bed.workspace.hidden_from_search.insert(core::ContactId("c1"));
  bed.Notify(CONTACT_CREATED, {.contact = "c1", .email = "Ada@X.com"});
  while (bed.WorkOnce()) {
  }
  CHECK(bed.MatchOf("u1") == "MATCHED_BY_EMAIL c1");
  CHECK(bed.workspace.calls["get_contact"] == 1);
  CHECK(bed.workspace.total() <= 2);
}

TEST_CASE("a contact that concerns nobody costs no call") {
  MatcherBed bed;
  Begin(bed, {bed.User("u1", {.email = "ada@x.com"})});
  bed.Notify(CONTACT_CREATED, {.contact = "c9", .email = "stranger@x.com"});
  bed.Notify(CONTACT_CREATED, {.contact = "c1", .email = "ada@x.com"}, "another-workspace");
  bed.Work();
  CHECK(bed.workspace.total() == 0);
}

TEST_CASE("a changed email takes a match away and gives it to whom it belongs") {
  MatcherBed bed;
  auto& contact = bed.workspace.Add("c1", "ada@x.com");
  Begin(bed, {bed.User("u1", {.email = "ada@x.com"}), bed.User("u2", {.email = "bob@x.com"})});
  CHECK(bed.MatchOf("u1") == "MATCHED_BY_EMAIL c1");
  contact.email = "bob@x.com";
  bed.Notify(CONTACT_EMAIL_UPDATED, {.contact = "c1", .email = "bob@x.com"});
  bed.Work();
  CHECK(bed.MatchOf("u1") == "NO_CONTACT");
  CHECK(bed.MatchOf("u2") == "MATCHED_BY_EMAIL c1");
}

TEST_CASE(
    "a contact that is gone gives its place to another with the email, whatever search shows") {
  for (const auto kind : {CONTACT_ARCHIVED, CONTACT_DELETED, CONTACT_MERGED}) {
    MatcherBed bed;
    const auto gone = bed.workspace.Add("c1", "ada@x.com");
    Begin(bed, {bed.User("u1", {.email = "ada@x.com"})});
    CHECK(bed.MatchOf("u1") == "MATCHED_BY_EMAIL c1");
    bed.workspace.contacts.erase(gone.id);
    bed.workspace.ghosts[gone.id] = gone;
    bed.workspace.Add("c2", "ada@x.com").role = intercom::Role::kLead;
    bed.Notify(kind, {.contact = "c1"});
    bed.Work();
    CHECK(bed.MatchOf("u1") == "MATCHED_BY_EMAIL c2");
  }
}

TEST_CASE("notifications that come twice and in disorder do no harm") {
  MatcherBed bed;
  Begin(bed, {bed.User("u1", {.email = "ada@x.com"})});
  // It was created, changed and deleted; told the other way round, each twice.
  for (int i = 0; i < 2; ++i) {
    bed.Notify(CONTACT_DELETED, {.contact = "c1"});
    bed.Notify(CONTACT_EMAIL_UPDATED, {.contact = "c1", .email = "ada@x.com"});
    bed.Notify(CONTACT_CREATED, {.contact = "c1", .email = "ada@x.com"});
  }
  bed.Work();
  CHECK(bed.MatchOf("u1") == "NO_CONTACT");
  CHECK(bed.workspace.calls["get_contact"] == 1);
  CHECK(bed.PublishedBySubject().empty());
}

TEST_CASE("what is notified of while it is asked for is asked for again") {
  MatcherBed bed;
  auto& contact = bed.workspace.Add("c1", "ada@x.com");
  Begin(bed, {bed.User("u1", {.email = "ada@x.com"})});
  bed.Notify(CONTACT_EMAIL_UPDATED, {.contact = "c1"});
  bool notified = false;
  bed.workspace.before_call = [&](const std::string& method) {
    if (method != "get_contact" || notified) return;
    notified = true;
    bed.Notify(CONTACT_EMAIL_UPDATED, {.contact = "c1"});
  };
  bed.WorkOnce();
  contact.email = "other@x.com";
  bed.Work();
  CHECK(bed.MatchOf("u1") == "NO_CONTACT");
}

TEST_CASE("an account follows the companies that its users are attached to and detached from") {
  MatcherBed bed;
  auto& contact = bed.workspace.Add("c1", "ada@x.com");
  Begin(bed,
        {bed.User("u1", {.email = "ada@x.com", .accounts = {"a1"}}), bed.Account("a1", "Acme")});
  CHECK(bed.AccountMatchOf("a1") == "NO_COMPANY");
  bed.workspace.AddCompany("co1", "acme", "Acme");
  contact.companies.emplace_back("co1");
  bed.Notify(COMPANY_CONTACT_ATTACHED, {.contact = "c1", .company = "co1"});
  bed.Work();
  CHECK(bed.AccountMatchOf("a1") == "MATCHED_AS_ONLY_COMPANY co1");
  contact.companies.clear();
  bed.Notify(COMPANY_CONTACT_DETACHED, {.contact = "c1", .company = "co1"});
  bed.Work();
  CHECK(bed.AccountMatchOf("a1") == "NO_COMPANY");
}

TEST_CASE("a company that is deleted is nobody's, and one that was gone may come back") {
  MatcherBed bed;
  bed.workspace.Add("c1", "ada@x.com", {"co1"});
  bed.workspace.AddCompany("co1", "acme", "Acme");
  Begin(bed,
        {bed.User("u1", {.email = "ada@x.com", .accounts = {"a1"}}), bed.Account("a1", "Acme")});
  CHECK(bed.AccountMatchOf("a1") == "MATCHED_AS_ONLY_COMPANY co1");
  bed.workspace.companies.clear();
  bed.Notify(COMPANY_DELETED, {.contact = {}, .company = "co1"});
  bed.Work();
  CHECK(bed.AccountMatchOf("a1") == "NO_COMPANY");
  bed.workspace.AddCompany("co1", "acme", "Acme");
  bed.Notify(COMPANY_CONTACT_ATTACHED, {.contact = "c1", .company = "co1"});
  bed.RequestMatch("a1", events::v1::ACCOUNT);
  bed.Work();
  CHECK(bed.AccountMatchOf("a1") == "MATCHED_AS_ONLY_COMPANY co1");
}

TEST_CASE("very many notifications are answered by reading all contacts") {
  MatcherBed bed;
  std::vector<events::v1::SubjectIdentified> users;
  for (int i = 0; i < 300; ++i) {
    users.push_back(bed.User("u" + std::to_string(i), {.email = std::to_string(i) + "@x.com"}));
  }
  bed.workspace.Add("c0", "0@x.com");
  Begin(bed, users);
  bed.RequestRun();
  bed.Work();
  for (int i = 1; i < 300; ++i) {
    const auto id = "c" + std::to_string(i);
    bed.workspace.Add(id, std::to_string(i) + "@x.com");
    bed.workspace.hidden_from_search.insert(core::ContactId(id));
    bed.Notify(CONTACT_CREATED, {.contact = id, .email = std::to_string(i) + "@x.com"});
  }
  bed.workspace.Forget();
  bed.Work();
  CHECK(bed.MatchOf("u299") == "MATCHED_BY_EMAIL c299");
  CHECK(bed.workspace.total() <= 10);
}

TEST_CASE("a product that is not connected asks for nothing and keeps its matches") {
  MatcherBed bed;
  bed.workspace.Add("c1", "ada@x.com");
  Begin(bed, {bed.User("u1", {.email = "ada@x.com"})});
  bed.Disconnect();
  bed.workspace.contacts.clear();
  bed.Notify(CONTACT_DELETED, {.contact = "c1"});
  bed.Work();
  CHECK(bed.workspace.total() == 0);
  CHECK(bed.Published().empty());
  CHECK(bed.MatchOf("u1") == "MATCHED_BY_EMAIL c1");
  bed.Connect();
  bed.Work();
  CHECK(bed.MatchOf("u1") == "NO_CONTACT");
}

TEST_CASE("whoever is not matched is grouped by the reason, and a group can be looked at again") {
  MatcherBed bed;
  Begin(bed, {bed.User("u1", {.email = "ada@x.com"}), bed.User("u2", {.email = "bob@x.com"}),
              bed.User("u3", {}), bed.Account("a1", "Acme")});
  const auto groups = bed.Problems();
  REQUIRE(groups.size() == 3);
  CHECK(groups[0].decision == Decision::NO_CONTACT);
  CHECK(groups[0].subjects == 2);
  REQUIRE(groups[0].examples.size() == 2);
  CHECK(groups[0].examples[0].first.value() == "u1");
  CHECK_FALSE(groups[0].examples[0].second.empty());

  bed.workspace.Add("c2", "bob@x.com");
  CHECK(bed.Retry(events::v1::USER, Decision::NO_CONTACT) == 2);
  bed.Work();
  CHECK(bed.MatchOf("u2") == "MATCHED_BY_EMAIL c2");
  CHECK(bed.MatchOf("u1") == "NO_CONTACT");
}

}  // namespace
}  // namespace accoil::test
