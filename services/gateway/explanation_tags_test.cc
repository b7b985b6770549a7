#include "services/gateway/explanation_tags.h"

#include <string>
#include <vector>

#include "tests/catch.h"

namespace accoil::gateway {
namespace {

/// The user u1, of whose tags tagging-automation has told.
struct Case {
  Findings findings;

  Case() {
    findings.subject.set_kind(events::v1::USER);
    findings.subject.set_subject_id("u1");
    findings.tagging.message.emplace();
  }
  /// The newest first. An empty target is none.
  tagging::v1::Assignment& AddTag(const std::string& tag, const std::string& state,
                                  events::v1::SubjectKind target_kind = events::v1::USER,
                                  const std::string& target = "u1") {
    auto& assignment = *findings.tagging.message->add_assignments();
    assignment.set_tag(tag);
    assignment.set_state(state);
    if (!target.empty()) {
      assignment.mutable_target()->set_kind(target_kind);
      assignment.mutable_target()->set_subject_id(target);
    }
    return assignment;
  }
  void AddRule(const std::string& name, const std::string& state) {
    auto& rule = *findings.tagging.message->add_rules();
    rule.set_name(name);
    rule.set_state(state);
  }
  std::vector<std::string> Codes() const {
    std::vector<std::string> codes;
    for (const auto& reason : TagReasons(findings)) codes.push_back(reason.code);
    return codes;
  }
};

using CodeList = std::vector<std::string>;

TEST_CASE("tags that came to the end that was wanted need no words") {
  Case of;
  for (const auto* state : {"done", "superseded", "kept", "cancelled"}) of.AddTag(state, state);
  of.AddRule("At risk", "fired");
  CHECK(of.Codes().empty());
}

TEST_CASE("a tag that is not there says why, and what helps") {
  Case of;
  of.AddTag("a", "failed").set_reason("Intercom refuses it");
  of.AddTag("b", "waiting").set_reason("not matched yet");
  of.AddTag("c", "expired");
  of.AddTag("d", "due");
  const auto reasons = TagReasons(of.findings);
  REQUIRE(of.Codes() == CodeList{"tag_failed", "tag_waiting", "tag_expired", "tag_due"});
  CHECK(reasons[0].text == "The tag a is not given: Intercom refuses it.");
  CHECK(reasons[1].text == "The tag b is waiting for a match: not matched yet.");
  CHECK(reasons[2].text == "The tag c is not given, because it was not matched in time.");
  CHECK(reasons[3].text == "The tag d is on its way.");
  for (const auto& reason : reasons) {
    CHECK(reason.blocks);
    CHECK_FALSE(reason.remedy.empty());
  }
}

TEST_CASE("the tag of an account of the user is told with the account") {
  Case of;
  of.AddTag("a", "failed", events::v1::ACCOUNT, "a1").set_remove(true);
  of.AddTag("b", "waiting", events::v1::USER, "");
  const auto reasons = TagReasons(of.findings);
  REQUIRE(reasons.size() == 2);
  CHECK(reasons[0].text == "The tag a of the account a1 is not taken away.");
  CHECK(reasons[1].text == "The tag b is waiting for a match.");
}

TEST_CASE("of several words on one tag of one target the newest counts") {
  Case of;
  of.AddTag("At-Risk", "done");
  of.AddTag("at-risk", "failed");
  of.AddTag("at-risk", "failed", events::v1::ACCOUNT, "a1");
  CHECK(of.Codes() == CodeList{"tag_failed"});
}

TEST_CASE("a rule that the user is inside of without its firing says why") {
  Case of;
  of.AddRule("A", "paused");
  of.AddRule("B", "waiting_for_filter");
  of.AddRule("C", "not_fired");
  const auto reasons = TagReasons(of.findings);
  CHECK(of.Codes() == CodeList{"rule_paused", "rule_waiting_for_filter", "rule_not_fired"});
  CHECK(reasons[0].text ==
        "The user is inside of the rule A, which is paused and therefore gives no tag.");
  for (const auto& reason : reasons) {
    CHECK_FALSE(reason.blocks);
    CHECK_FALSE(reason.remedy.empty());
  }
}

TEST_CASE("while tagging is silent nothing is said of tags here") {
  Case of;
  of.findings.tagging = {.message = {}, .silence = "does not answer"};
  CHECK(of.Codes().empty());
}

}  // namespace
}  // namespace accoil::gateway
