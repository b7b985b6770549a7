#include "libs/core/errors.h"
#include "services/trait-sync/problem_retry.h"
#include "tests/catch.h"
#include "tests/integration/traitsync_world.h"

namespace accoil::test {
namespace {

using traitsync::ProblemClass;
using traitsync::ProblemGroup;
using traitsync::ReportStore;

constexpr auto kScore = "Accoil_TrialUsers_Score";
constexpr auto kPlan = "Accoil_TrialUsers_Plan";
constexpr std::chrono::minutes kTooLong(10);
const core::ProductId kProduct(TraitSyncWorld::kProduct);

std::vector<ProblemGroup> Problems(TraitSyncWorld& world) {
  return ReportStore(*world.database).ListProblems(kProduct, kTooLong);
}

ProblemGroup Problem(TraitSyncWorld& world, ProblemClass problem) {
  for (auto& group : Problems(world)) {
    if (group.problem == problem) return group;
  }
  throw std::runtime_error(std::string("no problem: ") + traitsync::ToString(problem));
}

bool Has(TraitSyncWorld& world, ProblemClass problem) {
  for (const auto& group : Problems(world)) {
    if (group.problem == problem) return true;
  }
  return false;
}

std::int64_t Retry(TraitSyncWorld& world, const std::string& key) {
  ReportStore reports(*world.database);
  return traitsync::RetryProblem(world.store, reports, kProduct, key, kTooLong);
}
std::int64_t Retry(TraitSyncWorld& world, ProblemClass problem) {
  return Retry(world, KeyOf(Problem(world, problem)));
}

void AddUsers(TraitSyncWorld& world, int count) {
  for (int i = 0; i < count; ++i) {
    const auto number = std::to_string(100 + i);
    world.Match("user" + number, "t" + number);
    world.intercom.targets[{SubjectKind::kUser, "t" + number}];
  }
}

std::function<std::optional<intercom::Failure>(const FakeIntercom::Write&)> Answering(
    intercom::Failure::Kind kind, int status, const std::string& attribute = "") {
  return [=](const FakeIntercom::Write& write) -> std::optional<intercom::Failure> {
    if (!attribute.empty() && !write.values.contains(attribute)) return std::nullopt;
    return FakeIntercom::MakeFailure(kind, status, "no such luck");
  };
}

}  // namespace

TEST_CASE("a product without problems has none") {
  TraitSyncWorld world;
  CHECK(Problems(world).empty());
  world.Begin();
  world.SetTrait("u1", "Score", 5);
  world.DeliverAll();
  CHECK(Problems(world).empty());
}

TEST_CASE("values that are refused are one group with their first ten, and go on a retry") {
  TraitSyncWorld world;
  world.Begin();
  AddUsers(world, 12);
  world.intercom.before_write = Answering(intercom::Failure::Kind::kRefused, 422, kPlan);
  for (int i = 0; i < 12; ++i) world.SetTrait("user" + std::to_string(100 + i), "Plan", "gold");
  world.SetTrait("u1", "Score", 5);
  world.DeliverAll();
  const auto group = Problem(world, ProblemClass::kValueRefused);
  CHECK(KeyOf(group) == std::string("value_refused:contact:") + kPlan);
  CHECK(group.name == kPlan);
  CHECK(group.reason == "422: no such luck");
  CHECK(group.subjects == 12);
  REQUIRE(group.examples.size() == 10);
  CHECK(group.examples.front().id == core::SubjectId("user100"));
  CHECK(group.examples.back().id == core::SubjectId("user109"));
  CHECK(group.since);
  CHECK(group.retry_at);

  const auto writes = world.intercom.writes.size();
  world.intercom.before_write = nullptr;
  world.store.StartSweep(kProduct);
  world.DeliverAll();
  CHECK(world.intercom.writes.size() == writes);
  CHECK(Retry(world, ProblemClass::kValueRefused) == 12);
  world.DeliverAll();
  CHECK(world.intercom.contact("t111").at(kPlan) == intercom::AttributeValue("gold"));
  CHECK(world.intercom.writes.size() == writes + 12);
  CHECK(Problems(world).empty());
}

TEST_CASE("values that do not fit are told apart by attribute and kind, the largest group first") {
  TraitSyncWorld world;
  world.Begin();
  AddUsers(world, 3);
  world.SetTrait("user100", "Score", "a lot");
  world.SetTrait("user101", "Score", "more");
  world.SetTrait("user102", "Plan", std::string(300, 'x'));
  world.DeliverAll();
  const auto problems = Problems(world);
  REQUIRE(problems.size() == 2);
  CHECK(KeyOf(problems[0]) == std::string("value_unfit:contact:") + kScore);
  CHECK(problems[0].subjects == 2);
  CHECK(problems[0].reason == "the value is a string, not of type integer");
  CHECK(!problems[0].retry_at);
  CHECK(KeyOf(problems[1]) == std::string("value_unfit:contact:") + kPlan);
  // Trying again changes nothing as long as the values do not.
  CHECK(Retry(world, KeyOf(problems[0])) == 2);
  CHECK(world.Due() == 2);
  world.DeliverAll();
  CHECK(Problems(world).size() == 2);
}

TEST_CASE("a refused attribute is looked at again on a retry, and its values go") {
  TraitSyncWorld world;
  world.intercom.Define(kScore, "string");
  world.Begin();
  world.SetTrait("u1", "Score", 5);
  world.DeliverAll();
  const auto group = Problem(world, ProblemClass::kAttributeRefused);
  CHECK(KeyOf(group) == std::string("attribute_refused:contact:") + kScore);
  CHECK(group.subjects == 0);
  CHECK(group.retry_at);
  // Somebody put it right in Intercom.
  world.intercom.definition(kScore).data_type = "integer";
  world.store.StartSweep(kProduct);
  world.DeliverAll();
  CHECK(!world.intercom.contact("c1").contains(kScore));
  CHECK(Retry(world, ProblemClass::kAttributeRefused) == 0);
  world.DeliverAll();
  CHECK(world.intercom.contact("c1").at(kScore) == intercom::AttributeValue(std::int64_t{5}));
  CHECK(Problems(world).empty());
}

TEST_CASE("an attribute that cannot be archived is a problem, and its workspace is cleaned up") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u1", "Score", 5);
  world.DeliverAll();
  world.postgres.Run("UPDATE clean_up SET due_at = NULL");
  world.postgres.Run(
      "UPDATE attribute SET state = 'cannot_archive', reason = '422: a rule uses it', "
      "retry_at = now() + interval '1 day'");
  const auto group = Problem(world, ProblemClass::kCannotArchive);
  CHECK(KeyOf(group) == std::string("cannot_archive:contact:") + kScore);
  CHECK(group.reason == "422: a rule uses it");
  CHECK(Retry(world, KeyOf(group)) == 0);
  CHECK(world.postgres.Number("SELECT count(*) FROM clean_up WHERE due_at <= now()") == 1);
  CHECK(world.postgres.Number("SELECT count(*) FROM attribute WHERE retry_at > now()") == 0);
}

