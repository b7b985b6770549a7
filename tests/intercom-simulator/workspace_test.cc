#include "tests/intercom-simulator/workspace.h"

#include "tests/catch.h"
#include "tests/intercom-simulator/api_error.h"
#include "tests/intercom-simulator/scroll.h"
#include "tests/intercom-simulator/seed.h"

namespace accoil::simulator {
namespace {

using std::chrono_literals::operator""s;

const Moment kMoment{core::TimePoint(1000s)};

template <typename Work>
std::string Refusal(Work work) {
  try {
    work();
  } catch (const ApiError& error) {
    return std::to_string(error.status()) + " " + error.code();
  }
  return "done";
}

ContactChanges Person(const std::string& email, const std::string& external_id = "",
                      bool is_user = true) {
  ContactChanges changes;
  changes.email = email;
  changes.external_id = external_id;
  changes.is_user = is_user;
  return changes;
}

struct Fixture {
  std::vector<std::string> Search(const std::string& email, core::TimePoint now) {
    const auto query = SearchQuery::Parse({{"field", "email"}, {"operator", "="}, {"value", email}},
                                          workspace.attributes(), {});
    std::vector<std::string> ids;
    for (const auto& contact : workspace.SearchContacts(query, "", 150, now).items) {
      ids.push_back(contact->id);
    }
    return ids;
  }
  std::vector<std::string> Search(const std::string& email) { return Search(email, kMoment.now); }

