#include "services/trait-sync/catalogue.h"

#include "tests/catch.h"

namespace accoil::traitsync {

TEST_CASE("a catalogue is read as it was written") {
  events::v1::ProfileChanged event;
  auto& score = *event.add_catalogue();
  score.set_name("Score");
  score.set_type(events::v1::INTEGER);
  score.add_on(events::v1::USER);
  score.set_definition("How \"engaged\"");
  auto& plan = *event.add_catalogue();
  plan.set_name("Plan");
  plan.set_type(events::v1::STRING);
  plan.add_on(events::v1::USER);
  plan.add_on(events::v1::ACCOUNT);
  const auto read = CatalogueFromJson(ToJson(CatalogueOf(event.catalogue())));
  REQUIRE(read.size() == 2);
  CHECK(read[0].name == "Score");
  CHECK(read[0].type == TraitType::kInteger);
  CHECK(read[0].on_users);
  CHECK(!read[0].on_accounts);
  CHECK(read[0].definition == "How \"engaged\"");
  CHECK(read[1].on_accounts);
}

}  // namespace accoil::traitsync