TEST_CASE("an unknown profile is a problem that no retry solves") {
  TraitSyncWorld world;
  world.Begin();
  auto event = world.TraitEvent("u1", "Score", 5);
  event.set_profile_id("typo");
  world.Apply(event);
  const auto group = Problem(world, ProblemClass::kUnknownProfile);
  CHECK(KeyOf(group) == "unknown_profile:typo");
  CHECK(group.since);
  CHECK_THROWS_AS(Retry(world, KeyOf(group)), core::FailedPrecondition);
  CHECK_THROWS_WITH(Retry(world, KeyOf(group)),
                    "the profile typo is not known: create it, then what came for it is sent");
}

TEST_CASE("a profile that is known is no problem, though a replica did not see it yet") {
  TraitSyncWorld world;
  world.Begin();
  world.postgres.Run(
      "INSERT INTO unknown_profile (product_id, profile_id) SELECT product_id, "
      "profile_id FROM profile");
  CHECK_FALSE(Has(world, ProblemClass::kUnknownProfile));
  CHECK(world.store.ListSetAside(kProduct, {}, 10).empty());
}

TEST_CASE("contacts that are gone are tried again before their time on a retry") {
  TraitSyncWorld world;
  world.Begin();
  world.intercom.targets.clear();
  world.SetTrait("u1", "Score", 5);
  world.DeliverAll();
  const auto group = Problem(world, ProblemClass::kTargetGone);
  CHECK(KeyOf(group) == "target_gone:contact");
  CHECK(group.subjects == 1);
  CHECK(group.retry_at);
  CHECK(group.reason == "contact is gone in Intercom");
  CHECK(!Has(world, ProblemClass::kFailing));
  world.intercom.targets[{SubjectKind::kUser, "c1"}];
  world.DeliverAll();
  CHECK(!world.intercom.contact("c1").contains(kScore));
  CHECK(Retry(world, KeyOf(group)) == 1);
  world.DeliverAll();
  CHECK(world.intercom.contact("c1").contains(kScore));
  CHECK(Problems(world).empty());
}

