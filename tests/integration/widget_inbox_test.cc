#include "services/widget/list_keeper.h"
#include "tests/catch.h"
#include "tests/integration/widget_bed.h"

namespace accoil::test {
namespace {

using events::v1::ACCOUNT;
using events::v1::SegmentEntered;
using events::v1::SegmentExited;
using events::v1::USER;
using widget::Situation;
using widget::Tab;

bool Has(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

TEST_CASE("what events told of a user and the account is beside the conversation") {
  WidgetBed bed;
  bed.Begin();
  bed.Segment<SegmentEntered>(bed.Subject(USER, "ada"), "Red Hot");
  CHECK(Has(bed.Canvas("c1"), "Acme Inc"));
  CHECK(Has(bed.Canvas("c1"), "40 · Passive"));
  const auto user = bed.Canvas("c1", Tab::kUser);
  CHECK(Has(user, "Ada Lovelace"));
  CHECK(Has(user, "71 · Slightly Engaged"));
  CHECK(Has(user, "Red Hot"));
  CHECK(Has(bed.Canvas("c1", Tab::kInfo), "How engaged."));
}

TEST_CASE("only what is newer counts, and what is withdrawn is not shown") {
  WidgetBed bed;
  bed.Begin();
  const auto ada = bed.Subject(USER, "ada");
  bed.Score(ada, 80, "trial", 1'000);
  bed.Score(ada, 20, "trial", 999);
  CHECK(Has(bed.Canvas("c1", Tab::kUser), "80 · Most Engaged"));
  bed.Score(ada, std::nullopt, "trial", 1'001);
  CHECK(Has(bed.Canvas("c1", Tab::kUser), "No data on this user"));
  bed.Identify(ada, "", {}, true);
  CHECK(Has(bed.Canvas("c1"), "not known in Accoil"));
}

TEST_CASE("what changed this week is told, the value a week ago beside today's") {
  WidgetBed bed;
  bed.Begin();
  const auto acme = bed.Subject(ACCOUNT, "acme");
  bed.clock.Advance(std::chrono::hours(24 * 10));
  CHECK(Has(bed.Canvas("c1"), "Nothing changed."));
  bed.Score(acme, 45);
  bed.Score(acme, 52);
  bed.Segment<SegmentEntered>(acme, "Red Hot");
  bed.clock.Advance(std::chrono::hours(24 * 3));
  bed.Score(acme, 55);
  auto canvas = bed.Canvas("c1");
  CHECK(Has(canvas, "40 · Passive → 55 · Slightly Engaged"));
  CHECK(Has(canvas, "Entered Red Hot"));
  bed.Segment<SegmentExited>(acme, "Red Hot");
  CHECK(Has(bed.Canvas("c1"), "Left Red Hot"));
  // Eight days after the first change, it is the second that counts.
  bed.clock.Advance(std::chrono::hours(24 * 5));
  canvas = bed.Canvas("c1");
  CHECK(Has(canvas, "52 · Slightly Engaged → 55 · Slightly Engaged"));
  bed.clock.Advance(std::chrono::hours(24 * 8));
  CHECK(Has(bed.Canvas("c1"), "Nothing changed."));
}

TEST_CASE("of entering and leaving the newer counts, in whatever order they come") {
  WidgetBed bed;
  bed.Begin();
  const auto ada = bed.Subject(USER, "ada");
  const auto tell = [&]<typename Message>(Message event, std::int64_t version) {
    *event.mutable_subject() = ada;
    event.set_profile_id("trial");
    event.set_segment("Red Hot");
    event.set_version(version);
    events::SetTime(bed.clock.Now(), *event.mutable_occurred_at());
    return events::Received<Message>{event, events::KeyOf(event), "", bed.clock.Now()};
  };
  events::Batch both;
  both.Add(tell(SegmentExited(), 2'002));
  both.Add(tell(SegmentEntered(), 2'001));
  both.Seal();
  bed.Apply(both);
  CHECK_FALSE(Has(bed.Canvas("c1", Tab::kUser), "Red Hot"));
  events::Batch late;
  late.Add(tell(SegmentEntered(), 2'000));
  late.Seal();
  bed.Apply(late);
  CHECK_FALSE(Has(bed.Canvas("c1", Tab::kUser), "Red Hot"));
  events::Batch again;
  again.Add(tell(SegmentEntered(), 2'003));
  again.Seal();
  bed.Apply(again);
  CHECK(Has(bed.Canvas("c1", Tab::kUser), "Red Hot"));
}

TEST_CASE("a day of a trait's history begins at midnight, UTC") {
  WidgetBed bed;
  bed.Begin();
  const auto acme = bed.Subject(ACCOUNT, "acme");
  bed.clock.Advance(std::chrono::hours(24 * 10 + 1));
  bed.Score(acme, 50);
  bed.clock.Advance(std::chrono::hours(22));
  bed.Score(acme, 60);
  CHECK(bed.postgres().Text("SELECT jsonb_array_length(history)::text FROM trait "
                            "WHERE subject_id = 'acme'") == "1");
  bed.clock.Advance(std::chrono::hours(1));
  bed.Score(acme, 70);
  CHECK(bed.postgres().Text("SELECT history -> 0 ->> 1 FROM trait WHERE subject_id = 'acme'") ==
        "40");
  CHECK(bed.postgres().Text("SELECT history -> 1 ->> 1 FROM trait WHERE subject_id = 'acme'") ==
        "60");
}

TEST_CASE("nobody sees another customer's data, whatever the request names") {
  WidgetBed bed;
  bed.Begin();
  // Another workspace has a contact of the same id, and a product with a profile of the same id.
  bed.Connect(8, "ws-2");
  bed.Profile("trial", "Secret Profile", true, events::v1::ALL_TRAITS, 8);
  bed.Identify(bed.Subject(USER, "eve", 8), "Eve", {"evil"});
  bed.Match(bed.Subject(USER, "eve", 8), "c1", "ws-2");
  bed.Score(bed.Subject(USER, "eve", 8), 99);
  for (const auto tab : {Tab::kSummary, Tab::kAccount, Tab::kUser, Tab::kInfo}) {
    const auto ours = bed.Canvas("c1", tab);
    CHECK_FALSE(Has(ours, "Eve"));
    CHECK_FALSE(Has(ours, "Secret"));
    CHECK_FALSE(Has(bed.Canvas("c1", tab, "ws-2"), "Ada"));
  }
  // A choice of the other product's profile is not taken.
  const widget::ProfileKey theirs{core::ProductId(8), core::ProfileId("trial")};
  const auto inbox = bed.Load({core::WorkspaceId("ws-1"), core::ContactId("c1"), false, {}, "", {}},
                              {Tab::kUser, theirs, 0, 0});
  REQUIRE(inbox.shown);
  CHECK(inbox.shown->product.value() == WidgetBed::kProduct);
}

TEST_CASE("products that share a workspace are both offered, each with its own data") {
  WidgetBed bed;
  bed.Begin();
  bed.Connect(7, "ws-1", events::v1::CONNECTED, "Seventh");
  bed.Connect(8, "ws-1");
  bed.Profile("trial", "Other Trial", false, events::v1::ALL_TRAITS, 8);
  bed.Identify(bed.Subject(USER, "ada-8", 8), "Ada of 8");
  bed.Match(bed.Subject(USER, "ada-8", 8), "c1");
  bed.Score(bed.Subject(USER, "ada-8", 8), 12);
  const widget::Look look{core::WorkspaceId("ws-1"), core::ContactId("c1"), false, {}, "", {}};
  auto inbox = bed.Load(look);
  CHECK(inbox.profiles.size() == 2);
  CHECK(inbox.user->name == "Ada Lovelace");
  // A product that was connected before its name was told has its number instead.
  CHECK(inbox.products.at(core::ProductId(7)) == "Seventh");
  CHECK(inbox.products.at(core::ProductId(8)) == "Product 8");
  inbox = bed.Load(
      look, {Tab::kUser, widget::ProfileKey{core::ProductId(8), core::ProfileId("trial")}, 0, 0});
  CHECK(inbox.user->name == "Ada of 8");
}

TEST_CASE("where there is nothing to show it is known why") {
  WidgetBed bed;
  const widget::Look look{core::WorkspaceId("ws-1"), core::ContactId("c1"), false, {}, "", {}};
  CHECK(bed.Load(look).situation == Situation::kNotConnected);
  bed.Connect();
  CHECK(bed.Load(look).situation == Situation::kUnknownContact);
  auto lead = look;
  lead.lead = true;
  CHECK(bed.Load(lead).situation == Situation::kLead);
  bed.Identify(bed.Subject(USER, "ada"), "Ada");
  bed.Match(bed.Subject(USER, "ada"), "c1");
  CHECK(Has(bed.Canvas("c1"), "No profile is set up yet"));
  bed.Match(bed.Subject(USER, "ada"), "");
  CHECK(bed.Load(look).situation == Situation::kUnknownContact);
  bed.Connect(WidgetBed::kProduct, "ws-1", events::v1::DISCONNECTED);
  CHECK(bed.Load(look).situation == Situation::kDisconnected);
}

TEST_CASE("the account of the conversation's company comes first, the others by name") {
  WidgetBed bed;
  bed.Begin();
  bed.Identify(bed.Subject(ACCOUNT, "zeta"), "Zeta");
  bed.Identify(bed.Subject(ACCOUNT, "beta"), "Beta");
  bed.Identify(bed.Subject(USER, "ada"), "Ada", {"acme", "zeta", "beta", "unheard"});
  bed.Match(bed.Subject(ACCOUNT, "zeta"), "co-z");
  const auto inbox = bed.Load(
      {core::WorkspaceId("ws-1"), core::ContactId("c1"), false, {core::CompanyId("co-z")}, ""});
  std::vector<std::string> names;
  for (const auto& account : inbox.accounts) {
    names.push_back(account.name.empty() ? account.id.value() : account.name);
  }
  CHECK(names == std::vector<std::string>{"Zeta", "Acme Inc", "Beta", "unheard"});
}

TEST_CASE("a choice is kept for each teammate and workspace, whoever renders next") {
  WidgetBed bed;
  const core::WorkspaceId workspace("ws-1");
  const widget::Choice choice{
      Tab::kUser, widget::ProfileKey{core::ProductId(7), core::ProfileId("trial")}, 3, 2};
  bed.Connect();
  bed.Connect(8, "ws-2");
  bed.choices.Remember({workspace, "anna"}, {});
  bed.choices.Remember({workspace, "anna"}, choice);
  CHECK(bed.Kept("anna", "ws-1").tab == Tab::kUser);
  CHECK(bed.postgres().Number("SELECT count(*) FROM choice") == 0);

  bed.choices.Tell();
  widget::ChoiceKeeper others(bed.database(), bed.postgres().telemetry().logger());
  const widget::InboxReader reader(bed.database(), bed.cache, others, bed.metrics);
  const auto kept = [&](const std::string& admin, const std::string& in) {
    const widget::Look look{core::WorkspaceId(in), core::ContactId("c1"), false, {}, admin, {}};
    return reader.Read({&look, 1}, bed.clock.Now()).at(0).choice;
  };
  CHECK(kept("anna", "ws-1").tab == Tab::kUser);
  CHECK(kept("anna", "ws-1").profile == choice.profile);
  CHECK(kept("anna", "ws-1").account == 0);
  CHECK(kept("bert", "ws-1") == widget::Choice());
  CHECK(kept("anna", "ws-2") == widget::Choice());
}

TEST_CASE("choices wait for a database that is away, the newest of each teammate") {
  WidgetBed bed;
  const widget::TeammateKey anna{core::WorkspaceId("ws-1"), "anna"};
  bed.postgres().GoAway();
  bed.choices.Remember(anna, {Tab::kUser, {}, 0, 0});
  CHECK_THROWS_AS(bed.choices.Tell(), core::Unavailable);
  bed.choices.Remember(anna, {Tab::kInfo, {}, 0, 0});
  CHECK(bed.choices.Find(anna)->tab == Tab::kInfo);
  bed.postgres().ComeBack();
  bed.choices.Tell();
  CHECK(bed.postgres().Text("SELECT choice ->> 'tab' FROM (SELECT choice::jsonb FROM choice) c") ==
        "info");
}

TEST_CASE("a rebuild tells everything again while the old rows serve, and drops what is not told") {
  WidgetBed bed;
  bed.Begin();
  bed.Identify(bed.Subject(USER, "ghost"), "Ghost");
  bed.postgres().Run(
      "INSERT INTO consumer_offset (consumer_group, topic, partition, next_offset) "
      "VALUES ('widget', 'trait-changed', 0, 10)");
  widget::Rebuild rebuild(bed.database());
  rebuild.Begin();
  CHECK(rebuild.Look().under_way);
  CHECK(rebuild.Look().left == 10);
  CHECK_FALSE(rebuild.Sweep());
  CHECK(Has(bed.Canvas("c1"), "Acme Inc"));

  // The same facts again, with the versions that they had: all but the ghost's.
  const auto retell = [&](const std::string& table) {
    bed.postgres().Run("UPDATE " + table + " SET epoch = 2 WHERE version > 0");
  };
  for (const auto* table : {"connection", "profile", "trait", "match"}) retell(table);
  bed.postgres().Run("UPDATE subject SET epoch = 2 WHERE subject_id <> 'ghost'");
  bed.postgres().Run(
      "INSERT INTO consumer_offset (consumer_group, topic, partition, next_offset) "
      "VALUES ('widget', 'trait-changed', 0, 10)");
  while (rebuild.Sweep()) {
  }
  // Lists follow at last.
  CHECK(rebuild.Look().under_way);
  widget::Metrics metrics(bed.postgres().telemetry());
  widget::ListKeeper keeper(bed.database(), metrics, bed.postgres().telemetry().logger());
  keeper.Follow();
  CHECK(rebuild.Sweep());
  CHECK_FALSE(rebuild.Look().under_way);
  CHECK(bed.postgres().Number("SELECT count(*) FROM subject") == 2);
  CHECK(Has(bed.Canvas("c1"), "Acme Inc"));
}

TEST_CASE("a fact that is told again in a new epoch is taken over though its version is the same") {
  WidgetBed bed;
  bed.Begin();
  const auto ada = bed.Subject(USER, "ada");
  bed.Score(ada, 50, "trial", 500);
  widget::Rebuild(bed.database()).Begin();
  bed.Score(ada, 50, "trial", 500);
  CHECK(bed.postgres().Number("SELECT epoch FROM trait WHERE subject_id = 'ada'") == 2);
  bed.Score(ada, 49, "trial", 499);
  CHECK(Has(bed.Canvas("c1", Tab::kUser), "50 · "));
}

}  // namespace
}  // namespace accoil::test
