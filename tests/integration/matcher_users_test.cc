#include "tests/catch.h"
#include "tests/integration/matcher_bed.h"

namespace accoil::test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST_CASE("users who were there before the connection are matched when it is made") {
  MatcherBed bed;
  bed.workspace.Add("c1", "ada@x.com");
  bed.Identify({bed.User("u1", {.email = " Ada@X.com"}), bed.User("u2", {.email = "bob@x.com"}),
                bed.User("u3", {})});
  bed.Work();
  CHECK(bed.workspace.total() == 0);

  bed.Connect();
  bed.Work();
  CHECK(bed.PublishedBySubject() ==
        std::map<std::string, std::string>{
            {"u1", "MATCHED_BY_EMAIL c1"}, {"u2", "NO_CONTACT"}, {"u3", "NO_EMAIL"}});
  const auto runs = bed.Runs();
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].trigger == "connected");
  CHECK(runs[0].state == "finished");
  CHECK(runs[0].users == 3);
  CHECK(runs[0].matched == 1);
  CHECK(runs[0].calls == bed.workspace.total());
}

TEST_CASE("a new user of a connected product is matched once no more come for a moment") {
  MatcherBed bed;
  bed.Connect();
  bed.Work();
  CHECK(bed.workspace.total() == 0);

  bed.workspace.Add("c1", "ada@x.com");
  bed.Identify({bed.User("u1", {.email = "ada@x.com"})});
  CHECK_FALSE(bed.WorkOnce());
  bed.Work();
  CHECK(bed.MatchOf("u1") == "MATCHED_BY_EMAIL c1");
  CHECK(bed.workspace.total() == 1);
  CHECK(bed.Due() == 0);
}

TEST_CASE("users that keep coming are looked at after the longest wait") {
  MatcherBed bed;
  bed.Connect();
  bed.Work();
  int looked = 0;
  for (int i = 0; i < 11; ++i) {
    bed.Identify({bed.User("u" + std::to_string(i), {.email = std::to_string(i) + "@x.com"})});
    bed.clock.Advance(bed.config.quiet / 2);
    if (bed.WorkOnce()) ++looked;
  }
  CHECK(looked == 1);
}