TEST_CASE("failing deliveries are grouped by Intercom's answer and are due at once on a retry") {
  TraitSyncWorld world;
  world.Begin();
  AddUsers(world, 2);
  world.intercom.before_write = Answering(intercom::Failure::Kind::kServer, 503);
  world.SetTrait("user100", "Score", 5);
  world.SetTrait("user101", "Score", 5);
  world.DeliverAll();
  auto group = Problem(world, ProblemClass::kFailing);
  CHECK(KeyOf(group) == "failing:503");
  CHECK(group.subjects == 2);
  CHECK(group.reason == "503: no such luck");
  CHECK(group.examples.size() == 2);
  CHECK(group.retry_at);
  world.intercom.before_write = nullptr;
  CHECK(Retry(world, KeyOf(group)) == 2);
  world.DeliverAll();
  CHECK(world.intercom.contact("t100").contains(kScore));
  CHECK(Problems(world).empty());
}

TEST_CASE("a target that cannot be cleared counts as failing and is tried again on a retry") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u1", "Score", 5);
  world.DeliverAll();
  world.intercom.targets[{SubjectKind::kUser, "c2"}];
  world.Match("u1", "c2");
  world.intercom.before_write =
      [](const FakeIntercom::Write& write) -> std::optional<intercom::Failure> {
    if (write.target_id != "c1") return std::nullopt;
    return FakeIntercom::MakeFailure(intercom::Failure::Kind::kServer, 500, "oh");
  };
  world.DeliverAll();
  const auto group = Problem(world, ProblemClass::kFailing);
  CHECK(KeyOf(group) == "failing:500");
  CHECK(group.subjects == 1);
  world.intercom.before_write = nullptr;
  CHECK(Retry(world, KeyOf(group)) == 1);
  world.DeliverAll();
  CHECK(world.intercom.contact("c1").empty());
  CHECK(Problems(world).empty());
}

TEST_CASE("what is due too long waits, and a product that is not connected cannot retry") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u1", "Score", 4);
  world.DeliverAll();
  world.intercom.allowance = 0;
  world.SetTrait("u1", "Score", 5);
  world.Round(traitsync::Rank::kChange);
  CHECK(Problems(world).empty());
  world.postgres.Run(
      "UPDATE delivery SET due_at = now() - interval '11 minutes', "
      "changed_at = now() - interval '11 minutes'");
  auto group = Problem(world, ProblemClass::kWaiting);
  CHECK(KeyOf(group) == "waiting");
  CHECK(group.subjects == 1);
  CHECK(group.reason == "the workspace's call budget has not sufficed yet");
  CHECK(Retry(world, KeyOf(group)) == 1);
  world.Connect("ws1", "Accoil", events::v1::DISCONNECTED);
  group = Problem(world, ProblemClass::kWaiting);
  CHECK(group.reason == "the product is not connected: what is due waits for it");
  CHECK_THROWS_AS(Retry(world, KeyOf(group)), core::FailedPrecondition);
  CHECK_THROWS_AS(Retry(world, "failing:503"), core::NotFound);
}

TEST_CASE("no product sees or retries the problems of another") {
  TraitSyncWorld world;
  world.Begin();
  world.SetTrait("u1", "Score", "a lot");
  world.DeliverAll();
  REQUIRE(Problems(world).size() == 1);
  ReportStore reports(*world.database);
  CHECK(reports.ListProblems(core::ProductId(8), kTooLong).empty());
  CHECK_THROWS_AS(traitsync::RetryProblem(world.store, reports, core::ProductId(8),
                                          KeyOf(Problems(world).front()), kTooLong),
                  core::NotFound);
}

}  // namespace accoil::test
