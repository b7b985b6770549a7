#include "services/widget/canvas.h"

#include <nlohmann/json.hpp>

#include "services/widget/components.h"
#include "tests/canvas-kit/canvas_kit.h"
#include "tests/catch.h"

namespace accoil::widget {
namespace {

using nlohmann::json;

const core::TimePoint kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);
const ProfileKey kTrial{core::ProductId(7), core::ProfileId("trial")};

Profile TrialProfile() {
  return {kTrial,
          "Trial Users",
          SyncMode::kAllTraits,
          true,
          {{"Score", TraitType::kInteger, true, true, "How engaged, 0 to 100."},
           {"ActivationRate", TraitType::kInteger, true, true, "Steps done."},
           {"AdoptionRate", TraitType::kInteger, true, true, ""},
           {"LastActive", TraitType::kDate, true, true, "Last activity."},
           {"Frequency", TraitType::kInteger, true, true, "Active days."},
           {"ActiveUsers", TraitType::kInteger, false, true, "Active users."},
           {"PlanTier", TraitType::kString, false, true, "The plan."}}};
}

Subject Ada() {
  Subject ada{SubjectKind::kUser, core::SubjectId("u/1"), "Ada Lovelace", "ada@x.example", {}};
  auto& measures = ada.measures[kTrial.profile];
  measures.traits = {{"Score", {83.0, 71.0}},
                     {"ActivationRate", {57.0, {}}},
                     {"LastActive", {"2026-11-21T10:00:00Z", {}}},
                     {"Frequency", {4.0, 4.0}}};
  measures.segments = {{"All", kNow - std::chrono::days(90)},
                       {"Most Engaged", kNow - std::chrono::days(2)}};
  measures.left = {"Passive"};
  measures.newest = kNow - std::chrono::hours(30);
  return ada;
}

Subject Acme(const std::string& name = "Acme Inc") {
  Subject acme{SubjectKind::kAccount, core::SubjectId("acme"), name, "", {}};
  acme.measures[kTrial.profile].traits = {
      {"Score", {40.0, 52.0}}, {"ActiveUsers", {1200.0, {}}}, {"PlanTier", {"Gold", {}}}};
  return acme;
}

Inbox Matched() {
  Inbox inbox;
  inbox.situation = Situation::kMatched;
  inbox.profiles = {TrialProfile()};
  inbox.products = {{core::ProductId(7), "Demo"}};
  inbox.shown = kTrial;
  inbox.user = Ada();
  inbox.accounts = {Acme()};
  return inbox;
}

/// Renders, holds the answer against Canvas Kit, and answers its text.
std::string Render(const Inbox& inbox, const Choice& choice = {}, const LinkTemplates& links = {}) {
  const auto answer = RenderCanvas(inbox, choice, links, kNow);
  CHECK(canvas_kit::Problems(answer) == std::vector<std::string>());
  CHECK(answer.size() <= kMostBytes);
  return answer;
}

bool Has(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

Choice On(Tab tab) { return {tab, {}, 0, 0}; }

TEST_CASE("the summary shows the account's health and what changed this week") {
  const auto answer = Render(Matched());
  CHECK(Has(answer, "Acme Inc"));
  CHECK(Has(answer, "40 · Passive (−12 this week)"));
  CHECK(Has(answer, "52 · Slightly Engaged → 40 · Passive"));
  CHECK(Has(answer, R"("field":"Activation rate","value":"no data yet")"));
  CHECK_FALSE(Has(answer, "Gold"));
}

TEST_CASE("the account tab shows every measure of the account") {
  const auto answer = Render(Matched(), On(Tab::kAccount));
  CHECK(Has(answer, R"("field":"Active users","value":"1,200")"));
  CHECK(Has(answer, R"("field":"Plan tier","value":"Gold")"));
  CHECK(Has(answer, R"("field":"Last active","value":"no data yet")"));
}

TEST_CASE("the user tab shows the user, with moments as people tell them") {
  const auto answer = Render(Matched(), On(Tab::kUser));
  CHECK(Has(answer, "Ada Lovelace"));
  CHECK(Has(answer, "83 · Most Engaged (+12 this week)"));
  CHECK(Has(answer, "57%"));
  CHECK(Has(answer, "3 days ago (21 Nov 2026)"));
  CHECK(Has(answer, "4 of 7 days"));
  CHECK(Has(answer, "All, Most Engaged"));
}

TEST_CASE("how old the data is stands below it, where the source said when it was") {
  CHECK(Has(Render(Matched(), On(Tab::kUser)), "Newest data: 2 days ago (22 Nov 2026)"));
  CHECK_FALSE(Has(Render(Matched(), On(Tab::kAccount)), "Newest data"));
}

TEST_CASE("info has the definition of each metric") {
  const auto answer = Render(Matched(), On(Tab::kInfo));
  CHECK(Has(answer, "How engaged, 0 to 100."));
  CHECK(Has(answer, "No definition was given."));
}

TEST_CASE("one profile is text, several are a dropdown, more than ten come in pages") {
  auto inbox = Matched();
  CHECK(Has(Render(inbox), "Profile: Trial Users"));
  CHECK_FALSE(Has(Render(inbox), "dropdown"));
  for (const std::size_t count : {2U, 10U, 11U, 91U, 200U}) {
    while (inbox.profiles.size() < count) {
      auto profile = TrialProfile();
      profile.summary = false;
      profile.key.profile = core::ProfileId("p" + std::to_string(inbox.profiles.size()));
      profile.name = "Profile " + std::to_string(inbox.profiles.size());
      inbox.profiles.push_back(profile);
    }
    std::set<std::string> offered;
    const auto pages = (count + 9) / 10;
    for (std::size_t page = 0; page < pages; ++page) {
      const auto answer = json::parse(Render(inbox, {Tab::kSummary, {}, 0, page}));
      for (const auto& component : answer["canvas"]["content"]["components"]) {
        if (component["type"] != "dropdown") continue;
        for (const auto& option : component["options"]) offered.insert(option["id"]);
      }
    }
    CHECK(offered.size() == count);
    CHECK(Has(Render(inbox), "More profiles") == (count > 10));
  }
}

TEST_CASE("other accounts are one click away") {
  auto inbox = Matched();
  inbox.accounts.push_back(Acme("Globex"));
  auto answer = Render(inbox, On(Tab::kAccount));
  CHECK(Has(answer, R"("id":"account-1","title":"Globex")"));
  answer = Render(inbox, {Tab::kAccount, {}, 1, 0});
  CHECK(Has(answer, R"("id":"account-0","title":"Acme Inc")"));
  // A choice that is not there any more shows the first.
  CHECK(Has(Render(inbox, {Tab::kAccount, {}, 9, 0}), R"("id":"account-1")"));
}

TEST_CASE("whatever is not there has a text that says what to try") {
  for (const auto situation : {Situation::kNotConnected, Situation::kDisconnected,
                               Situation::kUnknownContact, Situation::kLead}) {
    Inbox inbox;
    inbox.situation = situation;
    CHECK(Has(Render(inbox), "Accoil"));
  }
  auto inbox = Matched();
  inbox.profiles.clear();
  inbox.shown.reset();
  CHECK(Has(Render(inbox), "No profile is set up yet"));

  inbox = Matched();
  inbox.profiles[0].mode = SyncMode::kOff;
  CHECK(Has(Render(inbox), "is switched off"));

  inbox = Matched();
  inbox.accounts.clear();
  CHECK(Has(Render(inbox, On(Tab::kAccount)), "belongs to no account"));
  CHECK(Has(Render(inbox), "Ada Lovelace"));  // the summary is the user's then
  inbox.user->measures.clear();
  CHECK(Has(Render(inbox, On(Tab::kUser)), "No data on this user"));
}

TEST_CASE("links lead to the subject, percent-encoded") {
  const LinkTemplates links{"https://app.accoil.example/{product}/users/{id}?p={profile}", ""};
  CHECK(Has(Render(Matched(), On(Tab::kUser), links),
            "https://app.accoil.example/7/users/u%2F1?p=trial"));
  CHECK_FALSE(Has(Render(Matched(), On(Tab::kAccount), links), "Open in Accoil"));
  CHECK(TemplateProblem(links.user).empty());
  CHECK_FALSE(TemplateProblem("javascript:alert(1)").empty());
  CHECK_FALSE(TemplateProblem("https://x/{email}").empty());
}

TEST_CASE("markup in names, segments and definitions is shown, not obeyed") {
  auto inbox = Matched();
  inbox.accounts[0].name = "**Acme** [x](http://evil)";
  inbox.profiles[0].name = "[Trial](http://evil)";
  const auto answer = json::parse(Render(inbox));
  for (const auto& component : answer["canvas"]["content"]["components"]) {
    if (component["type"] == "text") CHECK_FALSE(Has(component["text"], "](http"));
  }
}

TEST_CASE("the answer stays within 64 KB whatever there is") {
  auto inbox = Matched();
  const std::string text(5'000, 'x');
  inbox.accounts[0].name = text;
  auto& profile = inbox.profiles[0];
  profile.name = text;
  std::vector<TraitDefinition> catalogue(profile.catalogue.begin(), profile.catalogue.end());
  for (int i = 0; i < 200; ++i) {
    const auto name = "Trait" + std::to_string(i);
    catalogue.push_back({name, TraitType::kString, true, true, text});
    inbox.accounts[0].measures[kTrial.profile].traits[name] = {text, {}};
    inbox.accounts[0].measures[kTrial.profile].segments.push_back({text, kNow});
  }
  profile.catalogue = Catalogue(std::move(catalogue));
  for (const auto tab : {Tab::kSummary, Tab::kAccount, Tab::kUser, Tab::kInfo}) {
    Render(inbox, On(tab));
  }
  CHECK(Has(Render(inbox, On(Tab::kAccount)), " and 196 more"));
}

}  // namespace
}  // namespace accoil::widget
