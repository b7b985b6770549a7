#include "tests/intercom-simulator/settings.h"

#include "libs/core/errors.h"
#include "tests/catch.h"

namespace accoil::simulator {
namespace {

TEST_CASE("settings are changed by name and the others stay") {
  const auto changed =
      Changed(Settings(), {{"limit", 200}, {"search_lag", "2s"}, {"long_strings_cut", true}});
  CHECK(changed.limit == 200);
  CHECK(changed.search_lag == std::chrono::seconds(2));
  CHECK(changed.long_strings_cut);
  CHECK(changed.bulk_limit == Settings().bulk_limit);
}

TEST_CASE("settings that are read can be written back") {
  const auto all = ToJson(Settings());
  CHECK(ToJson(Changed(Settings(), all)) == all);
}

TEST_CASE("settings that make no sense are refused by name") {
  for (const nlohmann::json& changes :
       {nlohmann::json{{"limit", 0}}, nlohmann::json{{"limit", "many"}},
        nlohmann::json{{"window", "1500ms"}}, nlohmann::json{{"search_lag", 2}},
        nlohmann::json{{"refused_attribute_status", 404}},
        nlohmann::json{{"attributes_in_use", {1}}}, nlohmann::json{{"no_such", 1}},
        nlohmann::json{{"utc_offset_minutes", 900}}}) {
    CAPTURE(changes.dump());
    CHECK_THROWS_AS(Changed(Settings(), changes), core::InvalidArgument);
  }
}

}  // namespace
}  // namespace accoil::simulator
