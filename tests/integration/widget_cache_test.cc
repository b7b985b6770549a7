#include <thread>

#include "services/widget/cache_keeper.h"
#include "tests/integration/widget_bed.h"

namespace accoil::test {
namespace {

using namespace std::chrono_literals;
using events::v1::USER;
using widget::Tab;

/// A replica that keeps facts in memory, beside the bed, which applies what happens.
class Replica {
 public:
  explicit Replica(WidgetBed& bed, std::size_t bytes = 16 << 20)
      : bed_(bed),
        database_(bed.postgres().Open({events::Migrations(), widget::Migrations()})),
        cache(bytes) {
    keeper_.Start();
    choices.Start();
  }
  ~Replica() {
    choices.Stop();
    keeper_.Stop();
  }

  std::string Canvas(const std::string& contact, const std::string& workspace = "ws-1") {
    const widget::Look look{
        core::WorkspaceId(workspace),        core::ContactId(contact), false, {}, "",
        widget::Choice{Tab::kUser, {}, 0, 0}};
    const auto seen = inbox_.Read({&look, 1}, bed_.clock.Now());
    return widget::RenderCanvas(seen.at(0).inbox, seen.at(0).choice, {}, bed_.clock.Now());
  }
  widget::Choice Chosen(const std::string& admin) {
    const widget::Look look{core::WorkspaceId("ws-1"), core::ContactId("c1"), false, {}, admin, {}};
    return inbox_.Read({&look, 1}, bed_.clock.Now()).at(0).choice;
  }

  bool Shows(const std::string& contact, const std::string& words) {
    return Canvas(contact).find(words) != std::string::npos;
  }
  /// Changes are heard of some milliseconds after their commit.
  void Await(const std::function<bool()>& what) {
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (!what()) {
      REQUIRE(std::chrono::steady_clock::now() < until);
      std::this_thread::sleep_for(1ms);
    }
  }
  void AwaitShown(const std::string& contact, const std::string& words) {
    Await([&] { return Shows(contact, words); });
  }
  /// Until a canvas of the contact needs no database.
  void AwaitKept(const std::string& contact) {
    Await([&] { return cache.Begin().has_value(); });
    Await([&] {
      Canvas(contact);
      const auto before = Loaded();
      Canvas(contact);
      return Loaded() == before;
    });
  }
  /// How many facts had to be loaded so far.
  double Loaded() {
    const auto exposed = bed_.postgres().telemetry().metrics().Expose();
    double loaded = 0;
    for (const auto* source : {"loaded", "bypassed"}) {
      const auto name = std::string(R"(accoil_widget_facts_read_total{source=")") + source + "\"} ";
      const auto at = exposed.find("\n" + name);
      if (at != std::string::npos) loaded += std::stod(exposed.substr(at + 1 + name.size()));
    }
    return loaded;
  }

 private:
  WidgetBed& bed_;
  std::unique_ptr<postgres::Database> database_;

 public:
  widget::FactCache cache;
  widget::ChoiceKeeper choices{*database_, bed_.postgres().telemetry().logger()};

