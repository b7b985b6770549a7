// The gRPC face on a real PostgreSQL: what a teammate opens and clicks.

#include "services/widget/components.h"
#include "tests/catch.h"
#include "tests/integration/widget_served.h"

namespace accoil::test {
namespace {

using events::v1::ACCOUNT;
using events::v1::USER;

bool Has(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("a teammate walks the tabs, and finds the last one again in the next conversation") {
  ServedWidget widget;
  widget.Begin();
  const auto conversation = ServedWidget::Request("c1");
  CHECK(Has(widget.Open(conversation), "40 · Passive"));
  CHECK(Has(widget.Click("tab", {{"tab", "info"}}), "How engaged."));
  CHECK(Has(widget.Click("tab", {{"tab", "account"}}), "https://app.example/7/accounts/acme"));
  CHECK(Has(widget.Click("tab", {{"tab", "user"}}), "https://app.example/7/users/ada"));

  CHECK(Has(widget.Open(conversation), "71 · Slightly Engaged"));
  auto others = conversation;
  others.set_admin_id("bert");
  CHECK(Has(widget.Open(others), "40 · Passive"));
  others.clear_admin_id();
  CHECK(Has(widget.Open(others), "40 · Passive"));
}

TEST_CASE("the profile that was switched to is kept, and one that is gone gives way") {
  ServedWidget widget;
  widget.Begin();
  widget.Profile("paid", "Paid Users");
  widget.Score(widget.Subject(USER, "ada"), 12, "paid");
  const auto conversation = ServedWidget::Request("c1");
  widget.Open(conversation);
  widget.Click("tab", {{"tab", "user"}});
  CHECK(Has(widget.Click("switch-profile", {{"profile", "7.paid"}}), "12 · "));
  CHECK(Has(widget.Open(conversation), "12 · "));

  events::v1::ProfileChanged removed;
  removed.set_product_id(WidgetBed::kProduct);
  removed.set_profile_id("paid");
  removed.set_removed(true);
  widget.Tell(removed);
  CHECK(Has(widget.Open(conversation), "71 · "));
  CHECK(Has(widget.Click("switch-profile", {{"profile", "8.trial"}}), "71 · "));
}

TEST_CASE("a profile that is changed shows as it now is") {
  ServedWidget widget;
  widget.Begin();
  const auto conversation = ServedWidget::Request("c1");
  widget.Open(conversation);
  CHECK(Has(widget.Click("tab", {{"tab", "info"}}), "How engaged."));
  events::v1::ProfileChanged changed;
  changed.set_product_id(WidgetBed::kProduct);
  changed.set_profile_id("trial");
  changed.set_name("Trialists");
  changed.set_sync_mode(events::v1::ALL_TRAITS);
  auto& trait = *changed.add_catalogue();
  trait.set_name("Score");
  trait.set_type(events::v1::INTEGER);
  trait.add_on(USER);
  trait.set_definition("Said in other words.");
  widget.Tell(changed);
  const auto answer = widget.Click("tab", {{"tab", "info"}});
  CHECK(Has(answer, "Said in other words."));
  CHECK(Has(answer, "Trialists"));
}

TEST_CASE("of a user's many accounts each is one click away or counted") {
  ServedWidget widget;
  widget.Begin();
  std::vector<std::string> accounts;
  for (int i = 0; i < 1'000; ++i) accounts.push_back("account-" + std::to_string(1'000 + i));
  widget.Identify(widget.Subject(USER, "ada"), "Ada Lovelace", accounts);
  widget.Score(widget.Subject(ACCOUNT, "account-1003"), 33);
  widget.Open(ServedWidget::Request("c1"));
  const auto list = widget.Click("tab", {{"tab", "account"}});
  CHECK(Has(list, "account-1000"));
  CHECK(Has(list, "and 989 more"));
  const auto chosen = widget.Click("account-3");
  CHECK(Has(chosen, "account-1003"));
  CHECK(Has(chosen, "33 · "));
}

TEST_CASE("a canvas of everything there can be is one that Intercom accepts") {
  ServedWidget widget;
  widget.Begin();
  const std::string name = "**[Name]** <b>" + std::string(180, 'x');
  std::vector<std::string> accounts;
  for (int i = 0; i < 100; ++i) accounts.push_back(name + std::to_string(i));
  const auto ada = widget.Subject(USER, "ada");
  widget.Identify(ada, name, accounts);
  for (int p = 0; p < 25; ++p) {
    events::v1::ProfileChanged profile;
    profile.set_product_id(WidgetBed::kProduct);
    profile.set_profile_id("p" + std::to_string(p));
    profile.set_name(name + std::to_string(p));
    profile.set_sync_mode(events::v1::ALL_TRAITS);
    for (int t = 0; t < 80; ++t) {
      auto& trait = *profile.add_catalogue();
      trait.set_name("Trait" + std::to_string(t));
      trait.set_type(events::v1::STRING);
      trait.add_on(USER);
      trait.add_on(ACCOUNT);
      trait.set_definition(name + name + name);
    }
    widget.Tell(profile);
  }
  for (const auto& subject : {ada, widget.Subject(ACCOUNT, accounts.front())}) {
    for (int t = 0; t < 80; ++t) {
      events::v1::TraitChanged trait;
      *trait.mutable_subject() = subject;
      trait.set_profile_id("p3");
      trait.set_trait("Trait" + std::to_string(t));
      trait.mutable_value()->set_string_value(name + name + name);
      widget.Tell(trait);
      widget.Segment<events::v1::SegmentEntered>(subject, name + std::to_string(t), "p3");
    }
  }
  widget.Open(ServedWidget::Request("c1"));
  widget.Click("more-profiles");
  widget.Click("switch-profile", {{"profile", "7.p3"}});
  for (const auto* tab : {"summary", "account", "user", "info"}) {
    CHECK(widget.Click("tab", {{"tab", tab}}).size() <= widget::kMostBytes);
  }
}

TEST_CASE("a request beyond the limits is refused, naming the field, and the others are rendered") {
  ServedWidget widget;
  widget.Begin();
  auto many = ServedWidget::Request("c1");
  for (int i = 0; i < 101; ++i) many.mutable_contact()->add_company_ids("co");
  const auto answers =
      widget.RenderAll({ServedWidget::Request("c1", ""), ServedWidget::Request("c1"), many,
                        ServedWidget::Request(std::string(256, 'c'))});
  CHECK(Has(answers.at(0).problem(), "workspace_id"));
  CHECK(Has(answers.at(1).body(), "40 · Passive"));
  CHECK(Has(answers.at(2).problem(), "contact.company_ids"));
  CHECK(Has(answers.at(3).problem(), "contact.contact_id"));
  CHECK_THROWS_AS(widget.RenderAll({}), core::InvalidArgument);
  CHECK_THROWS_AS(widget.RenderAll(std::vector(65, ServedWidget::Request("c1"))),
                  core::InvalidArgument);
}

TEST_CASE(
    "of requests that are rendered together each shows its own workspace, contact and choice") {
  ServedWidget widget;
  widget.Begin();
  widget.Identify(widget.Subject(USER, "bob"), "Bob", {"acme"});
  widget.Match(widget.Subject(USER, "bob"), "c2");
  widget.Score(widget.Subject(USER, "bob"), 12);
  widget.Connect(8, "ws-2");
  widget.Profile("trial", "Other", true, events::v1::ALL_TRAITS, 8);
  widget.Identify(widget.Subject(USER, "eve", 8), "Eve", {"evil"});
  widget.Match(widget.Subject(USER, "eve", 8), "c1", "ws-2");
  widget.Score(widget.Subject(USER, "eve", 8), 99);
  const auto user_tab = [](widget::v1::RenderRequest request) {
    request.set_component_id("tab");
    (*request.mutable_input_values())["tab"] = "user";
    return request;
  };
  const auto answers = widget.RenderAll(
      {user_tab(ServedWidget::Request("c2")), ServedWidget::Request("c1"),
       user_tab(ServedWidget::Request("c1", "ws-2")), user_tab(ServedWidget::Request("c1")),
       ServedWidget::Request("c3"), ServedWidget::Request("c1", "ws-3")});
  CHECK(Has(answers.at(0).body(), "12 · Least Engaged"));
  CHECK(Has(answers.at(1).body(), "71 · Slightly Engaged"));  // anna chose the tab just now
  CHECK(Has(answers.at(2).body(), "99 · Most Engaged"));
  CHECK_FALSE(Has(answers.at(2).body(), "Ada"));
  CHECK(Has(answers.at(3).body(), "71 · Slightly Engaged"));
  CHECK(Has(answers.at(4).body(), "not known in Accoil"));
  CHECK(Has(answers.at(5).body(), "not connected"));
}

TEST_CASE("while the database is away it says so, and serves again by itself") {
  ServedWidget widget;
  widget.Begin();
  const auto conversation = ServedWidget::Request("c1");
  widget.Open(conversation);
  widget.postgres().GoAway();
  CHECK_THROWS_AS(widget.Render(conversation), core::Unavailable);
  widget.postgres().ComeBack();
  CHECK(Has(widget.Open(conversation), "40 · Passive"));
}

}  // namespace accoil::test
