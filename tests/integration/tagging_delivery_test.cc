#include <thread>

#include "services/tagging-automation/delivery/dispatcher.h"
#include "tests/catch.h"
#include "tests/integration/tagging_delivery_world.h"
#include "tests/integration/wait.h"

namespace accoil::test {
namespace {

using World = TaggingWorld;
using intercom::Failure;
using Texts = std::vector<std::string>;

/// Users u0 … matched, each wished for by a rule.
std::vector<Wish> WishesOf(int count, const std::string& tag) {
  std::vector<Wish> wishes;
  for (int i = 0; i < count; ++i) {
    wishes.push_back(World::ByRule(1, World::User("u" + std::to_string(i)), tag));
  }
  return wishes;
}

/// How often each id was in a call that was answered well.
std::map<std::string, int> TimesTagged(const FakeTagging& intercom) {
  std::map<std::string, int> times;
  for (const auto& call : intercom.calls) {
    for (const auto& id : call.ids) ++times[id];
  }
  return times;
}

}  // namespace

TEST_CASE("a wish is carried out, audited and published", "[tagging_delivery]") {
  World world;
  world.Connect();
  world.Match(World::User("u1"), "c1");
  world.Take({World::ByRule(3, World::User("u1"), "At-Risk")});
  CHECK(world.States() == Texts{"due"});
  world.DeliverAll();
  CHECK(world.intercom.With("at-risk") == Texts{"c1"});
  CHECK(world.States() == Texts{"done"});
  CHECK(world.Facts() == 1);
  CHECK(world.postgres.Text("SELECT key FROM outbox") == "7/user/u1/at-risk");
  const auto page = world.database->Transact([&](postgres::Transaction& tx) {
    tagging::AssignmentFilter filter;
    filter.product = core::ProductId(World::kProduct);
    filter.rule = RuleId(3);
    filter.subject = World::User("u1");
    filter.tag = "AT-RISK";
    filter.state = AssignmentState::kDone;
    return tagging::Assignments::List(tx, filter, 10, "");
  });
  REQUIRE(page.assignments.size() == 1);
  CHECK(page.assignments[0].target_id == "c1");
  CHECK(page.assignments[0].tag == "At-Risk");
  CHECK(page.assignments[0].ended_at);
  CHECK(page.next_cursor.empty());
  CHECK(world.intercom.granted == world.intercom.ended + world.intercom.unused);
}

TEST_CASE("ten thousand at once are a hundred calls, each id once", "[tagging_delivery]") {
  World world;
  world.Connect();
  world.MatchMany(10'000);
  world.Take(WishesOf(10'000, "vip"));
  world.DeliverAll();
  CHECK(world.intercom.calls.size() == 100);
  const auto times = TimesTagged(world.intercom);
  CHECK(times.size() == 10'000);
  CHECK(std::all_of(times.begin(), times.end(), [](const auto& one) { return one.second == 1; }));
  CHECK(world.Count(AssignmentState::kDone) == 10'000);
  CHECK(world.Facts() == 10'000);
}

TEST_CASE("part of a batch waits for its window, a whole one goes at once", "[tagging_delivery]") {
  World world(std::chrono::seconds(30));
  world.Connect();
  world.MatchMany(250);
  world.Take(WishesOf(250, "vip"));
  world.DeliverAll();
  CHECK(world.intercom.calls.size() == 2);
  CHECK(world.Count(AssignmentState::kDue) == 50);
  world.PassTime();
  world.DeliverAll();
  CHECK(world.intercom.calls.size() == 3);
  CHECK(world.Count(AssignmentState::kDone) == 250);
}

TEST_CASE("the bad id of a batch is set aside, the rest is done", "[tagging_delivery]") {
  World world;
  world.intercom.unknown_status = GENERATE(400, 404);
  world.Connect();
  world.MatchMany(100);
  world.intercom.targets[SubjectKind::kUser].erase("c37");
  world.Take(WishesOf(100, "vip"));
  world.DeliverAll();
  CHECK(world.intercom.With("vip").size() == 99);
  CHECK(world.Count(AssignmentState::kDone) == 99);
  CHECK(world.Count(AssignmentState::kFailed) == 1);
  const auto problems = world.database->Transact([&](postgres::Transaction& tx) {
    return tagging::Assignments::Problems(tx, core::ProductId(World::kProduct));
  });
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].reason_class == "target_gone");
  CHECK(problems[0].reason == std::to_string(world.intercom.unknown_status) + ": User Not Found");
  CHECK(problems[0].examples == std::vector{World::User("u37")});

  // Another contact takes its place.
  world.Match(World::User("u37"), "c37b");
  world.DeliverAll();
  CHECK(world.Count(AssignmentState::kDone) == 100);
  CHECK(world.intercom.With("vip").size() == 100);
}

TEST_CASE("a problem is tried again when somebody asks for it", "[tagging_delivery]") {
  World world;
  world.Connect();
  world.MatchMany(3);
  world.intercom.targets[SubjectKind::kUser].erase("c1");
  world.Take(WishesOf(3, "vip"));
  world.DeliverAll();
  const auto retry = [&](const std::string& key) {
    return world.database->Transact([&](postgres::Transaction& tx) {
      return tagging::Assignments::Retry(tx, core::ProductId(World::kProduct), key);
    });
  };
  const auto problems = world.database->Transact([&](postgres::Transaction& tx) {
    return tagging::Assignments::Problems(tx, core::ProductId(World::kProduct));
  });
  REQUIRE(problems.size() == 1);
  CHECK_FALSE(retry("target_gone:0"));
  CHECK(retry(problems[0].key) == 1);
  world.intercom.targets[SubjectKind::kUser].insert("c1");
  world.DeliverAll();
  CHECK(world.Count(AssignmentState::kDone) == 3);
  CHECK_FALSE(retry(problems[0].key));
}

TEST_CASE("a tag that Intercom refuses fails as a whole", "[tagging_delivery]") {
  World world;
  world.Connect();
  world.MatchMany(100);
  world.intercom.refused_tags = {"no!"};
  world.Take(WishesOf(100, "no!"));
  world.DeliverAll();
  CHECK(world.intercom.calls.size() + static_cast<std::size_t>(world.intercom.probes) == 2);
  CHECK(world.Count(AssignmentState::kFailed) == 100);
  CHECK(world.Reason() == "400: invalid tag");
}

TEST_CASE("a failing batch comes again together after a pause", "[tagging_delivery]") {
  World world;
  world.Connect();
  world.MatchMany(100);
  world.intercom.before_call = [](const auto&) {
    return FakeTagging::MakeFailure(Failure::Kind::kServer, 503);
  };
  world.Take(WishesOf(100, "vip"));
  CHECK(world.Round().trouble);
  CHECK(world.Round().claimed == 0);
  CHECK(world.Count(AssignmentState::kDue) == 100);
  world.intercom.before_call = nullptr;
  world.PassTime();
  world.DeliverAll();
  CHECK(world.intercom.calls.size() == 1);
  CHECK(world.Count(AssignmentState::kDone) == 100);
}

TEST_CASE("after a 429 and without budget what was claimed is released", "[tagging_delivery]") {
  World world;
  world.Connect();
  world.MatchMany(10);
  world.Take(WishesOf(10, "vip"));
  SECTION("429") {
    world.intercom.before_call = [](const auto&) {
      return FakeTagging::MakeFailure(Failure::Kind::kThrottled, 429);
    };
  }
  SECTION("budget") { world.intercom.allowance = 0; }
  CHECK(world.Round().rest > std::chrono::milliseconds(0));
  CHECK(world.intercom.calls.empty());
  CHECK(world.postgres.Number("SELECT count(*) FROM delivery WHERE claim IS NULL AND attempt = 0 "
                              "AND due_at <= now()") == 10);
  world.intercom.before_call = nullptr;
  world.intercom.allowance = 100;
  world.DeliverAll();
  CHECK(world.Count(AssignmentState::kDone) == 10);
}

TEST_CASE("a dead token is reported, and the product rests until it is connected again",
          "[tagging_delivery]") {
  World world;
  world.Connect();
  world.MatchMany(10);
  world.Take(WishesOf(10, "vip"));
  world.intercom.before_call = [](const auto&) {
    return FakeTagging::MakeFailure(Failure::Kind::kUnauthorized, 401);
  };
  CHECK(world.Round().shut_out == std::vector{core::ProductId(World::kProduct)});
  CHECK(world.intercom.unauthorized_reports == 1);
  world.Connect(World::kProduct, events::v1::DISCONNECTED);
  CHECK(world.store.FindRipe(100).empty());
  world.intercom.before_call = nullptr;
  world.Connect();
  world.DeliverAll();
  CHECK(world.Count(AssignmentState::kDone) == 10);
}

TEST_CASE("what a dead worker had is carried out by another", "[tagging_delivery]") {
  World world;
  world.Connect();
  world.MatchMany(150);
  world.Take(WishesOf(150, "vip"));
  // It dies after its calls, before their answers are written.
  const auto claim =
      world.store.Claim(core::WorkspaceId("ws1"), world.store.FindRipe(100),
                        {core::ProductId(World::kProduct)}, 100, 8, std::chrono::seconds(60));
  REQUIRE(claim.batches.size() == 2);
  CHECK(world.Round().claimed == 0);
  world.PassTime();
  world.DeliverAll();
  CHECK(world.Count(AssignmentState::kDone) == 150);
  CHECK(world.Facts() == 150);
  // Its answer comes late and changes nothing.
  std::vector<tagging::TagResult> results;
  for (const auto& tag : claim.batches[0].tags) results.push_back({&tag, tagging::TagEnd::kDone});
  CHECK(world.store.Complete(claim.token, claim.batches[0].group, results) == 100);
  CHECK(world.Facts() == 150);
}

TEST_CASE("of add and remove the newest wins, also while a call is under way",
          "[tagging_delivery]") {
  World world;
  world.Connect();
  world.Match(World::User("u1"), "c1");
  world.Take({World::ByHand(World::User("u1"), "vip")});
  world.intercom.before_call = [&](const FakeTagging::Call& call) -> std::optional<Failure> {
    if (!call.untag) world.Take({World::ByHand(World::User("u1"), "vip", true)});
    return std::nullopt;
  };
  CHECK(world.Round().claimed == 1);
  CHECK(world.States() == Texts{"done", "due"});
  world.DeliverAll();
  CHECK(world.intercom.With("vip").empty());
  CHECK(world.States() == Texts{"done", "done"});
  // Both are facts, and the newer has the higher version.
  CHECK(world.Facts() == 2);
  CHECK(world.intercom.calls.size() == 2);
}

TEST_CASE("by hand goes before rules, with its own priority", "[tagging_delivery]") {
  World world;
  world.Connect();
  world.MatchMany(900);
  world.Match(World::User("boss"), "boss");
  world.Take(WishesOf(900, "vip"));
  world.Take({World::ByHand(World::User("boss"), "vip")});
  CHECK(world.Round().claimed == 800);
  const auto with = world.intercom.With("vip");
  CHECK(std::find(with.begin(), with.end(), "boss") != with.end());
  CHECK(world.intercom.leased[connections::v1::INTERACTIVE] >= 1);
  CHECK(world.intercom.leased[connections::v1::AUTOMATION] >= 7);
}

TEST_CASE("a contact of two products is in a call once", "[tagging_delivery]") {
  World world;
  world.Connect();
  world.Connect(8);
  world.Match(World::User("u1"), "c1");
  world.Match(World::User("x1", 8), "c1");
  world.Take(
      {World::ByRule(1, World::User("u1"), "vip"), World::ByRule(9, World::User("x1", 8), "VIP")});
  world.DeliverAll();
  REQUIRE(world.intercom.calls.size() == 1);
  CHECK(world.intercom.calls[0].ids == Texts{"c1"});
  CHECK(world.States() == Texts{"done", "done"});
  CHECK(world.Facts() == 2);
}

TEST_CASE("dispatchers bring what is due by themselves, and end when they are stopped",
          "[tagging_delivery]") {
  World world(std::chrono::milliseconds(100));
  world.Connect();
  world.MatchMany(1'000);
  tagging::Dispatcher first(world.tools);
  tagging::Dispatcher second(world.tools);
  first.Start();
  second.Start();
  std::atomic<int> calls{0};
  world.intercom.before_call = [&](const auto&) -> std::optional<Failure> {
    if (++calls % 5 != 0) return std::nullopt;
    return FakeTagging::MakeFailure(Failure::Kind::kServer, 500);
  };
  world.Take(WishesOf(1'000, "vip"));
  REQUIRE(WaitUntil([&] { return world.Count(AssignmentState::kDone) == 1'000; }));
  first.Stop();
  second.Stop();
  const auto times = TimesTagged(world.intercom);
  CHECK(times.size() == 1'000);
  CHECK(std::all_of(times.begin(), times.end(), [](const auto& one) { return one.second == 1; }));
}

}  // namespace accoil::test
