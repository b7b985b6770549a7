#include "services/trait-sync/profile_preview.h"

#include "tests/catch.h"

namespace accoil::traitsync {
namespace {

constexpr auto kScore = "Accoil_Trial_Score";
constexpr auto kSegments = "Accoil_Trial_Segments";

Profile Trial(SyncMode mode, const std::string& name = "Trial") {
  return {core::ProfileId("trial"),
          name,
          {{"Score", TraitType::kInteger, true, false, "How engaged"}},
          mode};
}

AttributeRow Row(const std::string& name, const std::string& state, bool ours,
                 const std::string& data_type = "integer") {
  AttributeRow row;
  row.name = name;
  row.state = state;
  row.data_type = data_type;
  row.intercom_id = 1;
  row.ours = ours;
  return row;
}

void Know(PreviewInput& input, AttributeRow row,
          intercom::Model model = intercom::Model::kContact) {
  input.known[{model, row.name}] = std::move(row);
}

/// The changes of contacts as name: fate.
std::map<std::string, std::string> Fates(const PreviewInput& input,
                                         SubjectKind kind = SubjectKind::kUser) {
  std::map<std::string, std::string> fates;
  for (const auto& change : CompareProfiles(input, 190)) {
    if (change.kind == kind) fates[change.name] = ToString(change.fate);
  }
  return fates;
}

using Expected = std::map<std::string, std::string>;

}  // namespace

TEST_CASE("switching a profile on makes its attributes, and brings back those that were archived") {
  PreviewInput input{"Accoil", {Trial(SyncMode::kOff)}, {Trial(SyncMode::kAllTraits)}, {}, {}};
  CHECK(Fates(input) == Expected{{kScore, "create"}, {kSegments, "create"}});
  CHECK(Fates(input, SubjectKind::kAccount) ==
        Expected{{"Accoil_Trial_Segments_Account", "create"}});
  Know(input, Row(kScore, "archived", true));
  CHECK(Fates(input) == Expected{{kScore, "bring_back"}, {kSegments, "create"}});

  SECTION("one that was archived and is gone is made") {
    input.known.at({intercom::Model::kContact, kScore}).intercom_id.reset();
    CHECK(Fates(input).at(kScore) == "create");
  }
  SECTION("one of another type is refused") {
    Know(input, Row(kScore, "archived", true, "string"));
    CHECK(Fates(input).at(kScore) == "refused");
  }
  SECTION("one that Intercom did not take is refused, with its reason") {
    auto row = Row(kScore, "refused", false);
    row.intercom_id.reset();
    row.reason = "422: too many";
    Know(input, row);
    CHECK(CompareProfiles(input, 190).front().reason == "422: too many");
    CHECK(CompareProfiles(input, 190).front().fate == AttributeFate::kRefused);
  }
  SECTION("one that is there already says so") {
    Know(input, Row(kScore, "present", false));
    const auto change = CompareProfiles(input, 190).front();
    CHECK(change.fate == AttributeFate::kBringBack);
    CHECK(change.there);
    CHECK(change.reason == "Intercom has it already");
  }
}

TEST_CASE("narrowing a profile archives what was made for it and nothing else") {
  PreviewInput input{
      "Accoil", {Trial(SyncMode::kAllTraits)}, {Trial(SyncMode::kSegmentsOnly)}, {}, {}};
  CHECK(Fates(input).empty());  // Nothing was made yet.
  Know(input, Row(kScore, "present", true));
  Know(input, Row(kSegments, "present", true, "string"));
  CHECK(Fates(input) == Expected{{kScore, "archive"}});

  SECTION("one that was there before stays") {
    Know(input, Row(kScore, "present", false));
    CHECK(Fates(input) == Expected{{kScore, "keep"}});
  }
  SECTION("one that another product of the workspace wants stays") {
    input.others.emplace(intercom::Model::kContact, kScore);
    CHECK(Fates(input) == Expected{{kScore, "keep"}});
  }
  SECTION("one that is archived already is no change") {
    Know(input, Row(kScore, "archived", true));
    CHECK(Fates(input).empty());
  }
  SECTION("one that could not be archived is tried again") {
    Know(input, Row(kScore, "cannot_archive", true));
    CHECK(Fates(input) == Expected{{kScore, "archive"}});
  }
}

TEST_CASE("a renamed profile gets attributes of the new name and loses those of the old") {
  PreviewInput input{
      "Accoil", {Trial(SyncMode::kAllTraits)}, {Trial(SyncMode::kAllTraits, "Try Out")}, {}, {}};
  Know(input, Row(kScore, "present", true));
  CHECK(Fates(input) == Expected{{kScore, "archive"},
                                 {"Accoil_TryOut_Score", "create"},
                                 {"Accoil_TryOut_Segments", "create"}});
}

TEST_CASE("a trait of another type is refused where Intercom has the old one") {
  auto after = Trial(SyncMode::kAllTraits);
  after.catalogue[0].type = TraitType::kString;
  PreviewInput input{"Accoil", {Trial(SyncMode::kAllTraits)}, {after}, {}, {}};
  Know(input, Row(kScore, "present", true));
  const auto changes = CompareProfiles(input, 190);
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].fate == AttributeFate::kRefused);
  CHECK(changes[0].reason ==
        "Intercom has it as integer, the profile as string; a type cannot be changed");
}

TEST_CASE("an attribute that another profile takes over stays and is written anew") {
  auto second = Trial(SyncMode::kAllTraits, "Tri al");
  second.id = core::ProfileId("trial2");
  PreviewInput input{"Accoil", {Trial(SyncMode::kAllTraits), second}, {second}, {}, {}};
  Know(input, Row(kScore, "present", true));
  const auto changes = CompareProfiles(input, 190);
  CHECK(Fates(input).at(kScore) == "keep");
  CHECK(changes[0].writes());
  CHECK(changes[0].profile == second.id);
  CHECK(changes[0].reason == "the profile Tri al has an attribute of the same name");
}

TEST_CASE("a name that Intercom does not take is refused") {
  PreviewInput input{"Accoil", {}, {Trial(SyncMode::kAllTraits, "Trial?")}, {}, {}};
  for (const auto& change : CompareProfiles(input, 190)) {
    CHECK(change.fate == AttributeFate::kRefused);
    CHECK(!change.writes());
  }
  PreviewInput fits{"Accoil", {}, {Trial(SyncMode::kAllTraits)}, {}, {}};
  CHECK(CompareProfiles(fits, 5).front().reason == "the name is longer than 5 characters");
}

TEST_CASE("a profile is put in its place among the others, or taken away") {
  auto other = Trial(SyncMode::kOff);
  other.id = core::ProfileId("aaa");
  const std::vector<Profile> profiles{other};
  const auto added = WithProfile(profiles, Trial(SyncMode::kOff), false);
  REQUIRE(added.size() == 2);
  CHECK(added[1].id == core::ProfileId("trial"));
  const auto replaced = WithProfile(added, Trial(SyncMode::kAllTraits), false);
  REQUIRE(replaced.size() == 2);
  CHECK(replaced[1].mode == SyncMode::kAllTraits);
  CHECK(WithProfile(replaced, Trial(SyncMode::kOff), true).size() == 1);
}

}  // namespace accoil::traitsync
