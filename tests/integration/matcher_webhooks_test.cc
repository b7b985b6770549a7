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

TEST_CASE("a notification costs two calls a contact at most, mostly one") {
  MatcherBed bed;
  bed.workspace.Add("c1", "ada@x.com");
  bed.workspace.Add("c5", "eve@x.com");
  Begin(bed, {bed.User("u1", {.email = "ada@x.com", .accounts = {"a1"}}),
              bed.User("u2", {.email = "bob@x.com"}), bed.User("u5", {.email = "eve@x.com"})});
  const auto calls_for = [&](events::v1::WebhookKind kind, const MatcherBed::Notified& about) {
    bed.workspace.Forget();
    bed.Notify(kind, about);
    bed.Work();
    return bed.workspace.total();
  };

  SECTION("created, for who had none and for who has one") {
    bed.workspace.Add("c2", "bob@x.com");
    CHECK(calls_for(CONTACT_CREATED, {.contact = "c2", .email = "bob@x.com"}) == 1);
    CHECK(bed.MatchOf("u2") == "MATCHED_BY_EMAIL c2");
    bed.workspace.Add("c3", "ada@x.com").role = intercom::Role::kLead;
    CHECK(calls_for(CONTACT_CREATED, {.contact = "c3", .email = "ada@x.com"}) == 1);
    CHECK(bed.MatchOf("u1") == "MATCHED_BY_EMAIL c1");
  }
  SECTION("changed email") {
    bed.workspace.contacts[core::ContactId("c1")].email = "bob@x.com";
    CHECK(calls_for(CONTACT_EMAIL_UPDATED, {.contact = "c1", .email = "bob@x.com"}) == 2);
    CHECK(bed.MatchOf("u1") == "NO_CONTACT");
    CHECK(bed.MatchOf("u2") == "MATCHED_BY_EMAIL c1");
  }
  SECTION("gone, though search still shows it") {
    bed.workspace.ghosts = bed.workspace.contacts;
    bed.workspace.contacts.erase(core::ContactId("c1"));
    CHECK(calls_for(CONTACT_ARCHIVED, {.contact = "c1"}) == 2);
    CHECK(bed.MatchOf("u1") == "NO_CONTACT");
  }
  SECTION("merged into another") {
    bed.workspace.contacts.erase(core::ContactId("c1"));
    bed.workspace.contacts[core::ContactId("c5")].email = "ada@x.com";
    bed.Notify(CONTACT_MERGED, {.contact = "c1"});
    // The one that lives on, and a search for the user that it left.
    CHECK(calls_for(CONTACT_MERGED, {.contact = "c5", .email = "ada@x.com"}) == 3);
    CHECK(bed.MatchOf("u1") == "MATCHED_BY_EMAIL c5");
    CHECK(bed.MatchOf("u5") == "NO_CONTACT");
  }
  SECTION("attached to a company that was not known") {
    bed.workspace.AddCompany("co1", "acme", "Acme");
    bed.workspace.contacts[core::ContactId("c1")].companies.emplace_back("co1");
    CHECK(calls_for(COMPANY_CONTACT_ATTACHED, {.contact = "c1", .company = "co1"}) == 2);
    CHECK(bed.AccountMatchOf("a1") == "MATCHED_AS_ONLY_COMPANY co1");
    bed.workspace.contacts[core::ContactId("c1")].companies.clear();
    CHECK(calls_for(COMPANY_CONTACT_DETACHED, {.contact = "c1", .company = "co1"}) == 1);
    CHECK(bed.AccountMatchOf("a1") == "NO_COMPANY");
  }
}

TEST_CASE("a user who comes after the contact is matched at once though search does not show it") {
  MatcherBed bed;
  Begin(bed, {});
  bed.workspace.Add("c1", "ada@x.com");
  bed.workspace.hidden_from_search.insert(core::ContactId("c1"));
  bed.Notify(CONTACT_CREATED, {.contact = "c1", .email = "ada@x.com"});
  bed.Work();
  CHECK(bed.workspace.total() == 0);
  bed.Identify({bed.User("u1", {.email = "Ada@x.com"})});
  bed.Work();
  CHECK(bed.MatchOf("u1") == "MATCHED_BY_EMAIL c1");
  CHECK(bed.workspace.total() == 2);
  CHECK(bed.postgres().Number("SELECT count(*) FROM unclaimed_contact") == 0);

  // What nobody claims is forgotten.
  bed.Notify(CONTACT_CREATED, {.contact = "c2", .email = "bob@x.com"});
  bed.clock.Advance(std::chrono::hours(1));
  bed.Notify(CONTACT_CREATED, {.contact = "c3", .email = "eve@x.com"});
  CHECK(bed.postgres().Number("SELECT count(*) FROM unclaimed_contact") == 1);
}

