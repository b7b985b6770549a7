#include "libs/conditions/profile_schema.h"

#include "tests/catch.h"

namespace accoil::conditions {

TEST_CASE("a profile's schema has its traits, then what every user or account has") {
  const std::vector<Field> traits{{"Score", Type::kNumber}, {"LastActive", Type::kDate}};
  CHECK(ProfileSchema(Kind::kUser, traits) == Schema{{"Score", Type::kNumber},
                                                     {"LastActive", Type::kDate},
                                                     {"Segments", Type::kTexts},
                                                     {"Name", Type::kText},
                                                     {"Email", Type::kText},
                                                     {"UserId", Type::kText}});
  CHECK(ProfileSchema(Kind::kAccount, {}) ==
        Schema{{"Segments", Type::kTexts}, {"Name", Type::kText}, {"AccountId", Type::kText}});
}

TEST_CASE("a trait hides the field whose name it has") {
  CHECK(ProfileSchema(Kind::kAccount, {{"Name", Type::kNumber}}) ==
        Schema{{"Name", Type::kNumber}, {"Segments", Type::kTexts}, {"AccountId", Type::kText}});
}

TEST_CASE("Segments are the memberships, also where the catalogue has them as a text to sync") {
  CHECK(ProfileSchema(Kind::kAccount, {{"Segments", Type::kText}, {"Score", Type::kNumber}}) ==
        Schema{{"Segments", Type::kTexts},
               {"Score", Type::kNumber},
               {"Name", Type::kText},
               {"AccountId", Type::kText}});
}

}  // namespace accoil::conditions