  Workspace workspace{"demo-ws"};
};

TEST_CASE("ids are 24 hex digits and the same for the same history") {
  Workspace one("demo-ws");
  Workspace two("demo-ws");
  const auto id = one.CreateContact(Person("a@b.c"), kMoment)->id;
  CHECK(id.size() == 24);
  CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(two.CreateContact(Person("x@y.z"), kMoment)->id == id);
  CHECK(Workspace("other").CreateContact(Person("a@b.c"), kMoment)->id != id);
}

TEST_CASE("emails are kept in lower case") {
  Fixture fixture;
  CHECK(fixture.workspace.CreateContact(Person(" Ada@B.C "), kMoment)->email == "ada@b.c");
}

TEST_CASE("a contact whose external id, or email in its role, is taken conflicts") {
  Fixture fixture;
  auto& workspace = fixture.workspace;
  workspace.CreateContact(Person("a@b.c", "1"), kMoment);
  const auto create = [&](const ContactChanges& changes) {
    return Refusal([&] { workspace.CreateContact(changes, kMoment); });
  };
  CHECK(create(Person("x@b.c", "1")) == "409 conflict");
  CHECK(create(Person("A@b.c")) == "409 conflict");
  CHECK(create(Person("a@b.c", "", false)) == "done");
  CHECK(create(Person("a@b.c", "2")) == "done");
}

TEST_CASE("custom attributes are merged and null clears one") {
  Fixture fixture;
  auto& workspace = fixture.workspace;
  const auto id = workspace.CreateContact(Person("a@b.c"), kMoment)->id;
  ContactChanges changes;
  changes.custom_attributes = {{"one", 1}, {"two", 2}};
  workspace.UpdateContact(id, changes, kMoment);
  changes.custom_attributes = {{"one", nullptr}, {"three", 3}};
  const auto contact = workspace.UpdateContact(id, changes, kMoment);
  CHECK(contact->custom_attributes == Attributes{{"two", 2}, {"three", 3}});
  CHECK(contact->email == "a@b.c");
}

TEST_CASE("search sees changes when the lag has passed, and removals at once") {
  Fixture fixture;
  auto& workspace = fixture.workspace;
  const Moment lagging{kMoment.now, 5s};
  const auto id = workspace.CreateContact(Person("a@b.c"), lagging)->id;
  CHECK(fixture.Search("a@b.c", kMoment.now + 4s).empty());
  CHECK(fixture.Search("a@b.c", kMoment.now + 5s).size() == 1);
  workspace.UpdateContact(id, Person("new@b.c"), {kMoment.now + 6s, 5s});
  CHECK(fixture.Search("a@b.c", kMoment.now + 7s).size() == 1);
  CHECK(fixture.Search("new@b.c", kMoment.now + 11s).size() == 1);
  CHECK(fixture.Search("a@b.c", kMoment.now + 11s).empty());
  workspace.UpdateContact(id, Person("newer@b.c"), {kMoment.now + 12s, 5s});
  workspace.ArchiveContact(id);
  CHECK(fixture.Search("new@b.c", kMoment.now + 13s).empty());
  CHECK(fixture.Search("newer@b.c", kMoment.now + 60s).empty());
}

TEST_CASE("pages of contacts follow one another without a gap") {
  Fixture fixture;
  auto& workspace = fixture.workspace;
  for (int i = 0; i < 7; ++i) {
    workspace.CreateContact(Person("u" + std::to_string(i) + "@b.c"), kMoment);
  }
  std::vector<std::string> seen;
  std::string after;
  do {
    const auto page = workspace.ListContacts(after, 3);
    CHECK(page.total == 7);
    for (const auto& contact : page.items) seen.push_back(contact->email);
    after = page.next;
  } while (!after.empty());
  CHECK(seen.size() == 7);
  CHECK(std::set(seen.begin(), seen.end()).size() == 7);

  const auto query = SearchQuery::Parse({{"field", "email"}, {"operator", "$"}, {"value", "@b.c"}},
                                        workspace.attributes(), {});
  const auto first = workspace.SearchContacts(query, "", 4, kMoment.now);
  CHECK(first.items.size() == 4);
  CHECK(first.total == 7);
  const auto rest = workspace.SearchContacts(query, first.next, 4, kMoment.now);
  CHECK(rest.items.size() == 3);
  CHECK(rest.next.empty());
}

TEST_CASE("an archived contact is found nowhere until it is brought back") {
  Fixture fixture;
  auto& workspace = fixture.workspace;
  const auto id = workspace.SeedContact(Person("a@b.c"), {"acme"}, kMoment)->id;
  const auto company = workspace.companies().begin()->first;
  workspace.ArchiveContact(id);
  CHECK(Refusal([&] { workspace.GetContact(id); }) == "404 not_found");
  CHECK(workspace.ListContacts("", 10).items.empty());
  CHECK(Refusal([&] { workspace.GetCompany(company); }) == "404 company_not_found");
  workspace.UnarchiveContact(id, kMoment);
  CHECK(workspace.GetContact(id)->companies == std::vector<std::string>{company});
  CHECK(workspace.GetCompany(company).contacts.size() == 1);
  CHECK(fixture.Search("a@b.c").size() == 1);
}

TEST_CASE("a lead is merged into a user, never the other way") {
  Fixture fixture;
  auto& workspace = fixture.workspace;
  const auto lead = workspace.SeedContact(Person("a@b.c", "", false), {"acme"}, kMoment)->id;
  const auto user = workspace.SeedContact(Person("a@b.c", "1"), {"bell"}, kMoment)->id;
  workspace.TagContacts("vip", {{lead, false}}, 404, kMoment);
  CHECK(Refusal([&] { workspace.MergeContacts(user, lead, kMoment); }) == "400 parameter_invalid");
  const auto merged = workspace.MergeContacts(lead, user, kMoment);
  CHECK(merged->companies.size() == 2);
  CHECK(merged->tags.size() == 1);
  CHECK(Refusal([&] { workspace.GetContact(lead); }) == "404 not_found");
  CHECK(fixture.Search("a@b.c") == std::vector<std::string>{user});
}

TEST_CASE("a company is visible while a contact is attached") {
  Fixture fixture;
  auto& workspace = fixture.workspace;
  const auto id = workspace.CreateOrUpdateCompany("acme", {}, kMoment).id;
  const auto contact = workspace.CreateContact(Person("a@b.c"), kMoment)->id;
  CHECK(Refusal([&] { workspace.GetCompany(id); }) == "404 company_not_found");
  CHECK(Refusal([&] { workspace.UpdateCompany(id, {}, kMoment); }) == "404 company_not_found");
  workspace.Attach(contact, id, kMoment);
  CHECK(workspace.GetCompanyByCompanyId("acme").id == id);
  CHECK(workspace.VisibleCompanies().size() == 1);
  workspace.Detach(contact, id, kMoment);
  CHECK(workspace.VisibleCompanies().empty());
  CHECK(Refusal([&] { workspace.Detach(contact, id, kMoment); }) == "404 company_not_found");
}

TEST_CASE("tags are one whatever their case, and a bulk call tags all or none") {
  Fixture fixture;
  auto& workspace = fixture.workspace;
  const auto one = workspace.CreateContact(Person("a@b.c"), kMoment)->id;
  const auto two = workspace.CreateContact(Person("d@e.f"), kMoment)->id;
  const auto tag = workspace.FindOrCreateTag("VIP").id;
  CHECK(workspace.FindOrCreateTag("vip").id == tag);
  CHECK(Refusal([&] {
          workspace.TagContacts("vip", {{one, false}, {"unknown", false}}, 404, kMoment);
        }) == "404 not_found");
  CHECK(workspace.GetContact(one)->tags.empty());
  workspace.TagContacts("Vip", {{one, false}, {two, false}}, 404, kMoment);
  workspace.TagContacts("vip", {{one, true}}, 404, kMoment);
  CHECK(workspace.GetContact(one)->tags.empty());
  CHECK(workspace.GetContact(two)->tags == std::vector<std::string>{tag});
  workspace.DeleteTag(tag, kMoment);
  CHECK(workspace.GetContact(two)->tags.empty());
  CHECK(Refusal([&] { workspace.GetTag(tag); }) == "404 not_found");
}

TEST_CASE("one scroll is open at a time and expires after an idle minute") {
  Scroll scroll;
  scroll.Open("a", kMoment.now);
  CHECK(Refusal([&] { scroll.Open("b", kMoment.now + 59s); }) == "400 scroll_exists");
  scroll.Continue("a", kMoment.now + 59s);
  CHECK(Refusal([&] { scroll.Continue("b", kMoment.now + 60s); }) == "404 not_found");
  CHECK(Refusal([&] { scroll.Continue("a", kMoment.now + 119s); }) == "404 not_found");
  scroll.Open("b", kMoment.now + 120s);
  scroll.Close();
  scroll.Open("c", kMoment.now + 121s);
}

TEST_CASE("a seed replaces what was there, or is added to it") {
  const auto seed = ReadSeed(
      "{\"type\":\"company\",\"company_id\":\"acme\",\"name\":\"Acme\"}\n\n"
      "{\"type\":\"contact\",\"role\":\"user\",\"email\":\"A@b.c\",\"external_id\":\"1\","
      "\"last_seen_at\":5,\"companies\":[\"acme\",\"bell\"]}\n"
      "{\"type\":\"contact\",\"role\":\"lead\",\"email\":\"a@b.c\",\"companies\":[]}");
  Fixture fixture;
  auto& workspace = fixture.workspace;
  Apply(seed, false, kMoment.now, workspace);
  const auto first = workspace.contacts().begin()->first;
  CHECK(workspace.contacts().size() == 2);
  CHECK(workspace.companies().size() == 2);
  CHECK(workspace.GetCompanyByCompanyId("acme").name == "Acme");
  CHECK(workspace.GetContact(first)->last_seen_at == 5);
  CHECK(fixture.Search("a@b.c").size() == 2);
  Apply(seed, false, kMoment.now, workspace);
  CHECK(workspace.contacts().size() == 2);
  CHECK(workspace.contacts().begin()->first == first);
  Apply(seed, true, kMoment.now, workspace);
  CHECK(workspace.contacts().size() == 4);
  CHECK(workspace.companies().size() == 2);
}

TEST_CASE("a seed that cannot be read names its line") {
  for (const std::string line :
       {"{", "{\"type\":\"tag\"}", "{\"type\":\"company\"}", "[]",
        "{\"type\":\"contact\",\"role\":\"admin\"}", "{\"type\":\"contact\",\"companies\":[1]}"}) {
    CAPTURE(line);
    CHECK_THROWS_WITH(ReadSeed("\n" + line), Catch::Contains("line 2"));
  }
}

}  // namespace
}  // namespace accoil::simulator
