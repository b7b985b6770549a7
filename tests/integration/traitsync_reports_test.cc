#include "services/trait-sync/report_answers.h"
#include "services/trait-sync/report_store.h"
#include "tests/catch.h"
#include "tests/integration/traitsync_world.h"

namespace accoil::test {
namespace {

using events::v1::SyncMode;
using traitsync::AttributeChange;
using traitsync::AttributeFate;
using traitsync::Profile;
using traitsync::ReportStore;
using traitsync::Subject;
using traitsync::v1::ExplainSubjectResponse;

constexpr auto kScore = "Accoil_TrialUsers_Score";
constexpr auto kPlan = "Accoil_TrialUsers_Plan";
constexpr auto kRate = "Accoil_TrialUsers_Rate";
constexpr auto kSegments = "Accoil_TrialUsers_Segments";
const core::ProductId kProduct(TraitSyncWorld::kProduct);

ExplainSubjectResponse Explain(TraitSyncWorld& world, const std::string& user,
                               SubjectKind kind = SubjectKind::kUser) {
  ReportStore reports(*world.database);
  ExplainSubjectResponse response;
  traitsync::Answer(reports.FindSubject(kProduct, {kind, core::SubjectId(user)}),
                    world.config.limits, response);
  return response;
}

ExplainSubjectResponse::Attribute AttributeOf(const ExplainSubjectResponse& explained,
                                              const std::string& name) {
  for (const auto& attribute : explained.attributes()) {
    if (attribute.name() == name) return attribute;
  }
  throw std::runtime_error("not explained: " + name);
}

std::function<std::optional<intercom::Failure>(const FakeIntercom::Write&)> Refusing(
    const std::string& attribute) {
  return [attribute](const FakeIntercom::Write& write) -> std::optional<intercom::Failure> {
    if (!write.values.contains(attribute)) return std::nullopt;
    return FakeIntercom::MakeFailure(intercom::Failure::Kind::kRefused, 422, "no such luck");
  };
}

Profile Trial(traitsync::SyncMode mode, const std::string& name = "Trial Users") {
  return {core::ProfileId("trial"),
          name,
          {{"Score", traitsync::TraitType::kInteger, true, false, "What Score means"},
           {"Plan", traitsync::TraitType::kString, true, false, "What Plan means"},
           {"Rate", traitsync::TraitType::kFloat, true, false, "What Rate means"},
           {"LastActive", traitsync::TraitType::kDate, true, false, "What LastActive means"}},
          mode};
}

traitsync::Preview PreviewOf(TraitSyncWorld& world, const Profile& profile, bool removed = false) {
  return ReportStore(*world.database).PreviewProfile(kProduct, profile, removed, 190);
}

AttributeChange ChangeOf(const traitsync::Preview& preview, const std::string& name) {
  for (const auto& change : preview.changes) {
    if (change.name == name) return change;
  }
  throw std::runtime_error("not previewed: " + name);
}

std::int64_t Of(const std::map<SubjectKind, std::int64_t>& counts,
                SubjectKind kind = SubjectKind::kUser) {
  const auto found = counts.find(kind);
  return found == counts.end() ? 0 : found->second;
}

}  // namespace

TEST_CASE("a matched user's attributes are explained with what is wanted and delivered") {
  TraitSyncWorld world;
  world.Begin();
  world.PutProfile("pro", "Pro", {TraitSyncWorld::Trait("Score", events::v1::INTEGER)},
                   events::v1::OFF);
  world.SetTrait("u1", "Score", 5);
  world.SetTrait("u1", "Plan", std::string(300, 'x'));
  world.Enter("u1", "New");
  world.DeliverAll();
  const auto explained = Explain(world, "u1");
  CHECK(explained.known());
  CHECK(explained.connection() == events::v1::CONNECTED);
  CHECK(explained.workspace_id() == "ws1");
  CHECK(explained.target_id() == "c1");
  CHECK(explained.has_called_at());
  CHECK(!explained.has_due_at());
  CHECK(explained.attempts() == 0);
  const auto score = AttributeOf(explained, kScore);
  CHECK(score.state() == "delivered");
  CHECK(score.profile_id() == "trial");
  CHECK(score.trait() == "Score");
  CHECK(score.wanted().number_value() == 5);
  CHECK(score.delivered().number_value() == 5);
  CHECK(score.has_occurred_at());
  const auto plan = AttributeOf(explained, kPlan);
  CHECK(plan.state() == "set_aside");
  CHECK(plan.reason() == "the value is longer than 255 characters");
  CHECK(plan.wanted().string_value() == std::string(255, 'x'));
  CHECK(AttributeOf(explained, kRate).state() == "no_value");
  CHECK(!AttributeOf(explained, kRate).has_wanted());
  CHECK(AttributeOf(explained, kSegments).delivered().string_value() == "New");
  REQUIRE(explained.profiles_size() == 2);
  CHECK(explained.profiles(0).profile_id() == "pro");
  CHECK(explained.profiles(0).sync_mode() == events::v1::OFF);
  CHECK(explained.profiles(0).traits() == 0);
  CHECK(explained.profiles(1).traits() == 2);
  REQUIRE(explained.profiles(1).segments_size() == 1);
  CHECK(explained.profiles(1).segments(0) == "New");
}

TEST_CASE("an explanation says that a change is on its way") {
  TraitSyncWorld world(std::chrono::minutes(1));
  world.Begin();
  world.DeliverAll();
  world.SetTrait("u1", "Score", 5);
  auto explained = Explain(world, "u1");
  CHECK(AttributeOf(explained, kScore).state() == "due");
  CHECK(explained.has_due_at());
  // A failure is told with its words.
  world.PassWindow();
  world.intercom.before_write = [](const auto&) {
    return FakeIntercom::MakeFailure(intercom::Failure::Kind::kServer, 503, "later");
  };
  world.Round(traitsync::Rank::kChange);
  explained = Explain(world, "u1");
  CHECK(AttributeOf(explained, kScore).state() == "due");
  CHECK(explained.attempts() == 1);
  CHECK(explained.last_error() == "503: later");
  CHECK(explained.has_due_at());
}

TEST_CASE("who is not matched, not connected or not known is explained as such") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u2", "Score", 5);
  auto explained = Explain(world, "u2");
  CHECK(explained.known());
  CHECK(explained.target_id().empty());
  CHECK(AttributeOf(explained, kScore).state() == "not_matched");
  CHECK(AttributeOf(explained, kPlan).state() == "no_value");

