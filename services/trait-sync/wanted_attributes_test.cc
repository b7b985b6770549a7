#include "services/trait-sync/wanted_attributes.h"

#include "tests/catch.h"

namespace accoil::traitsync {
namespace {

using intercom::AttributeValue;

Profile Trial(SyncMode mode) {
  return {core::ProfileId("trial"),
          "Trial Users",
          {{"Score", TraitType::kInteger, true, true, "How engaged"},
           {"Plan", TraitType::kString, true, false, "What is paid"},
           {"ActiveUsers", TraitType::kInteger, false, true, "Who came"}},
          mode};
}

std::vector<std::string> Names(const std::vector<Profile>& profiles, SubjectKind kind) {
  std::vector<std::string> names;
  for (const auto& attribute : WantedAttributes("Accoil", profiles, kind)) {
    names.push_back(attribute.name);
  }
  return names;
}

}  // namespace

TEST_CASE("all traits of a profile are wanted where they are measured, and its segments") {
  CHECK(Names({Trial(SyncMode::kAllTraits)}, SubjectKind::kUser) ==
        std::vector<std::string>{"Accoil_TrialUsers_Score", "Accoil_TrialUsers_Plan",
                                 "Accoil_TrialUsers_Segments"});
  CHECK(Names({Trial(SyncMode::kAllTraits)}, SubjectKind::kAccount) ==
        std::vector<std::string>{"Accoil_TrialUsers_Score_Account", "Accoil_TrialUsers_ActiveUsers",
                                 "Accoil_TrialUsers_Segments_Account"});
}

TEST_CASE("segments alone are wanted of a profile that syncs segments only, nothing of one off") {
  CHECK(Names({Trial(SyncMode::kSegmentsOnly)}, SubjectKind::kUser) ==
        std::vector<std::string>{"Accoil_TrialUsers_Segments"});
  CHECK(Names({Trial(SyncMode::kOff)}, SubjectKind::kUser).empty());
}

TEST_CASE("a catalogue may describe Segments but not change what it is") {
  auto profile = Trial(SyncMode::kSegmentsOnly);
  profile.catalogue = {{"Segments", TraitType::kInteger, true, false, "Where they are"}};
  const auto wanted = WantedAttributes("Accoil", {profile}, SubjectKind::kUser);
  REQUIRE(wanted.size() == 1);
  CHECK(wanted[0].type == TraitType::kString);
  CHECK(wanted[0].description == "Where they are");
}

TEST_CASE("of two traits with one name the first has it") {
  Profile first{core::ProfileId("1"),
                "A_B",
                {{"C", TraitType::kInteger, true, false, ""}},
                SyncMode::kAllTraits};
  Profile second{core::ProfileId("2"),
                 "A",
                 {{"B_C", TraitType::kString, true, false, ""}},
                 SyncMode::kAllTraits};
  std::vector<std::string> clashes;
  const auto wanted = WantedAttributes("Accoil", {first, second}, SubjectKind::kUser, &clashes);
  CHECK(clashes == std::vector<std::string>{"Accoil_A_B_C"});
  REQUIRE(wanted.size() == 3);
  CHECK(wanted[0].profile == core::ProfileId("1"));
}

TEST_CASE("values are those of the subject's traits and segments, null where there is none") {
  const auto attributes =
      WantedAttributes("Accoil", {Trial(SyncMode::kAllTraits)}, SubjectKind::kUser);
  SubjectFacts facts;
  facts.traits[{core::ProfileId("trial"), "Score"}] = "73";
  facts.traits[{core::ProfileId("other"), "Plan"}] = "\"gold\"";
  facts.traits[{core::ProfileId("trial"), "Unlisted"}] = "1";
  facts.segments[core::ProfileId("trial")] = {"New", "All"};
  const auto values = WantedValues(attributes, facts, {});
  REQUIRE(values.size() == 3);
  CHECK(std::get<AttributeValue>(values[0]) == AttributeValue(std::int64_t{73}));
  CHECK(std::get<AttributeValue>(values[1]) == AttributeValue());
  CHECK(std::get<AttributeValue>(values[2]) == AttributeValue("All, New"));
}

TEST_CASE("a value that does not fit the catalogue does not hinder the others") {
  const auto attributes =
      WantedAttributes("Accoil", {Trial(SyncMode::kAllTraits)}, SubjectKind::kUser);
  SubjectFacts facts;
  facts.traits[{core::ProfileId("trial"), "Score"}] = "\"high\"";
  facts.traits[{core::ProfileId("trial"), "Plan"}] = "\"gold\"";
  const auto values = WantedValues(attributes, facts, {});
  CHECK(std::get<Rejection>(values[0]).reason_class == ReasonClass::kWrongType);
  CHECK(std::get<AttributeValue>(values[1]) == AttributeValue("gold"));
}

}  // namespace accoil::traitsync
