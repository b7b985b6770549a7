#include "services/tagging-automation/wishes/tag_plan.h"

#include "tests/catch.h"

namespace accoil::tagging {
namespace {

using State = AssignmentState;

const core::ProductId kProduct(7);
const RuleId kRule(1);
const RuleId kOther(2);

Subject User(const std::string& id) { return {kProduct, SubjectKind::kUser, core::SubjectId(id)}; }
Subject Account(const std::string& id) {
  return {kProduct, SubjectKind::kAccount, core::SubjectId(id)};
}

MatchState Matched(const std::string& id) {
  return {core::WorkspaceId("ws"), id, "same email", false};
}

ResolvedWish ByRule(RuleId rule, const Subject& subject, bool remove,
                    std::vector<Subject> targets = {}) {
  if (targets.empty()) targets = {subject};
  const auto target =
      targets.front().kind == SubjectKind::kUser ? TagTarget::kUser : TagTarget::kCompany;
  return {{subject, target, "At-Risk", remove, {rule, std::nullopt}, ""}, targets, std::nullopt};
}

ResolvedWish ByHand(const Subject& subject, bool remove) {
  return {{subject, TagTarget::kUser, "at-risk", remove, {std::nullopt, JobId("job")}, ""},
          {subject},
          std::nullopt};
}

TagWorld MatchedWorld() {
  TagWorld world;
  for (const char* id : {"u", "v"}) world.matches[User(id)] = Matched(id);
  world.matches[Account("a")] = Matched("a");
  return world;
}

TagPlace PlaceOf(const Subject& target) { return {target, "at-risk"}; }

/// The world after a plan, everything in it carried out.
TagWorld Done(TagWorld world, const TagPlan& plan) {
  for (auto [place, state] : plan.places) {
    if (state.open) {
      state.given = !state.remove;
      state.by_hand = !state.remove && state.hand;
      state.open = false;
    }
    world.places[place] = state;
  }
  return world;
}

TagPlan Plan(TagWorld world, std::vector<ResolvedWish> wishes) {
  return PlanTags(std::move(world), wishes);
}

std::vector<State> StatesOf(const TagPlan& plan) {
  std::vector<State> states;
  for (const auto& assignment : plan.assignments) states.push_back(assignment.state);
  return states;
}

}  // namespace

TEST_CASE("a wish of a matched subject is due, of another it waits with the reason") {
  auto world = MatchedWorld();
  world.matches[User("w")].reason = "the user has no email";
  const auto plan = Plan(world, {ByRule(kRule, User("u"), false), ByRule(kRule, User("w"), false),
                                 ByRule(kRule, User("x"), false)});
  CHECK(StatesOf(plan) == std::vector{State::kDue, State::kWaiting, State::kWaiting});
  CHECK(plan.assignments[1].reason == "the user has no email");
  const auto& state = plan.places.at(PlaceOf(User("u")));
  CHECK(state.open);
  CHECK(state.operation == 1);
  CHECK_FALSE(state.hand);
  CHECK(plan.held.size() == 3);
}

TEST_CASE("two wishes for the same are one operation, by hand if one of them is") {
  const auto plan =
      Plan(MatchedWorld(), {ByRule(kRule, User("u"), false), ByHand(User("u"), false)});
  CHECK(StatesOf(plan) == std::vector{State::kDue, State::kDue});
  CHECK(plan.assignments[0].operation == plan.assignments[1].operation);
  CHECK(plan.places.at(PlaceOf(User("u"))).hand);
  CHECK(plan.superseded.empty());
}

TEST_CASE("of opposite wishes the newest wins and the other is superseded") {
  const auto plan = Plan(MatchedWorld(), {ByHand(User("u"), false), ByHand(User("u"), true)});
  CHECK(StatesOf(plan) == std::vector{State::kSuperseded, State::kDue});
  CHECK(plan.places.at(PlaceOf(User("u"))).remove);
  CHECK(plan.places.at(PlaceOf(User("u"))).operation == 2);
}

TEST_CASE("what a worker has is not superseded: its answer will tell") {
  auto world = MatchedWorld();
  auto& state = world.places[PlaceOf(User("u"))];
  state = {"at-risk", 4, false, true, false, 4, true, false, {}, ""};
  const auto plan = Plan(world, {ByHand(User("u"), true), ByHand(User("u"), false)});
  CHECK(plan.places.at(PlaceOf(User("u"))).operation == 6);
  CHECK(plan.places.at(PlaceOf(User("u"))).claimed == 4);
  CHECK(StatesOf(plan) == std::vector{State::kSuperseded, State::kDue});
  CHECK(plan.superseded.at(PlaceOf(User("u"))) == 5);
}

TEST_CASE("a rule takes away what it gave") {
  const auto world = Done(MatchedWorld(), Plan(MatchedWorld(), {ByRule(kRule, User("u"), false)}));
  const auto plan = Plan(world, {ByRule(kRule, User("u"), true)});
  CHECK(StatesOf(plan) == std::vector{State::kDue});
  CHECK(plan.places.at(PlaceOf(User("u"))).remove);
  CHECK(plan.let_go.size() == 1);
}

TEST_CASE("a rule takes nothing away that it did not give") {
  CHECK(Plan(MatchedWorld(), {ByRule(kRule, User("u"), true)}).assignments.empty());
  const auto world = Done(MatchedWorld(), Plan(MatchedWorld(), {ByRule(kOther, User("u"), false)}));
  CHECK(Plan(world, {ByRule(kRule, User("u"), true)}).assignments.empty());
}

TEST_CASE("a tag stays while another rule holds it, and goes with the last") {
  auto world = Done(MatchedWorld(), Plan(MatchedWorld(), {ByRule(kRule, User("u"), false),
                                                          ByRule(kOther, User("u"), false)}));
  const auto first = Plan(world, {ByRule(kRule, User("u"), true)});
  CHECK(StatesOf(first) == std::vector{State::kKept});
  CHECK(first.assignments[0].reason == "rule 2 holds it");
  world = Done(world, first);
  CHECK(StatesOf(Plan(world, {ByRule(kOther, User("u"), true)})) == std::vector{State::kDue});
}

TEST_CASE("a company's tag stays while the rule holds it for another of its users") {
  const auto world =
      Done(MatchedWorld(), Plan(MatchedWorld(), {ByRule(kRule, User("u"), false, {Account("a")}),
                                                 ByRule(kRule, User("v"), false, {Account("a")})}));
  const auto plan = Plan(world, {ByRule(kRule, User("u"), true, {Account("a")}),
                                 ByRule(kRule, User("v"), true, {Account("a")})});
  CHECK(StatesOf(plan) == std::vector{State::kKept, State::kDue});
  CHECK(plan.assignments[0].reason == "the rule holds it for user v");
}

TEST_CASE("what was given by hand no rule takes away") {
  const auto world =
      Done(MatchedWorld(),
           Plan(MatchedWorld(), {ByHand(User("u"), false), ByRule(kRule, User("u"), false)}));
  CHECK(StatesOf(Plan(world, {ByRule(kRule, User("u"), true)})) == std::vector{State::kKept});
  // Also while it is still on its way.
  const auto plan = Plan(MatchedWorld(), {ByHand(User("u"), false), ByRule(kRule, User("u"), false),
                                          ByRule(kRule, User("u"), true)});
  CHECK(StatesOf(plan) == std::vector{State::kDue, State::kDue, State::kKept});
}

TEST_CASE("what is taken away by hand no rule holds any more") {
  auto world = Done(MatchedWorld(), Plan(MatchedWorld(), {ByRule(kRule, User("u"), false)}));
  world = Done(world, Plan(world, {ByHand(User("u"), true)}));
  CHECK(world.places.at(PlaceOf(User("u"))).holders.empty());
  CHECK(Plan(world, {ByRule(kRule, User("u"), true)}).assignments.empty());
}

TEST_CASE("a rule takes back what was not called for yet, without a call") {
  const auto plan =
      Plan(TagWorld(), {ByRule(kRule, User("u"), false), ByRule(kRule, User("u"), true)});
  CHECK(StatesOf(plan) == std::vector{State::kSuperseded, State::kDone});
  CHECK_FALSE(plan.places.at(PlaceOf(User("u"))).open);
  CHECK(plan.held.empty());
}

TEST_CASE("a tag that is there already is taken away although giving it again is not done yet") {
  auto world = Done(MatchedWorld(), Plan(MatchedWorld(), {ByRule(kRule, User("u"), false)}));
  const auto plan = Plan(world, {ByRule(kRule, User("u"), true), ByRule(kRule, User("u"), false),
                                 ByRule(kRule, User("u"), true)});
  CHECK(StatesOf(plan) == std::vector{State::kSuperseded, State::kSuperseded, State::kDue});
  CHECK(plan.places.at(PlaceOf(User("u"))).remove);
}

TEST_CASE("a wish for nobody known waits, and a rule takes it back") {
  ResolvedWish wish = ByRule(kRule, User("u"), false, {Account("a")});
  wish.targets.clear();
  CHECK(StatesOf(Plan(MatchedWorld(), {wish})) == std::vector{State::kWaiting});
  auto back = wish;
  back.wish.remove = true;
  const auto plan = Plan(MatchedWorld(), {wish, back});
  CHECK(StatesOf(plan) == std::vector{State::kSuperseded});
  REQUIRE(plan.taken_back.size() == 1);
  CHECK(plan.taken_back[0].target_kind == SubjectKind::kAccount);
}

TEST_CASE("nothing waits for who does not exist any more") {
  TagWorld world;
  world.matches[User("u")].removed = true;
  const auto plan = Plan(world, {ByRule(kRule, User("u"), false)});
  CHECK(StatesOf(plan) == std::vector{State::kExpired});
  CHECK_FALSE(plan.places.at(PlaceOf(User("u"))).open);
}

}  // namespace accoil::tagging
