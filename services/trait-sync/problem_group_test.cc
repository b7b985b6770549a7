#include "services/trait-sync/problem_group.h"

#include "tests/catch.h"

namespace accoil::traitsync {
namespace {

ProblemGroup Group(ProblemClass problem, const std::string& name, std::int64_t subjects = 0) {
  ProblemGroup group;
  group.problem = problem;
  group.kind = SubjectKind::kUser;
  group.name = name;
  group.subjects = subjects;
  return group;
}

}  // namespace

TEST_CASE("a group's key says what it is about and is its own") {
  CHECK(KeyOf(Group(ProblemClass::kValueRefused, "Accoil_Trial_Score")) ==
        "value_refused:contact:Accoil_Trial_Score");
  auto company = Group(ProblemClass::kValueRefused, "Accoil_Trial_Score");
  company.kind = SubjectKind::kAccount;
  CHECK(KeyOf(company) == "value_refused:company:Accoil_Trial_Score");
  ProblemGroup failing;
  failing.problem = ProblemClass::kFailing;
  failing.status = "503";
  CHECK(KeyOf(failing) == "failing:503");
  failing.status = "none";
  CHECK(KeyOf(failing) == "failing:none");
}

TEST_CASE("a key has at most 200 bytes and still tells long names apart") {
  std::string name(500, 'a');
  const auto one = KeyOf(Group(ProblemClass::kAttributeRefused, name));
  name.back() = 'b';
  const auto other = KeyOf(Group(ProblemClass::kAttributeRefused, name));
  CHECK(one.size() <= 200);
  CHECK(one != other);
  name.back() = 'a';
  CHECK(one == KeyOf(Group(ProblemClass::kAttributeRefused, name)));
  CHECK(KeyOf(Group(ProblemClass::kAttributeRefused, std::string(174, 'a'))).size() == 200);
}

TEST_CASE("the largest groups come first, and no more than asked for") {
  const auto largest =
      Largest({Group(ProblemClass::kValueUnfit, "b", 2), Group(ProblemClass::kCannotArchive, "c"),
               Group(ProblemClass::kValueUnfit, "a", 2), Group(ProblemClass::kTargetGone, "", 7)},
              3);
  REQUIRE(largest.size() == 3);
  CHECK(largest[0].problem == ProblemClass::kTargetGone);
  CHECK(largest[1].name == "a");
  CHECK(largest[2].name == "b");
}

TEST_CASE("every reason for which a value is set aside belongs to one class") {
  std::size_t reasons = 0;
  for (const auto problem :
       {ProblemClass::kValueRefused, ProblemClass::kValueUnfit, ProblemClass::kTargetGone}) {
    for (const auto reason : ReasonsOf(problem)) {
      CHECK(ProblemOf(reason) == problem);
      CHECK(ReasonClassFrom(ToString(reason)) == reason);
      ++reasons;
    }
  }
  CHECK(reasons == 6);
  CHECK(ReasonsOf(ProblemClass::kWaiting).empty());
}

}  // namespace accoil::traitsync