TEST_CASE("by external id, a notified contact finds its user as well") {
  MatcherBed bed;
  bed.Connect("workspace-1", true);
  bed.Identify({bed.User("u1", {})});
  bed.Work();
  bed.workspace.Add("c1", "other@x.com").external_id = "u1";
  bed.workspace.hidden_from_search.insert(core::ContactId("c1"));
  bed.Notify(CONTACT_CREATED,
             {.contact = "c1", .email = "other@x.com", .company = {}, .external_id = "u1"});
  bed.Work();
  CHECK(bed.MatchOf("u1") == "MATCHED_BY_EXTERNAL_ID c1");
}

TEST_CASE("what Intercom notifies of during a long run is answered before its end") {
  MatcherBed bed;
  for (int i = 0; i < 3'000; ++i) {
    bed.workspace.Add("c" + std::to_string(10'000 + i), std::to_string(i) + "@x.com");
  }
  Begin(bed, {bed.User("u1", {.email = "ada@x.com"})});
  // Enough users that reading all contacts is cheaper than searching for them.
  std::vector<events::v1::SubjectIdentified> users;
  for (int i = 0; i < 3'000; ++i) {
    users.push_back(bed.User("v" + std::to_string(i), {.email = std::to_string(i) + "@x.com"}));
  }
  bed.Identify(users);
  bed.Work();
  bed.workspace.Forget();
  int pages = 0;
  int matched_at = 0;
  bed.workspace.before_call = [&](const std::string& method) {
    if (method != "list_contacts") return;
    bed.clock.Advance(std::chrono::seconds(1));
    if (++pages == 3) {
      // The reading has passed it by.
      bed.workspace.Add("c00000", "ada@x.com");
      bed.Notify(CONTACT_CREATED, {.contact = "c00000", .email = "ada@x.com"});
    }
    if (matched_at == 0 && bed.MatchOf("u1") == "MATCHED_BY_EMAIL c00000") matched_at = pages;
  };
  bed.RequestRun();
  bed.Work();
  CHECK(pages == 20);
  CHECK(matched_at == 4);
}

TEST_CASE("a notification does not begin a run, or a look, that waits for more users to come") {
  MatcherBed bed;
  Begin(bed, {bed.User("u1", {.email = "ada@x.com"})});
  bed.workspace.Add("c1", "ada@x.com");
  bed.RequestRun();
  bed.Identify({bed.User("u2", {.email = "bob@x.com"})});
  bed.clock.Advance(bed.config.quiet / 2);
  bed.Notify(CONTACT_CREATED, {.contact = "c1", .email = "ada@x.com"});
  CHECK(bed.WorkOnce());
  CHECK(bed.MatchOf("u1") == "MATCHED_BY_EMAIL c1");
  CHECK(bed.MatchOf("u2").empty());
  CHECK(bed.Runs().front().state == "waiting");
  CHECK(bed.workspace.total() == 1);
  CHECK_FALSE(bed.WorkOnce());
  bed.Work();
  CHECK(bed.MatchOf("u2") == "NO_CONTACT");
  CHECK(bed.Runs().front().state == "finished");
}

TEST_CASE("work that fails or dies before a contact was asked for asks for it later") {
  MatcherBed bed;
  Begin(bed, {bed.User("u1", {.email = "ada@x.com"})});
  bed.workspace.Add("c1", "ada@x.com");
  bed.Notify(CONTACT_CREATED, {.contact = "c1", .email = "ada@x.com"});
  SECTION("Intercom fails") {
    bed.workspace.before_call = [](const std::string&) {
      throw matcher::SourceFailed("503", true);
    };
    CHECK(bed.WorkOnce());
    CHECK_FALSE(bed.WorkOnce());
    bed.workspace.before_call = [](const std::string&) {};
  }
  SECTION("the database goes away under it") {
    bed.workspace.before_call = [](const std::string&) {
      throw postgres::DatabaseUnavailable("gone", false);
    };
    CHECK_THROWS_AS(bed.WorkOnce(), postgres::DatabaseUnavailable);
    bed.workspace.before_call = [](const std::string&) {};
    CHECK_FALSE(bed.WorkOnce("another"));
  }
  CHECK(bed.MatchOf("u1") == "NO_CONTACT");
  bed.clock.Advance(bed.config.claim + std::chrono::seconds(1));
  CHECK(bed.WorkOnce("another"));
  CHECK(bed.MatchOf("u1") == "MATCHED_BY_EMAIL c1");
}

TEST_CASE("a contact that Intercom refuses to show does not hold the others up") {
  MatcherBed bed;
  Begin(bed, {bed.User("u1", {.email = "ada@x.com"}), bed.User("u2", {.email = "bob@x.com"})});
  bed.workspace.Add("c2", "bob@x.com");
  bed.Notify(CONTACT_CREATED, {.contact = "c1", .email = "ada@x.com"});
  bed.Notify(CONTACT_CREATED, {.contact = "c2", .email = "bob@x.com"});
  bool refused = false;
  bed.workspace.before_call = [&](const std::string&) {
    if (std::exchange(refused, true)) return;
    intercom::Failure failure;
    failure.kind = intercom::Failure::Kind::kRefused;
    failure.status = 400;
    throw matcher::SourceFailed(failure);
  };
  bed.Work();
  CHECK(bed.MatchOf("u2") == "MATCHED_BY_EMAIL c2");
  CHECK(bed.postgres().Number("SELECT count(*) FROM doubted_contact") == 0);
}

TEST_CASE("a company beyond the ten that a contact lists is found when it is attached") {
  MatcherBed bed;
  auto& contact = bed.workspace.Add("c1", "ada@x.com", {"k0"});
  contact.has_more_companies = true;
  for (int i = 0; i < 12; ++i) {
    const auto number = std::to_string(i);
    bed.workspace.AddCompany("k" + number, "company-" + number, "Company " + number);
    if (i < 11) bed.workspace.all_companies[contact.id].emplace_back("k" + number);
  }
  Begin(bed, {bed.User("u1", {.email = "ada@x.com", .accounts = {"company-11"}})});
  CHECK(bed.AccountMatchOf("company-11") == "AMBIGUOUS_COMPANY");
  bed.workspace.all_companies[contact.id].emplace_back("k11");
  bed.Notify(COMPANY_CONTACT_ATTACHED, {.contact = "c1", .company = "k11"});
  bed.Work();
  CHECK(bed.AccountMatchOf("company-11") == "MATCHED_BY_COMPANY_ID k11");
}

TEST_CASE("a burst about contacts that are gone is believed one by one") {
  MatcherBed bed;
  bed.config.confirmations = 10;
  std::vector<events::v1::SubjectIdentified> users;
  for (int i = 0; i < 400; ++i) {
    const auto id = std::to_string(1'000 + i);
    bed.workspace.Add("c" + id, id + "@x.com");
    users.push_back(bed.User("u" + id, {.email = id + "@x.com"}));
  }
  Begin(bed, users);
  for (int i = 0; i < 200; ++i) {
    const auto id = std::to_string(1'000 + i);
    bed.workspace.contacts.erase(core::ContactId("c" + id));
    bed.Notify(CONTACT_DELETED, {.contact = "c" + id});
  }
  bed.Work();
  CHECK(bed.MatchOf("u1000") == "NO_CONTACT");
  CHECK(bed.MatchOf("u1199") == "NO_CONTACT");
  CHECK(bed.MatchOf("u1200") == "MATCHED_BY_EMAIL c1200");
  CHECK(bed.workspace.calls["get_contact"] == 200);
  CHECK(bed.workspace.total() <= 210);
}

TEST_CASE(
    "a product that is being disconnected asks for nothing, forgets its doubts, and resumes") {
  MatcherBed bed;
  bed.workspace.Add("c1", "ada@x.com");
  Begin(bed, {bed.User("u1", {.email = "ada@x.com"})});
  bed.Notify(CONTACT_DELETED, {.contact = "c1"});
  bed.RequestRun();
  bed.SetConnection("workspace-1", events::v1::DISCONNECTING);
  CHECK(bed.postgres().Number("SELECT count(*) FROM doubted_contact") == 0);
  bed.Work();
  CHECK(bed.Runs().front().state == "failed");
  bed.Disconnect();
  bed.Work();
  CHECK(bed.workspace.total() == 0);
  CHECK(bed.Published().empty());
  CHECK(bed.MatchOf("u1") == "MATCHED_BY_EMAIL c1");
  bed.Connect();
  bed.Work();
  CHECK(bed.Runs().front().trigger == "connected");
  CHECK(bed.Published().empty());
  CHECK(bed.MatchOf("u1") == "MATCHED_BY_EMAIL c1");
}

TEST_CASE("products that share a workspace ask for a contact once, and all follow") {
  MatcherBed bed;
  bed.Connect("workspace-1", false, 8);
  Begin(bed, {bed.User("u1", {.email = "ada@x.com"}), bed.User("u8", {.email = "ada@x.com"}, 8)});
  bed.workspace.Add("c1", "ada@x.com");
  bed.workspace.hidden_from_search.insert(core::ContactId("c1"));
  bed.Notify(CONTACT_CREATED, {.contact = "c1", .email = "ada@x.com"});
  bed.Work();
  bed.Work();
  CHECK(bed.MatchOf("u1") == "MATCHED_BY_EMAIL c1");
  CHECK(bed.MatchOf("u8", events::v1::USER, 8) == "MATCHED_BY_EMAIL c1");
  CHECK(bed.workspace.calls["get_contact"] == 1);
}

}  // namespace
}  // namespace accoil::test
