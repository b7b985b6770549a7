#include "tests/integration/tagging_rules_bed.h"

/// Rules as their owners see them, and lists with a filter.
namespace accoil::test {

namespace {

template <typename Error>
std::string Refused(RulesBed& bed, const tagging::v1::Rule& rule) {
  try {
    bed.Begin(rule);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::string WrongField(RulesBed& bed, const tagging::v1::Rule& rule) {
  try {
    bed.Begin(rule);
  } catch (const core::InvalidArgument& error) {
    return error.field();
  }
  return "";
}

tagging::v1::PreviewRuleResponse Preview(RulesBed& bed, const tagging::v1::Rule& rule) {
  tagging::v1::PreviewRuleRequest request;
  request.set_product_id(RulesBed::kProduct);
  request.set_rule_id(rule.rule_id());
  return bed.rules.Preview(request);
}

void Match(RulesBed& bed, const std::string& user) {
  events::v1::ConnectionChanged connected;
  connected.set_product_id(RulesBed::kProduct);
  connected.set_version(++bed.version);
  connected.set_workspace_id("ws1");
  connected.set_state(events::v1::CONNECTED);
  bed.Apply(connected);
  events::v1::UserMatched event;
  *event.mutable_subject() = RulesBed::SubjectOf(user);
  event.set_version(++bed.version);
  event.set_workspace_id("ws1");
  event.set_target_id("c-" + user);
  bed.Apply(event);
}

}  // namespace

TEST_CASE("a rule that cannot be right is refused, and nothing is stored") {
  RulesBed bed;
  const auto with_filter = [](const std::string& filter) {
    auto rule = RulesBed::ConditionRule("r", "Score < 40");
    rule.set_filter(filter);
    return rule;
  };
  auto unknown_profile = RulesBed::ConditionRule("r", "Score < 40");
  unknown_profile.set_profile_id("nobody");
  auto empty_tag = RulesBed::ConditionRule("r", "Score < 40");
  empty_tag.mutable_actions(0)->set_tag("");

  CHECK(WrongField(bed, RulesBed::ConditionRule("r", "Scroe < 40")) == "trigger.condition");
  CHECK(WrongField(bed, RulesBed::ConditionRule("r", "Score < ")) == "trigger.condition");
  CHECK(WrongField(bed, with_filter("Plan > 3")) == "filter");
  CHECK(WrongField(bed, empty_tag) == "actions[0].tag");
  CHECK_FALSE(Refused<core::NotFound>(bed, unknown_profile).empty());
  const auto problem =
      Refused<core::InvalidArgument>(bed, RulesBed::ConditionRule("r", "Scroe < 40"));
  CHECK(problem.find("character 1") != std::string::npos);
  CHECK(problem.find("Score") != std::string::npos);
  for (const auto* const table : {"rule", "rule_subject", "rule_count"}) {
    CHECK(bed.postgres.Number(std::string("SELECT count(*) FROM ") + table) == 0);
  }
}

TEST_CASE("a rule's name is its own in the product") {
  RulesBed bed;
  bed.Make(RulesBed::ConditionRule("a", "Score < 40"));
  auto other = bed.Make(RulesBed::ConditionRule("b", "Score < 40"));
  CHECK_FALSE(Refused<core::Conflict>(bed, RulesBed::ConditionRule("a", "Score < 10")).empty());
  other.set_name("a");
  CHECK_THROWS_AS(bed.Change(other), core::Conflict);
  tagging::v1::ListRulesRequest request;
  request.set_product_id(RulesBed::kProduct);
  const auto rules = bed.rules.List(request);
  REQUIRE(rules.rules_size() == 2);
  CHECK(rules.rules(0).name() == "a");
  CHECK(rules.rules(1).name() == "b");
}

TEST_CASE("the kind of a rule stays, and another product's rule is none") {
  RulesBed bed;
  auto rule = bed.Make(RulesBed::ConditionRule("a", "Score < 40"));
  rule.set_kind(events::v1::ACCOUNT);
  CHECK_THROWS_AS(bed.Change(rule), core::InvalidArgument);
  tagging::v1::GetRuleRequest request;
  request.set_product_id(RulesBed::kProduct + 1);
  request.set_rule_id(rule.rule_id());
  CHECK_THROWS_AS(bed.rules.Get(request), core::NotFound);
}

TEST_CASE("a preview says who would be tagged now, and does nothing") {
  RulesBed bed;
  auto rule = RulesBed::ConditionRule("at-risk", "Score < 40");
  rule.set_filter("Plan = \"pro\"");
  bed.Identify("ada", "Ada Lovelace");
  rule = bed.Make(rule);
  for (const auto* const user : {"ada", "bob", "eve"}) {
    bed.Score(user, 30);
    bed.Plan(user, std::string(user) == "eve" ? "free" : "pro");
  }
  bed.Score("zoe", 90);
  Match(bed, "bob");
  CHECK(bed.Wished().size() == 2);
  const auto preview = Preview(bed, rule);
  CHECK(preview.complete());
  CHECK(preview.subjects() == 2);
  CHECK(preview.matched() == 1);
  REQUIRE(preview.examples_size() == 2);
  CHECK(preview.examples(0).subject_id() == "ada");
  CHECK(preview.examples(0).name() == "Ada Lovelace");
  CHECK(preview.examples(0).fired());
  CHECK_FALSE(preview.examples(0).matched());
  CHECK(preview.examples(1).matched());
  CHECK(bed.Wished().empty());
}

TEST_CASE("a preview of a rule for new users has those who are new since it was made") {
  RulesBed bed;
  bed.Identify("old");
  // The directory dates who is first seen by the database's clock, which stands for the rule's.
  bed.clock.Advance(std::chrono::system_clock::now() - bed.clock.Now());
  const auto rule = bed.Make(RulesBed::NewUserRule("welcome"));
  bed.Identify("new");
  const auto preview = Preview(bed, rule);
  CHECK(preview.subjects() == 1);
  REQUIRE(preview.examples_size() == 1);
  CHECK(preview.examples(0).subject_id() == "new");
}

TEST_CASE("a selection finds who is in its segment and meets its condition, slice by slice") {
  RulesBed bed;
  tagging::FactSelector selector(bed.clock);
  for (int i = 0; i < 25; ++i) {
    const auto user = "u" + std::to_string(100 + i);
    bed.Score(user, i);
    if (i % 2 == 0) bed.Apply(bed.Entered(user));
  }
  bed.Identify("u102", "Removed", true);
  tagging::Selection selection;
  selection.product = core::ProductId(RulesBed::kProduct);
  selection.profile = core::ProfileId("trial");
  selection.segment = "Red Hot";
  selection.condition = "Score < 10";
  std::vector<std::string> found;
  std::optional<core::SubjectId> after;
  do {
    const auto slice = bed.database->Transact(
        [&](postgres::Transaction& tx) { return selector.Select(tx, selection, after, 7); });
    for (const auto& id : slice.subjects) found.push_back(id.value());
    after = slice.after;
  } while (after);
  CHECK(found == std::vector<std::string>{"u100", "u104", "u106", "u108"});

  const auto check = [&] {
    bed.database->Transact([&](postgres::Transaction& tx) { selector.Check(tx, selection); });
  };
  CHECK_NOTHROW(check());
  selection.condition = "Nothing = 1";
  CHECK_THROWS_AS(check(), core::InvalidArgument);
  selection.profile = core::ProfileId("nobody");
  CHECK_THROWS_AS(check(), core::NotFound);
}

}  // namespace accoil::test
