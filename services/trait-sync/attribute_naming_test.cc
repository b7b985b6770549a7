#include "services/trait-sync/attribute_naming.h"

#include "tests/catch.h"

namespace accoil::traitsync {

TEST_CASE("an attribute is named after prefix, profile and trait") {
  CHECK(AttributeName("Accoil", "Trial Users", "ActivationRate", SubjectKind::kUser, false) ==
        "Accoil_TrialUsers_ActivationRate");
  CHECK(AttributeName("Acme", " A  B ", "Score", SubjectKind::kAccount, false) == "Acme_AB_Score");
}

TEST_CASE("a trait of users and accounts has a name of its own on companies") {
  CHECK(AttributeName("Accoil", "Trial", "Score", SubjectKind::kUser, true) ==
        "Accoil_Trial_Score");
  CHECK(AttributeName("Accoil", "Trial", "Score", SubjectKind::kAccount, true) ==
        "Accoil_Trial_Score_Account");
}

TEST_CASE("names that Intercom refuses are known before they are sent") {
  CHECK(!NameProblem("Accoil_Trial-Users_Score 2", 190));
  CHECK(!NameProblem("Accoil_Größe_Score", 190));
  CHECK(NameProblem("Accoil_Trial(EU)_Score", 190).value().find('(') != std::string::npos);
  CHECK(NameProblem("Accoil_A.B_Score", 190));
  CHECK(!NameProblem(std::string(190, 'x'), 190));
  CHECK(NameProblem(std::string(191, 'x'), 190));
  std::string umlauts;
  for (int i = 0; i < 190; ++i) umlauts += "ü";
  CHECK(!NameProblem(umlauts, 190));
}

}  // namespace accoil::traitsync
