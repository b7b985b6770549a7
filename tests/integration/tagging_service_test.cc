// The gRPC face on a real PostgreSQL.

#include "tests/catch.h"
#include "tests/integration/tagging_served.h"

namespace accoil::test {
namespace {

namespace v1 = tagging::v1;
using Stub = ServedTagging::Stub;

v1::GetRuleRequest TheRule(const v1::Rule& rule, std::int64_t product = ServedTagging::kProduct) {
  v1::GetRuleRequest request;
  request.set_product_id(product);
  request.set_rule_id(rule.rule_id());
  return request;
}

v1::GetTagJobRequest TheJob(const std::string& id, std::int64_t product = ServedTagging::kProduct) {
  v1::GetTagJobRequest request;
  request.set_product_id(product);
  request.set_job_id(id);
  return request;
}

}  // namespace

TEST_CASE("a rule is made, read, listed, changed, tried out and deleted over gRPC") {
  ServedTagging tagging;
  tagging.Begin();
  const auto made = tagging.Call(&Stub::CreateRule, ServedTagging::AtRisk());
  CHECK(made.rule_id() > 0);
  CHECK(made.has_created_at());
  tagging.SettleRules();
  const auto read = tagging.Call(&Stub::GetRule, TheRule(made));
  CHECK(read.name() == "At risk");
  CHECK(read.trigger().custom().condition() == "Score < 40");
  CHECK(read.inside() == 1);
  CHECK(read.fired() == 0);
  CHECK(tagging.Call(&Stub::ListRules, ServedTagging::Of<v1::ListRulesRequest>()).rules_size() ==
        1);

  auto preview = ServedTagging::Of<v1::PreviewRuleRequest>();
  preview.set_rule_id(made.rule_id());
  const auto shown = tagging.Call(&Stub::PreviewRule, preview);
  CHECK(shown.complete());
  CHECK(shown.subjects() == 1);
  CHECK(shown.matched() == 1);
  REQUIRE(shown.examples_size() == 1);
  CHECK(shown.examples(0).subject_id() == "ada");

  v1::UpdateRuleRequest update;
  *update.mutable_rule() = read;
  update.mutable_rule()->set_name("In danger");
  CHECK(tagging.Call(&Stub::UpdateRule, update).name() == "In danger");

  auto remove = ServedTagging::Of<v1::DeleteRuleRequest>();
  remove.set_rule_id(made.rule_id());
  tagging.Call(&Stub::DeleteRule, remove);
  CHECK_THROWS_AS(tagging.Call(&Stub::GetRule, TheRule(made)), core::NotFound);
}

TEST_CASE("a rule that can never be right is refused with its field, and nothing is stored") {
  ServedTagging tagging;
  tagging.Begin();
  const auto refused = [&](auto change) {
    auto request = ServedTagging::AtRisk();
    change(*request.mutable_rule());
    return tagging.Refused(&Stub::CreateRule, request);
  };
  CHECK(refused([](v1::Rule& rule) { rule.set_product_id(0); }) == "product_id");
  CHECK(refused([](v1::Rule& rule) { rule.mutable_actions(0)->set_tag(""); }) == "actions[0].tag");
  CHECK(refused([](v1::Rule& rule) { rule.mutable_actions(0)->set_tag(std::string(256, 'x')); }) ==
        "actions[0].tag");
  CHECK(refused([](v1::Rule& rule) {
          rule.mutable_trigger()->mutable_custom()->set_condition("Scor < 40");
        }) == "trigger.condition");
  CHECK(refused([](v1::Rule& rule) { rule.set_filter("Scor < 40"); }) == "filter");
  auto profileless = ServedTagging::AtRisk();
  profileless.mutable_rule()->set_profile_id("nowhere");
  CHECK_THROWS_AS(tagging.Call(&Stub::CreateRule, profileless), core::NotFound);
  CHECK(tagging.Call(&Stub::ListRules, ServedTagging::Of<v1::ListRulesRequest>()).rules_size() ==
        0);
}

TEST_CASE("tagging by hand is asked for once, seen and cancelled over gRPC") {
  ServedTagging tagging;
  tagging.Begin();
  auto request = ServedTagging::Vip();
  request.add_subject_ids("ada");
  request.add_subject_ids("bob");
  const auto made = tagging.Call(&Stub::CreateTagJob, request);
  CHECK(made.state() == "running");
  CHECK(made.subjects() == 2);
  CHECK(made.due() == 1);
  CHECK(made.waiting() == 1);
  CHECK(made.requested_by() == "Ann");
  CHECK(made.has_created_at());
  CHECK(!made.has_finished_at());
  CHECK(tagging.Call(&Stub::CreateTagJob, request).job_id() == made.job_id());
  request.set_tag("other");
  CHECK_THROWS_AS(tagging.Call(&Stub::CreateTagJob, request), core::Conflict);

  auto items = ServedTagging::Of<v1::ListTagJobItemsRequest>();
  items.set_job_id(made.job_id());
  const auto listed = tagging.Call(&Stub::ListTagJobItems, items);
  REQUIRE(listed.items_size() == 2);
  CHECK(listed.items(0).subject_id() == "ada");
  CHECK(listed.items(0).state() == "due");
  CHECK(listed.items(1).state() == "waiting");

  auto cancel = ServedTagging::Of<v1::CancelTagJobRequest>();
  cancel.set_job_id(made.job_id());
  CHECK(tagging.Call(&Stub::CancelTagJob, cancel).state() == "cancelled");
  const auto cancelled = tagging.Call(&Stub::GetTagJob, TheJob(made.job_id()));
  CHECK(cancelled.state() == "cancelled");
  CHECK(cancelled.cancelled() == 2);
  CHECK(tagging.Call(&Stub::ListTagJobs, ServedTagging::Of<v1::ListTagJobsRequest>()).jobs_size() ==
        1);
  CHECK_THROWS_AS(tagging.Call(&Stub::GetTagJob, TheJob(made.job_id(), 8)), core::NotFound);
  CHECK_THROWS_AS(tagging.Call(&Stub::GetTagJob, TheJob("' OR true")), core::NotFound);
}

TEST_CASE("a filter chooses those whom a list with it shows") {
  ServedTagging tagging;
  tagging.Begin();
  auto request = ServedTagging::Vip();
  request.mutable_filter()->set_profile_id("trial");
  request.mutable_filter()->set_condition("Score < 40");
  const auto made = tagging.Call(&Stub::CreateTagJob, request);
  CHECK(made.state() == "collecting");
  CHECK(tagging.woken == 1);
  while (tagging.worker.Collect()) {
  }
  const auto collected = tagging.Call(&Stub::GetTagJob, TheJob(made.job_id()));
  CHECK(collected.state() == "running");
  CHECK(collected.subjects() == 1);
  CHECK(collected.due() == 1);
}

TEST_CASE("an order that can never be right is refused with its field, and nothing is stored") {
  ServedTagging tagging;
  tagging.Begin();
  tagging.Identify("others", 8);
  const auto refused = [&](auto change) {
    auto request = ServedTagging::Vip();
    request.add_subject_ids("ada");
    change(request);
    return tagging.Refused(&Stub::CreateTagJob, request);
  };
  using Request = v1::CreateTagJobRequest;
  CHECK(refused([](Request& request) { request.set_product_id(0); }) == "product_id");
  CHECK(refused([](Request& request) { request.set_tag(""); }) == "tag");
  CHECK(refused([](Request& request) { request.set_tag(std::string(256, 'x')); }) == "tag");
  CHECK(refused([](Request& request) { request.clear_target(); }) == "target");
  CHECK(refused([](Request& request) { request.clear_kind(); }) == "kind");
  CHECK(refused([](Request& request) { request.clear_subject_ids(); }) == "subject_ids");
  CHECK(refused([](Request& request) { request.add_subject_ids("others"); }) == "subject_ids[1]");
  CHECK(refused([](Request& request) { request.clear_idempotency_key(); }) == "idempotency_key");
  const auto refused_filter = [&](const std::string& condition) {
    auto request = ServedTagging::Vip();
    request.mutable_filter()->set_profile_id("trial");
    request.mutable_filter()->set_condition(condition);
    return tagging.Refused(&Stub::CreateTagJob, request);
  };
  CHECK(refused_filter("") == "filter");
  CHECK(refused_filter("Scor < 40") == "filter.condition");
  auto profileless = ServedTagging::Vip();
  profileless.mutable_filter()->set_profile_id("nowhere");
  profileless.mutable_filter()->set_segment("Power users");
  CHECK_THROWS_AS(tagging.Call(&Stub::CreateTagJob, profileless), core::NotFound);
  CHECK(tagging.Call(&Stub::ListTagJobs, ServedTagging::Of<v1::ListTagJobsRequest>()).jobs_size() ==
        0);
  CHECK(tagging.postgres.Number("SELECT count(*) FROM assignment") == 0);
}

TEST_CASE("the audit names the rule, or who asked, for every tag") {
  ServedTagging tagging;
  tagging.Begin();
  const auto rule = tagging.Call(&Stub::CreateRule, ServedTagging::AtRisk());
  tagging.SettleRules();
  tagging.Score("bob", 10);
  auto order = ServedTagging::Vip();
  order.add_subject_ids("ada");
  const auto job = tagging.Call(&Stub::CreateTagJob, order);

  auto request = ServedTagging::Of<v1::ListAssignmentsRequest>();
  const auto all = tagging.Call(&Stub::ListAssignments, request);
  REQUIRE(all.assignments_size() == 2);
  CHECK(all.assignments(0).cause() == "Ann");
  CHECK(all.assignments(0).job_id() == job.job_id());
  CHECK(all.assignments(0).subject().subject_id() == "ada");
  CHECK(all.assignments(0).target().subject_id() == "ada");
  CHECK(all.assignments(0).state() == "due");
  CHECK(all.assignments(1).cause() == "At risk");
  CHECK(all.assignments(1).rule_id() == rule.rule_id());
  CHECK(all.assignments(1).state() == "waiting");
  CHECK(all.assignments(1).has_requested_at());

  request.set_limit(1);
  const auto first = tagging.Call(&Stub::ListAssignments, request);
  REQUIRE(!first.next_cursor().empty());
  request.set_cursor(first.next_cursor());
  const auto second = tagging.Call(&Stub::ListAssignments, request);
  REQUIRE(second.assignments_size() == 1);
  CHECK(second.assignments(0).assignment_id() == all.assignments(1).assignment_id());

  v1::ExplainSubjectRequest explain;
  *explain.mutable_subject() = ServedTagging::User("bob");
  const auto explained = tagging.Call(&Stub::ExplainSubject, explain);
  REQUIRE(explained.rules_size() == 1);
  CHECK(explained.rules(0).name() == "At risk");
  CHECK(explained.rules(0).state() == "fired");
  CHECK(explained.rules(0).has_entered_at());
  CHECK(explained.assignments_size() == 1);

  auto remove = ServedTagging::Of<v1::DeleteRuleRequest>();
  remove.set_rule_id(rule.rule_id());
  tagging.Call(&Stub::DeleteRule, remove);
  const auto kept = tagging.Call(&Stub::ExplainSubject, explain);
  REQUIRE(kept.assignments_size() == 1);
  CHECK(kept.assignments(0).cause() == "a rule that was deleted");
  CHECK(kept.assignments(0).state() == "cancelled");
}

TEST_CASE("problems are told by group, a rule that cannot be evaluated among them") {
  ServedTagging tagging;
  tagging.Begin();
  const auto rule = tagging.Call(&Stub::CreateRule, ServedTagging::AtRisk());
  tagging.SettleRules();
  tagging.Profile("Points");
  auto order = ServedTagging::Vip();
  order.add_subject_ids("ada");
  const auto job = tagging.Call(&Stub::CreateTagJob, order);
  tagging.postgres.Run(
      "UPDATE assignment SET state = 4, ended_at = now(), reason_class = 1, reason = 'refused'");
  tagging.postgres.Run("UPDATE delivery SET open = false, due_at = NULL");
  tagging.worker.Settle();
  CHECK(tagging.Call(&Stub::GetTagJob, TheJob(job.job_id())).state() == "finished");
  CHECK(tagging.Call(&Stub::GetTagJob, TheJob(job.job_id())).failed() == 1);

  const auto problems =
      tagging.Call(&Stub::ListProblems, ServedTagging::Of<v1::ListProblemsRequest>());
  REQUIRE(problems.groups_size() == 2);
  std::map<std::string, v1::ListProblemsResponse::Group> groups;
  for (const auto& group : problems.groups()) groups[group.reason_class()] = group;
  const auto& broken = groups.at("rule_broken");
  CHECK(broken.name() == "At risk");
  CHECK(broken.reason().find("Score") != std::string::npos);
  CHECK(broken.has_since());
  const auto& refused = groups.at("tag_refused");
  CHECK(refused.name() == "vip");
  CHECK(refused.subjects() == 1);
  REQUIRE(refused.examples_size() == 1);
  CHECK(refused.examples(0).subject_id() == "ada");

  auto retry = ServedTagging::Of<v1::RetryProblemRequest>();
  retry.set_key(broken.key());
  CHECK_THROWS_AS(tagging.Call(&Stub::RetryProblem, retry), core::FailedPrecondition);
  CHECK(tagging.due == 0);
  retry.set_key(refused.key());
  CHECK(tagging.Call(&Stub::RetryProblem, retry).assignments() == 1);
  CHECK(tagging.due == 1);
  // The job is not at its end any more.
  CHECK(tagging.Call(&Stub::GetTagJob, TheJob(job.job_id())).state() == "running");
  CHECK(tagging.Call(&Stub::GetTagJob, TheJob(job.job_id())).due() == 1);
  retry.set_key("rule_broken:" + std::to_string(rule.rule_id() + 1));
  CHECK_THROWS_AS(tagging.Call(&Stub::RetryProblem, retry), core::NotFound);

  const auto summary = tagging.Call(&Stub::GetSummary, ServedTagging::Of<v1::GetSummaryRequest>());
  CHECK(summary.rules() == 1);
  CHECK(summary.due() == 1);
  CHECK(!summary.paused());
}

TEST_CASE("questions beyond the limits are refused with their field") {
  ServedTagging tagging;
  const auto refused = [&](auto change) {
    auto request = ServedTagging::Of<v1::ListAssignmentsRequest>();
    change(request);
    return tagging.Refused(&Stub::ListAssignments, request);
  };
  using Request = v1::ListAssignmentsRequest;
  CHECK(refused([](Request& request) { request.set_product_id(0); }) == "product_id");
  CHECK(refused([](Request& request) { request.set_rule_id(-1); }) == "rule_id");
  CHECK(refused([](Request& request) { request.set_job_id("1"); }) == "job_id");
  CHECK(refused([](Request& request) { request.set_state("lost"); }) == "state");
  CHECK(refused([](Request& request) { request.set_limit(1'001); }) == "limit");
  CHECK(refused([](Request& request) { request.set_cursor("none of ours"); }) == "cursor");
  CHECK(refused([](Request& request) { request.set_tag("a\nb"); }) == "tag");
  CHECK(refused([](Request& request) { *request.mutable_subject() = ServedTagging::User(""); }) ==
        "subject.subject_id");
  CHECK(refused([](Request& request) {
          *request.mutable_subject() = ServedTagging::User("ada", 8);
        }) == "subject.product_id");
  auto retry = ServedTagging::Of<v1::RetryProblemRequest>();
  CHECK(tagging.Refused(&Stub::RetryProblem, retry) == "key");
  retry.set_key(std::string(401, 'k'));
  CHECK(tagging.Refused(&Stub::RetryProblem, retry) == "key");
  CHECK(tagging.Refused(&Stub::GetSummary, v1::GetSummaryRequest()) == "product_id");
}

}  // namespace accoil::test
