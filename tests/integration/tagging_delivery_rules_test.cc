#include "tests/catch.h"
#include "tests/integration/tagging_delivery_world.h"

namespace accoil::test {
namespace {

using World = TaggingWorld;
using Texts = std::vector<std::string>;

Wish ForCompany(const std::string& user, bool remove = false) {
  return World::ByRule(1, World::User(user), "at-risk", remove, TagTarget::kCompany);
}

}  // namespace

TEST_CASE("a rule takes its tag away, unless another holds it", "[tagging_delivery]") {
  World world;
  world.Connect();
  world.Match(World::User("u1"), "c1");
  world.Take(
      {World::ByRule(1, World::User("u1"), "vip"), World::ByRule(2, World::User("u1"), "vip")});
  world.DeliverAll();
  CHECK(world.intercom.calls.size() == 1);
  world.Take({World::ByRule(1, World::User("u1"), "vip", true)});
  CHECK(world.States().back() == "kept");
  CHECK(world.Reason() == "rule 2 holds it");
  world.DeliverAll();
  CHECK(world.intercom.With("vip") == Texts{"c1"});
  world.Take({World::ByRule(2, World::User("u1"), "vip", true)});
  world.DeliverAll();
  CHECK(world.intercom.With("vip").empty());
  CHECK(world.States() == Texts{"done", "done", "kept", "done"});
}

TEST_CASE("a company's tag goes with the last of its users inside", "[tagging_delivery]") {
  World world;
  world.Connect();
  world.Identify(World::User("u1"), {"a1"});
  world.Identify(World::User("u2"), {"a1"});
  world.Match(World::Account("a1"), "co1");
  world.Take({ForCompany("u1"), ForCompany("u2")});
  world.DeliverAll();
  CHECK(world.intercom.calls.size() == 1);
  // Taken from where it was given, although the user has left the account.
  world.Identify(World::User("u1"), {});
  world.Take({ForCompany("u1", true)});
  CHECK(world.States().back() == "kept");
  world.Take({ForCompany("u2", true)});
  world.DeliverAll();
  CHECK(world.intercom.With("at-risk", SubjectKind::kAccount).empty());
}

TEST_CASE("no rule takes away what was given by hand", "[tagging_delivery]") {
  World world;
  world.Connect();
  world.Match(World::User("u1"), "c1");
  world.Take({World::ByHand(World::User("u1"), "vip")});
  world.DeliverAll();
  world.Take({World::ByRule(1, World::User("u1"), "vip")});
  world.DeliverAll();
  world.Take({World::ByRule(1, World::User("u1"), "vip", true)});
  CHECK(world.States().back() == "kept");
  CHECK(world.Reason() == "it was given by hand");
  world.Take({World::ByHand(World::User("u1"), "vip", true)});
  world.DeliverAll();
  CHECK(world.intercom.With("vip").empty());
}

TEST_CASE("a rule takes back what only waits, without a call", "[tagging_delivery]") {
  World world;
  world.Connect();
  world.intercom.Give("vip", "c1");
  world.Take({World::ByRule(1, World::User("u1"), "vip"), ForCompany("u1")});
  world.Take({World::ByRule(1, World::User("u1"), "vip", true), ForCompany("u1", true)});
  CHECK(world.States() == Texts{"superseded", "superseded", "done"});
  world.Match(World::User("u1"), "c1");
  world.DeliverAll();
  // What somebody gave in Intercom stays.
  CHECK(world.intercom.calls.empty());
  CHECK(world.intercom.With("vip") == Texts{"c1"});
}

TEST_CASE("of a deleted rule what waits or is due because of it alone is dropped",
          "[tagging_delivery]") {
  World world;
  world.Connect();
  world.MatchMany(2);
  world.Take({World::ByRule(1, World::User("u0"), "vip"),
              World::ByRule(2, World::User("u0"), "vip"),
              World::ByRule(1, World::User("u1"), "vip"),
              World::ByRule(1, World::User("u9"), "vip"), ForCompany("u0")});
  world.database->Transact([&](postgres::Transaction& tx) {
    world.wishes.Forget(tx, core::ProductId(World::kProduct), RuleId(1));
  });
  CHECK(world.States() == Texts{"cancelled", "due", "cancelled", "cancelled", "cancelled"});
  world.DeliverAll();
  CHECK(world.intercom.With("vip") == Texts{"c0"});
  CHECK(world.postgres.Number("SELECT count(*) FROM holder") == 1);
}

TEST_CASE("a cancelled job drops what is not on its way", "[tagging_delivery]") {
  World world;
  world.Connect();
  world.MatchMany(3);
  world.Take({World::ByHand(World::User("u0"), "vip")});
  world.DeliverAll();
  world.Take({World::ByHand(World::User("u1"), "vip"), World::ByHand(World::User("u9"), "vip"),
              World::ByRule(1, World::User("u2"), "vip"), World::ByHand(World::User("u2"), "vip")});
  const auto cancel = [&] {
    return world.database->Transact([&](postgres::Transaction& tx) {
      return world.wishes.Cancel(tx, core::ProductId(World::kProduct), World::Job());
    });
  };
  CHECK(cancel() == 3);
  CHECK(cancel() == 0);
  world.DeliverAll();
  CHECK(world.intercom.With("vip") == Texts{"c0", "c2"});
  const auto counts = world.database->Transact([&](postgres::Transaction& tx) {
    return tagging::Assignments::CountJob(tx, core::ProductId(World::kProduct), World::Job());
  });
  CHECK(counts.subjects == 4);
  CHECK(counts.done == 1);
  CHECK(counts.cancelled == 3);
  // The rule's tag is not by hand any more.
  world.Take({World::ByRule(1, World::User("u2"), "vip", true)});
  world.DeliverAll();
  CHECK(world.intercom.With("vip") == Texts{"c0"});
}

TEST_CASE("a job's items are told by subject, the worst of their targets first",
          "[tagging_delivery]") {
  World world;
  world.Connect();
  world.Identify(World::User("u1"), {"a1", "a2"});
  world.Identify(World::User("u2"), {"a1"});
  world.Match(World::Account("a1"), "co1");
  for (const char* id : {"u1", "u2", "u3"}) {
    world.Take({World::ByHand(World::User(id), "vip", false, TagTarget::kCompany)});
  }
  world.DeliverAll();
  const auto list = [&](const std::string& state, int limit, const std::string& cursor) {
    return world.database->Transact([&](postgres::Transaction& tx) {
      return tagging::Assignments::ListJobItems(tx, core::ProductId(World::kProduct), World::Job(),
                                                state, limit, cursor);
    });
  };
  const auto first = list("", 2, "");
  REQUIRE(first.items.size() == 2);
  CHECK(first.items[0].subject == core::SubjectId("u1"));
  CHECK(first.items[0].state == "waiting");
  CHECK(first.items[0].reason == "not matched yet");
  CHECK(first.items[0].target_ids == Texts{"co1"});
  CHECK(first.items[1].state == "done");
  REQUIRE(first.next_cursor == "u2");
  const auto second = list("", 2, first.next_cursor);
  REQUIRE(second.items.size() == 1);
  CHECK(second.items[0].reason == "no account of the user is known");
  CHECK(second.next_cursor.empty());
  CHECK(list("done", 10, "").items.size() == 1);
  CHECK_THROWS_AS(list("lost", 10, ""), core::InvalidArgument);
}

TEST_CASE("the audit is read in pages, the newest first", "[tagging_delivery]") {
  World world;
  world.Connect();
  world.MatchMany(25);
  for (int i = 0; i < 25; ++i) {
    world.Take({World::ByRule(1, World::User("u" + std::to_string(i)), "vip")});
  }
  tagging::AssignmentFilter filter;
  filter.product = core::ProductId(World::kProduct);
  std::vector<std::int64_t> ids;
  std::string cursor;
  do {
    const auto page = world.database->Transact([&](postgres::Transaction& tx) {
      return tagging::Assignments::List(tx, filter, 10, cursor);
    });
    for (const auto& assignment : page.assignments) ids.push_back(assignment.id);
    cursor = page.next_cursor;
  } while (!cursor.empty());
  CHECK(ids.size() == 25);
  CHECK(std::is_sorted(ids.rbegin(), ids.rend()));
  const auto count = [&] {
    return world.database->Transact([&](postgres::Transaction& tx) {
      return tagging::Assignments::List(tx, filter, 100, "").assignments.size();
    });
  };
  filter.job = World::Job();
  CHECK(count() == 0);
  filter.job.reset();
  filter.state = AssignmentState::kDue;
  CHECK(count() == 25);
  filter.product = core::ProductId(8);
  CHECK(count() == 0);
  CHECK_THROWS_AS(world.database->Transact([&](postgres::Transaction& tx) {
    return tagging::Assignments::List(tx, filter, 10, "x");
  }),
                  core::InvalidArgument);
  const auto summary = world.database->Transact([&](postgres::Transaction& tx) {
    return tagging::Assignments::Summary(tx, core::ProductId(World::kProduct));
  });
  CHECK(summary.due == 25);
  CHECK_FALSE(summary.paused);
}

}  // namespace accoil::test