 private:
  widget::CacheKeeper keeper_{bed_.postgres().config(), cache, bed_.metrics,
                              bed_.postgres().telemetry().logger()};
  widget::InboxReader inbox_{*database_, cache, choices, bed_.metrics};
};

TEST_CASE("what was read once needs no database until it changes, whatever replica changes it") {
  WidgetBed bed;
  bed.Begin();
  Replica replica(bed);
  replica.AwaitKept("c1");
  const auto ada = bed.Subject(USER, "ada");
  CHECK(replica.Shows("c1", "71 · "));

  bed.Score(ada, 12);
  replica.AwaitShown("c1", "12 · ");
  bed.Segment<events::v1::SegmentEntered>(ada, "Champions");
  replica.AwaitShown("c1", "Champions");
  bed.Identify(ada, "Countess Lovelace", {"acme"});
  replica.AwaitShown("c1", "Countess Lovelace");
  bed.Profile("trial", "Renamed", true);
  replica.AwaitShown("c1", "Renamed");
  replica.AwaitKept("c1");
}

TEST_CASE(
    "a contact that goes over to another user is shown as that one, and nobody's when unmatched") {
  WidgetBed bed;
  bed.Begin();
  bed.Identify(bed.Subject(USER, "bea"), "Bea");
  bed.Score(bed.Subject(USER, "bea"), 55);
  Replica replica(bed);
  replica.AwaitKept("c1");
  CHECK_FALSE(replica.Shows("c2", "Ada"));
  replica.AwaitKept("c2");

  // Ada has become another contact; Bea is whom the first one is now.
  bed.Match(bed.Subject(USER, "ada"), "c2");
  replica.AwaitShown("c2", "Ada Lovelace");
  CHECK_FALSE(replica.Shows("c1", "Ada Lovelace"));
  bed.Match(bed.Subject(USER, "bea"), "c1");
  replica.AwaitShown("c1", "Bea");
  bed.Match(bed.Subject(USER, "bea"), "");
  replica.Await([&] { return !replica.Shows("c1", "Bea"); });
}

TEST_CASE("a product that is disconnected, or moves to another workspace, is seen there no more") {
  WidgetBed bed;
  bed.Begin();
  Replica replica(bed);
  replica.AwaitKept("c1");
  bed.Connect(WidgetBed::kProduct, "ws-2");
  replica.Await([&] { return !replica.Shows("c1", "Ada Lovelace"); });
  bed.Connect(WidgetBed::kProduct, "ws-1");
  replica.AwaitShown("c1", "Ada Lovelace");
  bed.Connect(WidgetBed::kProduct, "ws-1", events::v1::DISCONNECTED);
  replica.Await([&] { return !replica.Shows("c1", "Ada Lovelace"); });
}

TEST_CASE("what a teammate chose in one replica is known in the others") {
  WidgetBed bed;
  bed.Begin();
  Replica first(bed);
  Replica second(bed);
  const widget::TeammateKey anna{core::WorkspaceId("ws-1"), "anna"};
  CHECK(second.Chosen("anna").tab == Tab::kSummary);
  for (const auto tab : {Tab::kUser, Tab::kInfo, Tab::kAccount}) {
    first.choices.Remember(anna, {tab, {}, 0, 0});
    CHECK(first.Chosen("anna").tab == tab);
    second.Await([&] { return second.Chosen("anna").tab == tab; });
  }
}

TEST_CASE(
    "while changes cannot be heard of nothing is kept; PostgreSQL is back, and so is memory") {
  WidgetBed bed;
  bed.Begin();
  Replica replica(bed);
  replica.AwaitKept("c1");
  bed.postgres().GoAway();
  replica.Await([&] { return !replica.cache.Begin(); });
  CHECK(replica.cache.figures().facts == 0);
  CHECK_THROWS_AS(replica.Canvas("c1"), core::Unavailable);
  bed.postgres().ComeBack();
  // Before it hears again it is as true as after.
  bed.Score(bed.Subject(USER, "ada"), 12);
  CHECK(replica.Shows("c1", "12 · "));
  replica.AwaitKept("c1");
  CHECK(replica.Shows("c1", "12 · "));
}

TEST_CASE("the connection that hears is replaced when it alone is lost") {
  WidgetBed bed;
  bed.Begin();
  Replica replica(bed);
  replica.AwaitKept("c1");
  bed.postgres().Run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
      "WHERE usename = current_schema() AND query = 'SELECT 1'");
  bed.Score(bed.Subject(USER, "ada"), 12);
  replica.AwaitShown("c1", "12 · ");
  replica.AwaitKept("c1");
}

TEST_CASE("facts that a rebuild does not tell again go from memory, too") {
  WidgetBed bed;
  bed.Begin();
  Replica replica(bed);
  replica.AwaitKept("c1");
  widget::Rebuild rebuild(bed.database());
  rebuild.Begin();
  CHECK(replica.Shows("c1", "Ada Lovelace"));
  for (const auto* table : {"connection", "profile", "match"}) {
    bed.postgres().Run(std::string("UPDATE ") + table + " SET epoch = 2");
  }
  while (rebuild.Sweep()) {
  }
  replica.Await([&] { return !replica.Shows("c1", "Ada Lovelace"); });
}

TEST_CASE("memory for little keeps little, and shows the same") {
  constexpr std::size_t kBytes = 4'000;
  WidgetBed bed;
  bed.Begin();
  for (int i = 0; i < 50; ++i) {
    const auto id = std::to_string(i);
    bed.Identify(bed.Subject(USER, id), "User " + id);
    bed.Match(bed.Subject(USER, id), "contact-" + id);
    bed.Score(bed.Subject(USER, id), i);
  }
  Replica replica(bed, kBytes);
  replica.Await([&] { return replica.cache.Begin().has_value(); });
  for (int i = 0; i < 100; ++i) {
    const auto id = std::to_string(i % 50);
    CHECK(replica.Shows("contact-" + id, "User " + id));
    CHECK(replica.cache.figures().bytes <= kBytes);
  }
  CHECK(replica.cache.figures().facts > 0);
}

}  // namespace
}  // namespace accoil::test
