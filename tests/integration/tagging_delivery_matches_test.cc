#include "tests/catch.h"
#include "tests/integration/tagging_delivery_world.h"

namespace accoil::test {
namespace {

using World = TaggingWorld;
using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("who is not matched waits with the reason, and is tagged on matching",
          "[tagging_delivery]") {
  World world;
  world.Connect();
  world.Match(World::User("u1"), "");
  world.Take(
      {World::ByRule(1, World::User("u1"), "vip"), World::ByRule(1, World::User("u2"), "vip")});
  CHECK(world.States() == Texts{"waiting", "waiting"});
  CHECK(world.postgres.Texts("SELECT reason FROM assignment ORDER BY 1") ==
        Texts{"no contact has this email", "not matched yet"});
  world.DeliverAll();
  CHECK(world.intercom.calls.empty());
  world.Match(World::User("u1"), "c1");
  world.Match(World::User("u2"), "c2");
  CHECK(world.States() == Texts{"due", "due"});
  world.DeliverAll();
  CHECK(world.intercom.With("vip") == Texts{"c1", "c2"});
}

TEST_CASE("a lost match lets what is due wait, a moved one takes it along", "[tagging_delivery]") {
  World world;
  world.Connect();
  world.Match(World::User("u1"), "c1");
  world.Take({World::ByRule(1, World::User("u1"), "vip")});
  world.Match(World::User("u1"), "");
  CHECK(world.States() == Texts{"waiting"});
  world.DeliverAll();
  CHECK(world.intercom.calls.empty());
  world.Match(World::User("u1"), "c2");
  world.Match(World::User("u1"), "c3");
  world.DeliverAll();
  CHECK(world.intercom.With("vip") == Texts{"c3"});
}

TEST_CASE("a match that is older than the known one changes nothing", "[tagging_delivery]") {
  World world;
  world.Connect();
  auto late = world.Matched(World::User("u1"), "c-old");
  world.Match(World::User("u1"), "c1");
  world.Apply(late);
  world.Take({World::ByRule(1, World::User("u1"), "vip")});
  world.DeliverAll();
  CHECK(world.intercom.With("vip") == Texts{"c1"});
}

TEST_CASE("a user's company tag goes to the companies of all their accounts",
          "[tagging_delivery]") {
  World world;
  world.Connect();
  world.Identify(World::User("u1"), {"a1", "a2"});
  world.Match(World::Account("a1"), "co1");
  const auto wish = World::ByRule(1, World::User("u1"), "vip", false, TagTarget::kCompany);
  world.Take({wish});
  CHECK(world.States() == Texts{"due", "waiting"});
  world.DeliverAll();
  CHECK(world.intercom.With("vip", SubjectKind::kAccount) == Texts{"co1"});
  world.Match(World::Account("a2"), "co2");
  world.DeliverAll();
  CHECK(world.intercom.With("vip", SubjectKind::kAccount) == Texts{"co1", "co2"});
  CHECK(world.postgres.Texts("SELECT key FROM outbox ORDER BY key") ==
        Texts{"7/account/a1/vip", "7/account/a2/vip"});
  // Both explain the user as well as the account.
  const auto of = [&](const Subject& subject) {
    return world.database->Transact([&](postgres::Transaction& tx) {
      return tagging::Assignments::OfSubject(tx, subject, 50).size();
    });
  };
  CHECK(of(World::User("u1")) == 2);
  CHECK(of(World::Account("a1")) == 1);
}

TEST_CASE("an account's tag on users goes to the contacts of all its users", "[tagging_delivery]") {
  World world;
  world.Connect();
  world.Identify(World::User("u1"), {"a1"});
  world.Identify(World::User("u2"), {"a1", "a2"});
  world.Identify(World::User("u3"), {"a2"});
  for (const char* id : {"1", "2", "3"}) {
    world.Match(World::User(std::string("u") + id), std::string("c") + id);
  }
  world.Take({World::ByRule(1, World::Account("a1"), "vip")});
  world.DeliverAll();
  CHECK(world.intercom.With("vip") == Texts{"c1", "c2"});
}

TEST_CASE("what waits for an account or a user to be known goes on when it is",
          "[tagging_delivery]") {
  World world;
  world.Connect();
  world.Match(World::Account("a1"), "co1");
  world.Match(World::User("u2"), "c2");
  world.Identify(World::User("u1"));
  world.Take({World::ByRule(1, World::User("u1"), "vip", false, TagTarget::kCompany),
              World::ByRule(1, World::Account("a2"), "vip")});
  CHECK(world.States() == Texts{"waiting", "waiting"});
  CHECK(world.postgres.Texts("SELECT reason FROM assignment ORDER BY 1") ==
        Texts{"no account of the user is known", "no user of the account is known"});
  world.Identify(World::User("u1"), {"a1"});
  world.Identify(World::User("u2"), {"a2"});
  world.DeliverAll();
  CHECK(world.intercom.With("vip", SubjectKind::kAccount) == Texts{"co1"});
  CHECK(world.intercom.With("vip") == Texts{"c2"});
  CHECK(world.Count(AssignmentState::kDone) == 2);
}

TEST_CASE("what waits for who is removed ends", "[tagging_delivery]") {
  World world;
  world.Connect();
  world.Identify(World::User("u1"));
  world.Take({World::ByRule(1, World::User("u1"), "vip"),
              World::ByRule(1, World::User("u1"), "vip", false, TagTarget::kCompany)});
  world.Identify(World::User("u1"), {}, true);
  CHECK(world.States() == Texts{"expired", "expired"});
  CHECK(world.Reason() == "removed from the product");
  // Also one that is due, once the match is gone with its user.
  world.Identify(World::User("u2"));
  world.Match(World::User("u2"), "c2");
  world.Take({World::ByRule(1, World::User("u2"), "vip")});
  world.Identify(World::User("u2"), {}, true);
  CHECK(world.States().back() == "due");
  world.Match(World::User("u2"), "");
  CHECK(world.States().back() == "expired");
  world.DeliverAll();
  CHECK(world.intercom.calls.empty());
}

TEST_CASE("what waits too long expires", "[tagging_delivery]") {
  World world;
  world.Connect();
  world.Take({World::ByRule(1, World::User("u1"), "vip"),
              World::ByRule(1, World::User("u2"), "vip", false, TagTarget::kCompany)});
  CHECK(world.store.ExpireWaiting(std::chrono::hours(1), 100) == 0);
  world.postgres.Run("UPDATE assignment SET requested_at = now() - interval '2 hours'");
  CHECK(world.store.ExpireWaiting(std::chrono::hours(1), 100) == 2);
  CHECK(world.States() == Texts{"expired", "expired"});
  CHECK(world.Reason() == "waited too long: no account of the user is known");
  world.Match(World::User("u1"), "c1");
  world.DeliverAll();
  CHECK(world.intercom.calls.empty());
}

TEST_CASE("the directory tells who appeared and who changed, once each", "[tagging_delivery]") {
  World world;
  world.Connect();
  // A match may come first.
  world.Match(World::User("u1"), "c1");
  CHECK(world.Identify(World::User("u1")).appeared == std::vector{World::User("u1")});
  const auto same = world.Identify(World::User("u1"));
  CHECK(same.appeared.empty());
  CHECK(same.changed.empty());
  CHECK(world.Identify(World::User("u1"), {"a1"}).changed == std::vector{World::User("u1")});
  const auto removed = world.Identify(World::User("u1"), {}, true);
  CHECK(removed.removed == std::vector{World::User("u1")});
  CHECK(world.Identify(World::User("u1")).appeared.empty());
}

TEST_CASE("the old audit is forgotten, what is open stays", "[tagging_delivery]") {
  World world;
  world.Connect();
  world.Match(World::User("u1"), "c1");
  for (int i = 0; i < 5; ++i) {
    world.Take({World::ByRule(1, World::User("u1"), "vip")});
    world.DeliverAll();
  }
  world.Take({World::ByRule(1, World::User("u2"), "vip")});
  world.postgres.Run(
      "UPDATE assignment SET requested_at = now() - interval '2 hours', "
      "ended_at = ended_at - interval '2 hours'");
  world.Take({World::ByRule(1, World::User("u3"), "vip")});
  std::int64_t after = 0;
  int slices = 0;
  while (const auto next = world.store.ForgetOld(std::chrono::hours(1), after, 2)) {
    after = *next;
    ++slices;
  }
  CHECK(slices == 3);
  CHECK(world.States() == Texts{"waiting", "waiting"});
}

}  // namespace accoil::test
