#include "services/widget/choice.h"

#include <nlohmann/json.hpp>

#include "tests/catch.h"

namespace accoil::widget {
namespace {

const ProfileKey kTrial{core::ProductId(7), core::ProfileId("trial")};

TEST_CASE("a click on a tab chooses it and keeps the rest") {
  Choice choice{Tab::kUser, kTrial, 2, 1};
  choice = Choose(choice, "tab", {{"tab", "info"}});
  CHECK(choice == Choice{Tab::kInfo, kTrial, 2, 1});
  CHECK(Choose(choice, "summary", {}).tab == Tab::kSummary);
}

TEST_CASE("a profile is chosen by the button beside the dropdown, not by choosing alone") {
  CHECK(Choose({}, "switch-profile", {{"profile", "7.trial"}}).profile == kTrial);
  CHECK_FALSE(Choose({}, "tab", {{"tab", "user"}, {"profile", "7.trial"}}).profile);
}

TEST_CASE("an account is shown by a click on it") {
  const auto choice = Choose({}, "account-3", {});
  CHECK(choice.account == 3);
  CHECK(choice.tab == Tab::kAccount);
}

TEST_CASE("more profiles are offered page by page") {
  CHECK(Choose({}, "more-profiles", {}).page == 1);
}

TEST_CASE("what is none of ours changes nothing") {
  const Choice choice{Tab::kUser, kTrial, 2, 1};
  for (const auto* id : {"", "tab", "switch-profile", "account-", "account--1", "account-99999999",
                         "account-1x", "drop table", "more"}) {
    CHECK(Choose(choice, id, {{"tab", "nonsense"}, {"profile", "../../etc"}}) == choice);
  }
}

TEST_CASE("a choice survives stored_data, and anything else is read as no choice") {
  const Choice choice{Tab::kAccount, ProfileKey{core::ProductId(1), core::ProfileId("a-b")}, 4, 2};
  CHECK(FromStoredData(ToStoredData(choice)) == choice);
  for (const auto* text :
       {"", "null", "[]", "{", R"({"tab":7})", R"({"profile":"7.a b"})", R"({"profile":"0.a"})",
        R"({"account":-1})", R"({"page":1e99})", R"({"account":123456789012})"}) {
    CHECK(FromStoredData(text) == Choice());
  }
}

}  // namespace
}  // namespace accoil::widget
