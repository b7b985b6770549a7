#include "services/trait-sync/clean_up_plan.h"

#include "tests/catch.h"

namespace accoil::traitsync {
namespace {

using intercom::Model;

const core::TimePoint kNow{std::chrono::hours(1'000)};

OurAttribute Ours(const std::string& name, const std::string& state,
                  std::optional<std::int64_t> id = 1) {
  OurAttribute attribute;
  attribute.name = name;
  attribute.state = state;
  attribute.intercom_id = id;
  attribute.checked_at = kNow - std::chrono::hours(1);
  return attribute;
}

std::vector<std::string> Names(const std::vector<OurAttribute>& attributes) {
  std::vector<std::string> names;
  for (const auto& attribute : attributes) names.push_back(attribute.name);
  return names;
}

using Listed = std::vector<std::string>;

}  // namespace

TEST_CASE("what is there and nobody wants is archived, what one wants stays") {
  const auto plan = PlanCleanUp({Ours("a", "present"), Ours("b", "present")},
                                {{Model::kContact, "a"}, {Model::kCompany, "b"}}, kNow);
  CHECK(Names(plan.archive) == Listed{"b"});
  CHECK(plan.look_for.empty());
  CHECK(!plan.again_at);
}

TEST_CASE("what is archived stays so, and one of which Intercom has not said it is done again") {
  auto done = Ours("done", "archived");
  done.confirmed = true;
  const auto plan = PlanCleanUp({done, Ours("begun", "archived")}, {}, kNow);
  CHECK(Names(plan.archive) == Listed{"begun"});
  CHECK(!PlanCleanUp({done}, {}, kNow).needs_calls());
}

TEST_CASE("one with another type than the profile's is archived, too, once nobody wants it") {
  CHECK(Names(PlanCleanUp({Ours("a", "refused")}, {}, kNow).archive) == Listed{"a"});
  CHECK(!PlanCleanUp({Ours("a", "refused")}, {{Model::kContact, "a"}}, kNow).needs_calls());
}

TEST_CASE("one that may have been made is looked for unless it is wanted") {
  const auto plan = PlanCleanUp({Ours("a", "wanted", std::nullopt)}, {}, kNow);
  CHECK(Names(plan.look_for) == Listed{"a"});
  CHECK(plan.archive.empty());
  CHECK(!PlanCleanUp({Ours("a", "wanted", std::nullopt)}, {{Model::kContact, "a"}}, kNow)
             .needs_calls());
}

TEST_CASE("one that cannot be archived is tried again in its time, and is kept when wanted") {
  auto attribute = Ours("a", "cannot_archive");
  attribute.retry_at = kNow + std::chrono::hours(3);
  const auto later = PlanCleanUp({attribute}, {}, kNow);
  CHECK(!later.needs_calls());
  CHECK(Names(later.left) == Listed{"a"});
  CHECK(later.again_at == kNow + std::chrono::hours(3));
  CHECK(Names(PlanCleanUp({attribute}, {}, kNow + std::chrono::hours(3)).archive) == Listed{"a"});
  const auto wanted = PlanCleanUp({attribute}, {{Model::kContact, "a"}}, kNow);
  CHECK(Names(wanted.keep) == Listed{"a"});
  CHECK(!wanted.again_at);
}

TEST_CASE("a product wants what its profiles sync, on contacts and on companies") {
  Profile profile{core::ProfileId("p"),
                  "Trial Users",
                  {{"Score", TraitType::kInteger, true, true, ""}},
                  SyncMode::kAllTraits};
  WantedNames wanted;
  AddWanted(wanted, "Accoil", {profile});
  CHECK(wanted == WantedNames{{Model::kContact, "Accoil_TrialUsers_Score"},
                              {Model::kContact, "Accoil_TrialUsers_Segments"},
                              {Model::kCompany, "Accoil_TrialUsers_Score_Account"},
                              {Model::kCompany, "Accoil_TrialUsers_Segments_Account"}});
}

TEST_CASE("what was looked for is archived, or forgotten once its call cannot be done any more") {
  auto attribute = Ours("a", "wanted", std::nullopt);
  intercom::DataAttribute found;
  CHECK(Judge(attribute, &found, kNow) == LookedFor::kArchive);
  found.archived = true;
  CHECK(Judge(attribute, &found, kNow) == LookedFor::kArchived);
  CHECK(Judge(attribute, nullptr, kNow) == LookedFor::kForget);
  attribute.checked_at = kNow - std::chrono::seconds(30);
  CHECK(Judge(attribute, nullptr, kNow) == LookedFor::kLookAgain);
}

TEST_CASE("what is left behind is told by name and reason, the product's own only") {
  auto attribute = Ours("Accoil_Trial_Score", "cannot_archive");
  attribute.reason = "422: a workflow uses it";
  CHECK(DescribeLeftBehind({attribute, Ours("AccoilEU_Trial_Score", "cannot_archive")}, "Accoil") ==
        "Could not be archived in Intercom: Accoil_Trial_Score (422: a workflow uses it)");
  CHECK(DescribeLeftBehind({attribute}, "Other").empty());
  const std::vector<OurAttribute> many(13, attribute);
  CHECK(DescribeLeftBehind(many, "Accoil").ends_with("; and 3 more"));
}

}  // namespace accoil::traitsync
