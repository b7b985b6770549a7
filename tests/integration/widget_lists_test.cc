// Lists of users and accounts, over gRPC on a real PostgreSQL.

#include "tests/catch.h"
#include "tests/integration/widget_lists_bed.h"

namespace accoil::test {
namespace {

using events::v1::ACCOUNT;
using events::v1::SegmentEntered;
using events::v1::SegmentExited;
using events::v1::USER;

/// Six users: two with one score, one without any, one without a name.
void Begin(ListsBed& bed) {
  bed.Connect();
  bed.Measure("trial", true);
  const auto add = [&](const std::string& id, const std::string& name, const std::string& email) {
    bed.Know(bed.User(id), name, email);
  };
  add("ada", "Ada Lovelace", "ada.lovelace@analytical.example");
  add("bob", "bob Noyce", "bob@fair.example");
  add("cyd", "Cyd Ülkü", "cyd@motion.example");
  add("dan", "", "dan@x.example");
  add("eve", "Eve Ada-Smith", "");
  bed.Trait(bed.User("ada"), "Score", 71);
  bed.Trait(bed.User("bob"), "Score", 40);
  bed.Trait(bed.User("cyd"), "Score", 40);
  bed.Trait(bed.User("dan"), "Score", -1.5);
  bed.Trait(bed.User("eve"), "Plan", "team");
  bed.Segment<SegmentEntered>(bed.User("fay"), "Enterprise");
  bed.Segment<SegmentEntered>(bed.User("ada"), "Enterprise");
  bed.Segment<SegmentEntered>(bed.User("ada"), "All");
  bed.Follow();
}

}  // namespace

TEST_CASE("lists are sorted by score, last active, name or any trait, those without one last") {
  ListsBed bed;
  Begin(bed);
  bed.Trait(bed.User("bob"), "LastActive", "2026-11-01T00:00:00+01:00");
  bed.Trait(bed.User("ada"), "LastActive", "2026-10-31T23:00:01Z");
  bed.Trait(bed.User("eve"), "LastActive", "yesterday");
  bed.Trait(bed.User("eve"), "Rate", 9);
  bed.Trait(bed.User("ada"), "Rate", 10.5);
  bed.Trait(bed.User("bob"), "Plan", "Enterprise");
  bed.Follow();
  for (const int limit : {1, 2, 3, 50}) {
    CAPTURE(limit);
    const auto ids = [&](const std::string& sort, bool descending) {
      auto request = bed.Users(sort, descending);
      request.set_limit(limit);
      return bed.Ids(request);
    };
    CHECK(ids("", false) == "dan bob cyd ada eve fay");
    CHECK(ids("Score", true) == "ada cyd bob dan fay eve");
    CHECK(ids("LastActive", false) == "bob ada cyd dan eve fay");
    CHECK(ids("LastActive", true) == "ada bob fay eve dan cyd");
    CHECK(ids("Name", false) == "ada bob cyd eve dan fay");
    CHECK(ids("Name", true) == "eve cyd bob ada fay dan");
    CHECK(ids("Rate", false) == "eve ada bob cyd dan fay");
    CHECK(ids("Rate", true) == "ada eve fay dan cyd bob");
    CHECK(ids("Plan", false) == "bob eve ada cyd dan fay");
    CHECK(ids("Paying", false) == "ada bob cyd dan eve fay");
  }
}

TEST_CASE("a row has what is known of the subject in the profile") {
  ListsBed bed;
  Begin(bed);
  bed.Identify(bed.User("ada"), "Ada L", {"acme", "zeta"});
  bed.Match(bed.User("ada"), "c1");
  bed.Trait(bed.User("ada"), "Rate", 0.1);
  bed.Trait(bed.User("ada"), "Plan", "tea\"m\n");
  google::protobuf::Value yes;
  yes.set_bool_value(true);
  bed.Trait(bed.User("ada"), "Paying", yes);
  bed.Trait(bed.User("ada"), "NotInTheCatalogue", 5);
  const auto tag = [&](const std::string& name, bool removed, const std::string& workspace) {
    events::v1::TagApplied event;
    *event.mutable_subject() = bed.User("ada");
    event.set_workspace_id(workspace);
    event.set_target_id("c1");
    event.set_tag(name);
    event.set_removed(removed);
    bed.Tell(event);
  };
  tag("vip", false, bed.kWorkspace);
  tag("At-Risk", false, bed.kWorkspace);
  tag("gone", false, bed.kWorkspace);
  tag("Gone", true, bed.kWorkspace);
  tag("elsewhere", false, "ws-2");
  bed.Follow();
  const auto page = bed.List(bed.Users("Score", true));
  CHECK(page.profile_id() == "trial");
  CHECK(page.next_cursor().empty());
  const auto& ada = page.subjects(0);
  CHECK(ada.subject_id() == "ada");
  CHECK(ada.name() == "Ada L");
  CHECK(ada.traits_size() == 4);
  CHECK(ada.traits().at("Score").number_value() == 71);
  CHECK(ada.traits().at("Rate").number_value() == 0.1);
  CHECK(ada.traits().at("Plan").string_value() == "tea\"m\n");
  CHECK(ada.traits().at("Paying").bool_value());
  using Texts = std::vector<std::string>;
  CHECK(Texts(ada.segments().begin(), ada.segments().end()) == Texts{"All", "Enterprise"});
  CHECK(Texts(ada.tags().begin(), ada.tags().end()) == Texts{"At-Risk", "vip"});
  CHECK(Texts(ada.account_ids().begin(), ada.account_ids().end()) == Texts{"acme", "zeta"});
  CHECK(ada.matched());
  CHECK_FALSE(page.subjects(1).matched());
}

TEST_CASE("a list is of those in a segment, of whom a condition is true, whom a search finds") {
  ListsBed bed;
  Begin(bed);
  auto request = bed.Users("Name");
  request.set_segment("Enterprise");
  CHECK(bed.Ids(request) == "ada fay");
  request.set_condition("Score > 40");
  CHECK(bed.Ids(request) == "ada");
  request.clear_segment();
  request.set_condition("not Score > 40");
  CHECK(bed.Ids(request) == "bob cyd eve dan fay");
  request.set_condition("Score <= 40 or Plan = 'team'");
  request.set_limit(1);
  CHECK(bed.Ids(request) == "bob cyd eve dan");
  request.clear_condition();
  const auto found = [&](const std::string& search) {
    request.set_search(search);
    return bed.Ids(request);
  };
  CHECK(found("ADA") == "ada eve");
  CHECK(found("lovel") == "ada");
  CHECK(found("ada.lovelace@ana") == "ada");
  CHECK(found("ovel") == "");
  CHECK(found("smith") == "eve");
  CHECK(found("\xc3\xbclk") == "cyd");
  CHECK(found("dan@x") == "dan");
  CHECK(found("a_a") == "");
}

TEST_CASE("lists follow what happens: new values, segments left, names, who is removed") {
  ListsBed bed;
  Begin(bed);
  bed.Score(bed.User("bob"), 99);
  bed.Segment<SegmentExited>(bed.User("fay"), "Enterprise");
  bed.Score(bed.User("dan"), std::nullopt);
  bed.Know(bed.User("cyd"), "Aaron", "");
  bed.Know(bed.User("eve"), "", "", true);
  CHECK(bed.Ids(bed.Users("Score", true)) == "ada cyd bob dan fay eve");
  bed.Follow();
  CHECK(bed.Ids(bed.Users("Score", true)) == "bob ada cyd");
  CHECK(bed.Ids(bed.Users("Name")) == "cyd ada bob");
  bed.Know(bed.User("eve"), "Eve", "eve@x.example");
  bed.Follow();
  CHECK(bed.Ids(bed.Users("Name")) == "cyd ada bob eve");
  CHECK(bed.postgres().Number("SELECT count(*) FROM list_note") == 0);
}

TEST_CASE("a list is of one product, kind and profile alone") {
  ListsBed bed;
  Begin(bed);
  bed.Measure("trial", true, 8);
  bed.Measure("paid");
  bed.Score(bed.User("ada", 8), 5);
  bed.Score(bed.User("zoe", 8), 6);
  bed.Score(bed.Subject(ACCOUNT, "acme"), 7);
  bed.Score(bed.User("ada"), 1, "paid");
  bed.Follow();
  auto other = bed.Users("Score");
  other.set_product_id(8);
  CHECK(bed.Ids(other) == "ada zoe");
  other = bed.Users("Score");
  other.set_profile_id("paid");
  CHECK(bed.Ids(other) == "ada");
  other = bed.Users("Seats");
  CHECK(bed.Refusal(other) ==
        "sort: the profile has no trait Seats of users; lists are sorted by one of Name, Score, "
        "Rate, LastActive, Plan, Paying");
  other.set_kind(ACCOUNT);
  CHECK(bed.Ids(other) == "acme");
}

TEST_CASE("what cannot be listed is refused by its name") {
  ListsBed bed;
  Begin(bed);
  const auto refusal = [&](auto&& change) {
    auto request = bed.Users();
    change(request);
    return bed.Refusal(request);
  };
  using R = ListsBed::Request;
  CHECK(refusal([](R& r) { r.set_product_id(0); }).starts_with("product_id: "));
  CHECK(refusal([](R& r) { r.clear_kind(); }).starts_with("kind: "));
  CHECK(refusal([](R& r) { r.set_profile_id("a b"); }).starts_with("profile_id: "));
  CHECK(refusal([](R& r) { r.set_segment("a\nb"); }).starts_with("segment: "));
  CHECK(refusal([](R& r) { r.set_search(std::string(101, 'a')); }).starts_with("search: "));
  CHECK(refusal([](R& r) { r.set_search("@."); }).starts_with("search: "));
  CHECK(refusal([](R& r) { r.set_limit(201); }).starts_with("limit: "));
  CHECK(refusal([](R& r) { r.set_limit(-1); }).starts_with("limit: "));
  CHECK(
      refusal([](R& r) { r.set_condition("Scor > 1"); }).starts_with("condition: at character 1"));
  CHECK(refusal([](R& r) { r.set_condition(std::string(2'001, ' ')); }).starts_with("condition: "));
  CHECK(refusal([](R& r) { r.set_cursor("abc"); }).starts_with("cursor: "));

  auto request = bed.Users("Score");
  request.set_limit(1);
  request.set_cursor(bed.List(request).next_cursor());
  request.set_limit(2);
  CHECK(bed.Refusal(request) == "accepted");
  const std::string another =
      "cursor: is of another list: with a cursor, everything else must be as it was";
  request.set_descending(true);
  CHECK(bed.Refusal(request) == another);
  request.set_descending(false);
  request.set_condition("Score > 1");
  CHECK(bed.Refusal(request) == another);

  request = bed.Users();
  request.set_profile_id("paid");
  CHECK_THROWS_AS(bed.List(request), core::NotFound);
  request = bed.Users();
  request.set_product_id(9);
  CHECK_THROWS_AS(bed.List(request), core::NotFound);
}

TEST_CASE("a list that takes too long is given up, and says so") {
  ListsBed bed;
  Begin(bed);
  widget::ListStore lists(bed.database());
  widget::ListQuery query;
  query.product = core::ProductId(bed.kProduct);
  // Whoever has the table keeps the list waiting.
  bed.database().Transact([&](postgres::Transaction& tx) {
    tx.ExecuteScript("LOCK TABLE listed IN ACCESS EXCLUSIVE MODE");
    CHECK_THROWS_AS(lists.Read(query, bed.clock.Now(), std::chrono::milliseconds(50)),
                    core::DeadlineExceeded);
  });
  CHECK(lists.Read(query, bed.clock.Now(), std::chrono::seconds(5)).subjects.size() == 6);
}

}  // namespace accoil::test