TEST_CASE("an event that comes twice, or too late, changes nothing and causes no call") {
  MatcherBed bed;
  bed.workspace.Add("c1", "ada@x.com");
  bed.workspace.Add("c2", "old@x.com");
  bed.Connect();
  auto event = bed.User("u1", {.email = "ada@x.com", .accounts = {"a"}});
  event.set_version(1'000);
  bed.Identify({event});
  bed.Work();
  bed.Published();
  bed.workspace.Forget();

  auto older = bed.User("u1", {.email = "old@x.com"});
  older.set_version(999);
  bed.Identify({event});
  bed.Identify({older});
  bed.Work();
  CHECK(bed.Published().empty());
  CHECK(bed.workspace.total() == 0);
}

TEST_CASE("a changed email is looked for, and the match follows it") {
  MatcherBed bed;
  bed.workspace.Add("c1", "ada@x.com");
  bed.workspace.Add("c2", "ada@y.com");
  bed.Connect();
  bed.Identify({bed.User("u1", {.email = "ada@x.com"})});
  bed.Work();
  bed.Identify({bed.User("u1", {.email = "ada@y.com"})});
  bed.Work();
  CHECK(bed.MatchOf("u1") == "MATCHED_BY_EMAIL c2");
}

TEST_CASE("an email withdrawn takes the match back") {
  MatcherBed bed;
  bed.workspace.Add("c1", "ada@x.com");
  bed.Connect();
  bed.Identify({bed.User("u1", {.email = "ada@x.com"})});
  bed.Work();
  bed.Identify({bed.User("u1", {})});
  bed.Work();
  CHECK(bed.PublishedBySubject()["u1"] == "NO_EMAIL");
}

TEST_CASE("a removed user loses the match at once, also while the product is disconnected") {
  MatcherBed bed;
  bed.workspace.Add("c1", "ada@x.com");
  bed.Connect();
  bed.Identify({bed.User("u1", {.email = "ada@x.com"})});
  bed.Work();
  bed.Disconnect();
  bed.Published();
  bed.Identify({bed.User("u1", {.email = {}, .accounts = {}, .removed = true})});
  CHECK(bed.PublishedBySubject() == std::map<std::string, std::string>{{"u1", "SUBJECT_REMOVED"}});
}

TEST_CASE("the contact of a removed user goes to the one who was refused it") {
  MatcherBed bed;
  bed.workspace.Add("c1", "info@x.com");
  bed.Connect();
  bed.Identify({bed.User("u1", {.email = "info@x.com"}), bed.User("u2", {.email = "info@x.com"})});
  bed.Work();
  CHECK(bed.MatchOf("u1") == "MATCHED_BY_EMAIL c1");
  CHECK(bed.MatchOf("u2") == "CONTACT_TAKEN");

  bed.Identify({bed.User("u1", {.email = {}, .accounts = {}, .removed = true})});
  bed.Work();
  CHECK(bed.MatchOf("u2") == "MATCHED_BY_EMAIL c1");
}

TEST_CASE("who has a contact keeps it, until the one comes whose id the contact carries") {
  MatcherBed bed;
  bed.workspace.Add("c1", "info@x.com").external_id = "u9";
  bed.Connect();
  bed.Identify({bed.User("u5", {.email = "info@x.com"})});
  bed.Work();
  bed.Identify({bed.User("u1", {.email = "info@x.com"})});
  bed.Work();
  CHECK(bed.MatchOf("u5") == "MATCHED_BY_EMAIL c1");
  CHECK(bed.MatchOf("u1") == "CONTACT_TAKEN");

  bed.Identify({bed.User("u9", {.email = "info@x.com"})});
  bed.Work();
  CHECK(bed.MatchOf("u9") == "MATCHED_BY_EMAIL c1");
  CHECK(bed.MatchOf("u5") == "CONTACT_TAKEN");
}

TEST_CASE("a match is not lost because a search misses the contact") {
  MatcherBed bed;
  bed.workspace.Add("c1", "ada@x.com");
  bed.Connect();
  bed.Identify({bed.User("u1", {.email = "ada@x.com"})});
  bed.Work();
  bed.Published();

  bed.workspace.hidden_from_search.insert(core::ContactId("c1"));
  bed.RequestRun();
  bed.Work();
  CHECK(bed.MatchOf("u1") == "MATCHED_BY_EMAIL c1");
  CHECK(bed.Published().empty());
  CHECK(bed.workspace.calls["get_contact"] == 1);
}

TEST_CASE("a match ends when the contact is gone, or carries another email") {
  MatcherBed bed;
  bed.workspace.Add("c1", "ada@x.com");
  bed.workspace.Add("c2", "bob@x.com");
  bed.Connect();
  bed.Identify({bed.User("u1", {.email = "ada@x.com"}), bed.User("u2", {.email = "bob@x.com"})});
  bed.Work();
  bed.Published();

  bed.workspace.contacts.erase(core::ContactId("c1"));
  bed.workspace.contacts[core::ContactId("c2")].email = "robert@x.com";
  bed.RequestRun();
  bed.Work();
  CHECK(bed.PublishedBySubject() ==
        std::map<std::string, std::string>{{"u1", "NO_CONTACT"}, {"u2", "NO_CONTACT"}});
}

TEST_CASE("an email that changes on both sides keeps the match, although search lags behind") {
  MatcherBed bed;
  bed.workspace.Add("c1", "ada@x.com");
  bed.Connect();
  bed.Identify({bed.User("u1", {.email = "ada@x.com"})});
  bed.Work();
  bed.Published();

  bed.workspace.contacts[core::ContactId("c1")].email = "ada@new.com";
  bed.workspace.hidden_from_search.insert(core::ContactId("c1"));
  bed.Identify({bed.User("u1", {.email = "ada@new.com"})});
  bed.Work();
  CHECK(bed.MatchOf("u1") == "MATCHED_BY_EMAIL c1");
  CHECK(bed.Published().empty());
}

TEST_CASE("a contact that was reported gone is asked for itself, whatever search still shows") {
  MatcherBed bed;
  const auto ghost = bed.workspace.Add("c1", "ada@x.com");
  bed.Connect();
  bed.Identify({bed.User("u1", {.email = "ada@x.com"})});
  bed.Work();

  bed.workspace.contacts.clear();
  bed.workspace.ghosts[ghost.id] = ghost;
  bed.RequestMatch("u1");
  bed.Work();
  CHECK(bed.MatchOf("u1") == "NO_CONTACT");
}

TEST_CASE(
    "a user whose contact search does not show yet is looked at again after 1, 5, 15 minutes") {
  MatcherBed bed;
  bed.workspace.Add("c1", "ada@x.com");
  bed.workspace.hidden_from_search.insert(core::ContactId("c1"));
  bed.Connect();
  bed.Work();
  bed.Identify({bed.User("u1", {.email = "ada@x.com"}), bed.User("u2", {.email = "bob@x.com"})});
  bed.Work();
  CHECK(bed.MatchOf("u1") == "NO_CONTACT");
  CHECK(bed.workspace.total() == 1);
  bed.Work();
  CHECK(bed.workspace.total() == 1);

  bed.clock.Advance(minutes(1));
  bed.Work();
  CHECK(bed.workspace.total() == 2);
  bed.workspace.hidden_from_search.clear();
  bed.clock.Advance(minutes(5));
  bed.Work();
  CHECK(bed.MatchOf("u1") == "MATCHED_BY_EMAIL c1");
  CHECK(bed.workspace.total() == 3);
  bed.clock.Advance(minutes(15));
  bed.Work();
  CHECK(bed.workspace.total() == 4);
  // From here on it is up to the runs.
  CHECK(bed.Due() == 0);
}

TEST_CASE("by external_id users are found first, the rest by email") {
  MatcherBed bed;
  bed.workspace.Add("c1", "other@x.com").external_id = "u1";
  bed.workspace.Add("c2", "ada@x.com");
  bed.workspace.Add("c3", "bob@x.com");
  bed.Identify({bed.User("u1", {.email = "ada@x.com"}), bed.User("u2", {.email = "bob@x.com"}),
                bed.User("u3", {})});
  bed.Connect("workspace-1", true);
  bed.Work();
  CHECK(bed.MatchOf("u1") == "MATCHED_BY_EXTERNAL_ID c1");
  CHECK(bed.MatchOf("u2") == "MATCHED_BY_EMAIL c3");
  CHECK(bed.MatchOf("u3") == "NO_EMAIL");

  // The setting taken back: decided anew.
  bed.Connect("workspace-1", false);
  bed.Work();
  CHECK(bed.MatchOf("u1") == "MATCHED_BY_EMAIL c2");
}

TEST_CASE("reconnected to another workspace, everybody is decided anew") {
  MatcherBed bed;
  bed.workspace.Add("c1", "ada@x.com");
  bed.Connect();
  bed.Identify({bed.User("u1", {.email = "ada@x.com"}), bed.User("u2", {.email = "bob@x.com"})});
  bed.Work();
  bed.Disconnect();
  bed.Published();

  bed.workspace.contacts.clear();
  bed.workspace.Add("d1", "bob@x.com");
  bed.workspace.MoveTo("workspace-2");
  bed.Connect("workspace-2");
  bed.Work();
  const auto published = bed.Published();
  REQUIRE(published.size() == 2);
  for (const auto& event : published) CHECK(event.workspace_id() == "workspace-2");
  CHECK(bed.MatchOf("u1") == "NO_CONTACT");
  CHECK(bed.MatchOf("u2") == "MATCHED_BY_EMAIL d1");
}

TEST_CASE("disconnected, nothing is published and nobody is called; work waits") {
  MatcherBed bed;
  bed.workspace.Add("c1", "ada@x.com");
  bed.Connect();
  bed.Identify({bed.User("u1", {.email = "ada@x.com"})});
  bed.Work();
  bed.Published();
  bed.workspace.Forget();

  bed.Disconnect();
  bed.Identify({bed.User("u2", {.email = "bob@x.com"})});
  bed.clock.Advance(std::chrono::hours(24));
  bed.Work();
  CHECK(bed.Published().empty());
  CHECK(bed.workspace.total() == 0);
  CHECK(bed.MatchOf("u1") == "MATCHED_BY_EMAIL c1");

  bed.Connect();
  bed.Work();
  CHECK(bed.PublishedBySubject() == std::map<std::string, std::string>{{"u2", "NO_CONTACT"}});
}

TEST_CASE("products that share a workspace are matched apart, and hear of each other's news") {
  MatcherBed bed;
  bed.workspace.Add("c1", "ada@x.com");
  bed.Connect();
  bed.Connect("workspace-1", false, 8);
  bed.Identify({bed.User("u1", {.email = "ada@x.com"}), bed.User("u1", {.email = "ada@x.com"}, 8)});
  bed.Work();
  CHECK(bed.MatchOf("u1") == "MATCHED_BY_EMAIL c1");
  CHECK(bed.MatchOf("u1", events::v1::USER, 8) == "MATCHED_BY_EMAIL c1");

  // Only product 7 looks, and finds the contact gone.
  bed.workspace.contacts.clear();
  bed.RequestMatch("u1");
  bed.Work();
  CHECK(bed.MatchOf("u1") == "NO_CONTACT");
  bed.Work();
  CHECK(bed.MatchOf("u1", events::v1::USER, 8) == "NO_CONTACT");
}

}  // namespace
}  // namespace accoil::test