  explained = Explain(world, "nobody");
  CHECK(!explained.known());
  CHECK(AttributeOf(explained, kScore).state() == "no_value");
  CHECK(Explain(world, "u2", SubjectKind::kAccount).known() == false);

  world.SetTrait("u1", "Score", 5);
  world.DeliverAll();
  world.Connect("ws1", "Accoil", events::v1::DISCONNECTED);
  explained = Explain(world, "u1");
  CHECK(explained.connection() == events::v1::DISCONNECTED);
  CHECK(AttributeOf(explained, kScore).state() == "paused");
  // Another workspace knows nothing of the contact in the old one.
  world.Connect("ws2");
  explained = Explain(world, "u1");
  CHECK(explained.target_id().empty());
  CHECK(AttributeOf(explained, kScore).state() == "not_matched");
}

TEST_CASE("a product without a connection or a profile is explained without fail") {
  TraitSyncWorld world;
  auto explained = Explain(world, "u1");
  CHECK(explained.connection() == events::v1::CONNECTION_STATE_UNSPECIFIED);
  CHECK(explained.attributes_size() == 0);
  world.PutProfile("trial", "Trial Users", {TraitSyncWorld::Trait("Score", events::v1::INTEGER)});
  world.SetTrait("u1", "Score", 5);
  CHECK(AttributeOf(Explain(world, "u1"), kScore).state() == "paused");
}

TEST_CASE("a refused attribute, a refused value and a contact that is gone are explained") {
  TraitSyncWorld world;
  world.Begin();
  world.intercom.Define(kScore, "string");
  world.intercom.before_write = Refusing(kPlan);
  world.SetTrait("u1", "Score", 5);
  world.SetTrait("u1", "Plan", "gold");
  world.DeliverAll();
  auto explained = Explain(world, "u1");
  CHECK(AttributeOf(explained, kScore).state() == "refused");
  CHECK(AttributeOf(explained, kScore).reason() ==
        "Intercom has it as string, the profile as integer; a type cannot be changed");
  CHECK(AttributeOf(explained, kPlan).state() == "set_aside");
  CHECK(AttributeOf(explained, kPlan).reason() == "422: no such luck");
  CHECK(explained.set_aside().empty());

  world.intercom.targets.clear();
  world.SetTrait("u1", "Rate", 0.5);
  world.DeliverAll();
  explained = Explain(world, "u1");
  CHECK(explained.set_aside() == "contact is gone in Intercom");
  CHECK(AttributeOf(explained, kRate).state() == "set_aside");
}

TEST_CASE("switching a profile on is previewed with what would be made and who would be written") {
  TraitSyncWorld world;
  world.Begin();
  world.PutProfile("trial", "Trial Users", {TraitSyncWorld::Trait("Score", events::v1::INTEGER)},
                   events::v1::OFF);
  for (const std::string user : {"u2", "u3", "u4"}) world.Match(user, "c" + user.substr(1));
  world.SetTrait("u1", "Score", 1);
  world.SetTrait("u1", "Plan", "gold");
  world.SetTrait("u2", "Score", 2);
  world.Enter("u3", "New");
  world.Enter("u3", "All");
  world.SetTrait("u4", "Score", 3);
  world.SetTrait("u4", "Score", nullptr);
  world.SetTrait("unmatched", "Score", 4);
  world.DeliverAll();
  const int calls = world.intercom.calls();

  auto preview = PreviewOf(world, Trial(traitsync::SyncMode::kAllTraits));
  CHECK(ChangeOf(preview, kScore).fate == AttributeFate::kCreate);
  CHECK(ChangeOf(preview, kScore).subjects == 2);
  CHECK(ChangeOf(preview, kPlan).subjects == 1);
  CHECK(ChangeOf(preview, kRate).subjects == 0);
  CHECK(ChangeOf(preview, kSegments).subjects == 1);
  CHECK(Of(preview.written) == 3);
  CHECK(Of(preview.losing) == 0);
  CHECK(Of(preview.written, SubjectKind::kAccount) == 0);
  preview = PreviewOf(world, Trial(traitsync::SyncMode::kSegmentsOnly));
  CHECK(Of(preview.written) == 1);
  CHECK(preview.changes.size() == 2);
  // Nothing was done.
  CHECK(world.intercom.calls() == calls);
  CHECK(world.Due() == 0);
}

TEST_CASE("narrowing and renaming a profile are previewed with who would lose what") {
  TraitSyncWorld world;
  // One of the attributes was there before.
  world.intercom.Define(kPlan, "string");
  world.Begin();
  world.Match("u2", "c2");
  world.intercom.targets[{SubjectKind::kUser, "c2"}];
  world.SetTrait("u1", "Score", 1);
  world.SetTrait("u1", "Plan", "gold");
  world.SetTrait("u2", "Plan", "silver");
  world.Enter("u1", "New");
  world.DeliverAll();

  auto preview = PreviewOf(world, Trial(traitsync::SyncMode::kSegmentsOnly));
  CHECK(ChangeOf(preview, kScore).fate == AttributeFate::kArchive);
  CHECK(ChangeOf(preview, kScore).subjects == 1);
  CHECK(ChangeOf(preview, kPlan).fate == AttributeFate::kKeep);
  CHECK(ChangeOf(preview, kPlan).subjects == 2);
  CHECK(preview.changes.size() == 2);
  CHECK(Of(preview.losing) == 1);
  CHECK(Of(preview.written) == 0);

  preview = PreviewOf(world, Trial(traitsync::SyncMode::kAllTraits, "Try Out"));
  CHECK(ChangeOf(preview, kSegments).fate == AttributeFate::kArchive);
  CHECK(ChangeOf(preview, "Accoil_TryOut_Plan").subjects == 2);
  CHECK(Of(preview.losing) == 1);
  CHECK(Of(preview.written) == 2);

  preview = PreviewOf(world, Trial(traitsync::SyncMode::kOff), true);
  CHECK(ChangeOf(preview, kScore).fate == AttributeFate::kArchive);
  CHECK(ChangeOf(preview, kSegments).fate == AttributeFate::kArchive);
  CHECK(ChangeOf(preview, kPlan).fate == AttributeFate::kKeep);

  SECTION("what another product of the workspace wants stays") {
    world.product = 8;
    world.Connect();
    world.PutProfile("other", "Trial Users", {TraitSyncWorld::Trait("Score", events::v1::INTEGER)});
    preview = PreviewOf(world, Trial(traitsync::SyncMode::kOff), true);
    CHECK(ChangeOf(preview, kScore).fate == AttributeFate::kKeep);
    CHECK(ChangeOf(preview, kSegments).fate == AttributeFate::kKeep);
    CHECK(Of(preview.losing) == 0);
  }
  SECTION("a value that is there already is not written again") {
    // Switched off and on while the attribute that is not ours stayed.
    world.PutProfile("trial", "Trial Users", {}, events::v1::OFF);
    world.SetTrait("u2", "Score", 3);
    preview = PreviewOf(world, Trial(traitsync::SyncMode::kAllTraits));
    CHECK(ChangeOf(preview, kPlan).subjects == 2);
    CHECK(ChangeOf(preview, kPlan).reason == "Intercom has it already");
    CHECK(Of(preview.written) == 1);
  }
}

TEST_CASE("attributes are listed in the order of their names with what is known of them") {
  TraitSyncWorld world;
  world.intercom.Define(kPlan, "string");
  world.intercom.Define(kRate, "string");
  world.Begin();
  world.SetTrait("u1", "Score", 1);
  world.SetTrait("u1", "Plan", "gold");
  world.SetTrait("u1", "Rate", 0.5);
  world.DeliverAll();
  const auto listed = ReportStore(*world.database).ListAttributes(kProduct);
  REQUIRE(listed.size() == 3);
  CHECK(listed[0].row.name == kPlan);
  CHECK(listed[0].row.ours == false);
  CHECK(listed[1].row.name == kRate);
  CHECK(listed[1].row.state == "refused");
  CHECK(listed[1].row.retry_at);
  CHECK(listed[2].row.name == kScore);
  CHECK(listed[2].row.ours == true);
  CHECK(listed[2].row.state == "present");
  CHECK(ReportStore(*world.database).ListAttributes(core::ProductId(99)).empty());
}

TEST_CASE("a summary says that a product which is not connected waits") {
  TraitSyncWorld world;
  world.Begin();
  CHECK(!world.store.Summarize(kProduct).paused);
  world.Connect("ws1", "Accoil", events::v1::DISCONNECTED);
  CHECK(world.store.Summarize(kProduct).paused);
  CHECK(world.store.Summarize(core::ProductId(99)).paused);
}

}  // namespace accoil::test
