#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "libs/core/errors.h"
#include "services/gateway/routes_fixture.h"
#include "tests/catch.h"

namespace accoil::gateway {
namespace {

using nlohmann::json;

const std::string kProduct = "/v1/products/{product}";
const std::string kRules = kProduct + "/rules";
const std::string kRule = kRules + "/{rule}";
const std::string kTags = kProduct + "/tags";
const std::string kJobs = kProduct + "/tag-jobs";
const std::string kOneJob = kJobs + "/{job}";
const std::string kItems = kOneJob + "/items";
const std::string kAudit = kProduct + "/tag-assignments";

struct Fixture : RoutesFixture {
  http::Response SendQuery(const std::string& path, std::map<std::string, std::string> query) {
    const auto& route = Find("GET", path);
    auto request = RequestFor(route);
    request.query = std::move(query);
    return Send(route, "read", request);
  }
  http::Response Tag(const std::string& body, const std::string& key = "once") {
    const auto& route = Find("POST", kTags);
    auto request = RequestFor(route);
    request.body = body;
    request.headers["Content-Type"] = "application/json";
    if (!key.empty()) request.headers["Idempotency-Key"] = key;
    return Send(route, "admin", request);
  }
};

/// What a call is refused for, or "accepted".
template <typename Call>
std::string Refusal(Call call) {
  try {
    call();
  } catch (const core::InvalidArgument& error) {
    return error.what();
  }
  return "accepted";
}

/// A rule's definition that is right, for a test to change.
json Definition() {
  return {{"name", "At risk"},
          {"profile_id", "trial"},
          {"kind", "user"},
          {"trigger", {{"type", "custom"}, {"condition", "Score < 40"}}},
          {"filter", "LastActive > 14 days ago"},
          {"actions",
           {{{"type", "add-tag"},
             {"tag", "at-risk"},
             {"target", "company"},
             {"remove_on_exit", true}}}},
          {"state", "paused"},
          {"catch_up", true}};
}

TEST_CASE("a rule is made, read, listed, changed and removed") {
  Fixture fixture;
  auto& tagging = fixture.tagging;
  auto body = Definition();
  body["apply_to_existing"] = true;
  fixture.Send("POST", kRules, "admin", body.dump());
  const auto made = tagging.created_rule.value();
  CHECK(made.apply_to_existing());
  CHECK(made.rule().product_id() == 7);
  CHECK(made.rule().kind() == events::v1::USER);
  CHECK(made.rule().trigger().custom().condition() == "Score < 40");
  CHECK(made.rule().actions(0).target() == tagging::v1::TAG_COMPANY);
  CHECK(made.rule().actions(0).remove_on_exit());
  CHECK(made.rule().state() == tagging::v1::RULE_PAUSED);
  CHECK(made.rule().catch_up());

  tagging.rule = made.rule();
  tagging.rule.set_rule_id(3);
  tagging.rule.mutable_created_at()->set_seconds(1);
  tagging.rule.mutable_updated_at()->set_seconds(2);
  tagging.rule.set_fired(12);
  tagging.rule.set_inside(9);
  tagging.rule.set_settling(true);
  const std::string written =
      R"({"rule_id":3,"name":"At risk","profile_id":"trial","kind":"user",)"
      R"("trigger":{"type":"custom","condition":"Score < 40"},)"
      R"("filter":"LastActive > 14 days ago",)"
      R"("actions":[{"type":"add-tag","tag":"at-risk","target":"company","remove_on_exit":true}],)"
      R"("state":"paused","catch_up":true,"created_at":"1970-01-01T00:00:01Z",)"
      R"("updated_at":"1970-01-01T00:00:02Z","fired":12,"inside":9,"broken":null,)"
      R"("settling":true})";
  const auto created = fixture.Send("POST", kRules, "admin", Definition().dump());
  CHECK(created.status == 201);
  CHECK(created.body == written);
  CHECK_FALSE(tagging.created_rule->apply_to_existing());
  CHECK(fixture.Send("GET", kRule, "read").body == written);
  CHECK(tagging.got_rule->rule_id() == 3);
  CHECK(tagging.got_rule->product_id() == 7);
  *tagging.rules.add_rules() = tagging.rule;
  CHECK(fixture.Send("GET", kRules, "read").body == R"({"rules":[)" + written + "]}");

  const auto changed = fixture.Send("PUT", kRule, "admin", Definition().dump());
  CHECK(changed.status == 200);
  CHECK(changed.body == written);
  CHECK(tagging.updated_rule->rule().rule_id() == 3);
  CHECK(tagging.updated_rule->rule().product_id() == 7);

  const auto removed = fixture.Send("DELETE", kRule, "admin");
  CHECK(removed.status == 204);
  CHECK(removed.body.empty());
  CHECK(tagging.deleted_rule->rule_id() == 3);
}

TEST_CASE("every sort of trigger is read, and written as it was sent") {
  Fixture fixture;
  for (const auto* trigger :
       {R"({"type":"enters-segment","segment":"At Risk"})",
        R"({"type":"activation-milestone","rate":75.5})",
        R"({"type":"score-change","direction":"falls","by":20,"within_days":7})",
        R"({"type":"score-change","direction":"rises","by":0.5,"within_days":30})",
        R"({"type":"new"})", R"({"type":"custom","condition":"Score < 40"})"}) {
    INFO(trigger);
    auto body = Definition();
    body["trigger"] = json::parse(trigger);
    fixture.Send("POST", kRules, "admin", body.dump());
    fixture.tagging.rule = fixture.tagging.created_rule->rule();
    const auto written = fixture.Send("GET", kRule, "read").body;
    CHECK(written.find(R"("trigger":)" + std::string(trigger)) != std::string::npos);
  }
}

TEST_CASE("what may be left out of a rule means everybody, active, once and from now on") {
  Fixture fixture;
  auto body = Definition();
  for (const auto* name : {"filter", "state", "catch_up"}) body.erase(name);
  body["actions"] = {{{"tag", "x"}, {"target", "user"}}};
  fixture.Send("POST", kRules, "admin", body.dump());
  const auto& rule = fixture.tagging.created_rule->rule();
  CHECK(rule.filter().empty());
  CHECK(rule.state() == tagging::v1::RULE_ACTIVE);
  CHECK_FALSE(rule.catch_up());
  CHECK_FALSE(rule.actions(0).remove_on_exit());
  CHECK_FALSE(fixture.tagging.created_rule->apply_to_existing());
}

TEST_CASE("rules are read strictly, by the names of their fields") {
  Fixture fixture;
  const auto refusal = [&](const std::string& pointer, const json& value) {
    auto body = Definition();
    body[json::json_pointer(pointer)] = value;
    return Refusal([&] { fixture.Send("POST", kRules, "admin", body.dump()); });
  };
  CHECK(refusal("/kind", "contact") == "kind: must be one of user, account");
  CHECK(refusal("/state", "rule_active") == "state: must be one of active, paused");
  CHECK(refusal("/colour", "red") == "colour: is not a known field here");
  CHECK(refusal("/rule_id", 3) == "rule_id: is not a known field here");
  CHECK(refusal("/catch_up", 1) == "catch_up: must be true or false");
  CHECK(refusal("/filter", nullptr) == "filter: must be a string");
  CHECK(refusal("/trigger", "new") == "trigger: must be an object");
  CHECK(refusal("/trigger", {{"type", "never"}}) ==
        "trigger.type: must be one of enters-segment, activation-milestone, score-change, new, "
        "custom");
  CHECK(refusal("/trigger", {{"type", "new"}, {"segment", "x"}}) ==
        "trigger.segment: is not a known field here");
  CHECK(refusal("/trigger", {{"type", "activation-milestone"}, {"rate", "75"}}) ==
        "trigger.rate: must be a number");
  CHECK(refusal("/trigger", {{"type", "enters-segment"}}) == "trigger.segment: is required");
  json change{{"type", "score-change"}, {"direction", "falls"}, {"by", 20}};
  CHECK(refusal("/trigger", change) == "trigger.within_days: is required");
  for (const std::int64_t days : {std::int64_t{0}, std::int64_t{31}, std::int64_t{1} << 32}) {
    change["within_days"] = days;
    CHECK(refusal("/trigger", change) == "trigger.within_days: must be 1 to 30");
  }
  change["direction"] = "down";
  CHECK(refusal("/trigger", change) == "trigger.direction: must be one of rises, falls");
  CHECK(refusal("/actions", json::object()) == "actions: must be an array");
  CHECK(refusal("/actions/0/type", "remove-tag") == "actions[0].type: must be one of add-tag");
  CHECK(refusal("/actions/0/target", "tag_user") ==
        "actions[0].target: must be one of user, company");
  CHECK(refusal("/actions/0/when", 1) == "actions[0].when: is not a known field here");
  CHECK_FALSE(fixture.tagging.created_rule);
  for (const auto* name : {"name", "profile_id", "kind", "trigger", "actions"}) {
    auto body = Definition();
    body.erase(name);
    CHECK(Refusal([&] { fixture.Send("PUT", kRule, "admin", body.dump()); }) ==
          std::string(name) + ": is required");
  }
}

TEST_CASE("what tagging refuses a rule for reaches the caller with its field and position") {
  Fixture fixture;
  fixture.tagging.failure = [] {
    throw core::InvalidArgument("trigger.condition", "at 1: no trait Scor; there is Score");
  };
  CHECK(Refusal([&] { fixture.Send("POST", kRules, "admin", Definition().dump()); }) ==
        "trigger.condition: at 1: no trait Scor; there is Score");
  for (const auto& [internal, rest] : std::vector<std::pair<std::string, std::string>>{
           {"trigger.enters_segment.segment", "trigger.segment"},
           {"trigger.activation_milestone.rate", "trigger.rate"},
           {"trigger.score_change", "trigger"},
           {"trigger", "trigger"},
           {"actions[2].tag", "actions[2].tag"}}) {
    fixture.tagging.failure = [&internal = internal] {
      throw core::InvalidArgument(internal, "no");
    };
    CHECK(Refusal([&] { fixture.Send("POST", kRules, "admin", Definition().dump()); }) ==
          rest + ": no");
    CHECK(Refusal([&] { fixture.Send("PUT", kRule, "admin", Definition().dump()); }) ==
          rest + ": no");
  }
  fixture.tagging.failure = [] { throw core::Conflict("a rule has this name"); };
  CHECK_THROWS_AS(fixture.Send("POST", kRules, "admin", Definition().dump()), core::Conflict);
}

TEST_CASE("who would be tagged is told without doing it, to a key that may only read") {
  Fixture fixture;
  auto& preview = fixture.tagging.preview;
  preview.set_subjects(9);
  preview.set_matched(8);
  preview.set_complete(true);
  auto& example = *preview.add_examples();
  example.set_subject_id("u1");
  example.set_fired(true);
  CHECK(fixture.Send("POST", kRule + "/preview", "read").body ==
        R"({"subjects":9,"matched":8,"examples":[{"subject_id":"u1","name":null,"fired":true,)"
        R"("matched":false}],"complete":true})");
  CHECK(fixture.tagging.previewed_rule->rule_id() == 3);
}

TEST_CASE("a rule or a job that cannot be does not exist, and nobody is asked for it") {
  Fixture fixture;
  for (const auto& route : fixture.routes) {
    for (const std::string name : {"rule", "job"}) {
      if (route.path.find("{" + name + "}") == std::string::npos) continue;
      INFO(route.method << " " << route.path);
      auto request = Fixture::RequestFor(route);
      if (route.method == "PUT") {
        request.body = Definition().dump();
        request.headers["Content-Type"] = "application/json";
      }
      for (const auto* wrong :
           {"0", "-3", "x", "3 OR 1=1", "0d9b6f0e-5a0c-4c1e-9f57-3a1d2b4c5e6", "\xff",
            "0d9b6f0e-5a0c-4c1e-9f57-3a1d2b4c5e6g", "0d9b6f0e_5a0c-4c1e-9f57-3a1d2b4c5e6f"}) {
        request.parameters[name] = wrong;
        CHECK_THROWS_AS(fixture.Send(route, "all", request), core::NotFound);
      }
    }
  }
  CHECK_FALSE(fixture.tagging.got_rule);
  CHECK_FALSE(fixture.tagging.got_job);
}

TEST_CASE("tagging by hand makes a job, and a repeat is answered in the same form") {
  Fixture fixture;
  auto& job = fixture.tagging.job;
  job.set_tag("q3");
  job.set_requested_by("ada");
  job.mutable_created_at()->set_seconds(1);
  job.set_subjects(2);
  job.set_due(2);
  const std::string body =
      R"({"tag":"q3","target":"user","requested_by":"ada","users":["u1","u2"]})";
  const auto first = fixture.Tag(body, "key 1");
  CHECK(first.status == 202);
  CHECK(first.body ==
        R"({"job_id":")" + kJob +
            R"(","tag":"q3","target":"user","operation":"add","requested_by":"ada",)"
            R"("state":"running","created_at":"1970-01-01T00:00:01Z","finished_at":null,)"
            R"("subjects":2,"done":0,"due":2,"waiting":0,"failed":0,"cancelled":0,"error":null})");
  const auto& asked = fixture.tagging.created_job.value();
  CHECK(asked.product_id() == 7);
  CHECK(asked.idempotency_key() == "key 1");
  CHECK(asked.api_key_id() == fixture.connections.keys.at("admin").api_key_id());
  CHECK(asked.kind() == events::v1::USER);
  CHECK(asked.subject_ids_size() == 2);
  CHECK_FALSE(asked.remove());
  CHECK_FALSE(asked.has_filter());
  const auto again = fixture.Tag(body, "key 1");
  CHECK(again.status == first.status);
  CHECK(again.body == first.body);
  CHECK(fixture.Send("GET", kOneJob, "read").body == first.body);
  *fixture.tagging.jobs.add_jobs() = job;
  CHECK(fixture.Send("GET", kJobs, "read").body == R"({"tag_jobs":[)" + first.body + "]}");
  const auto cancelled = fixture.Send("POST", kOneJob + "/cancel", "admin");
  CHECK(cancelled.status == 202);
  CHECK(fixture.tagging.cancelled_job->job_id() == kJob);
}

TEST_CASE("accounts, and those that a filter finds, are chosen as well") {
  Fixture fixture;
  fixture.Tag(R"({"tag":"q3","target":"company","operation":"remove","accounts":["a1"]})");
  CHECK(fixture.tagging.created_job->kind() == events::v1::ACCOUNT);
  CHECK(fixture.tagging.created_job->target() == tagging::v1::TAG_COMPANY);
  CHECK(fixture.tagging.created_job->remove());
  fixture.Tag(R"({"tag":"q3","target":"user","filter":{"kind":"user","profile_id":"trial",)"
              R"("segment":"All","condition":"Score < 40"}})");
  const auto& filter = fixture.tagging.created_job->filter();
  CHECK(fixture.tagging.created_job->kind() == events::v1::USER);
  CHECK(filter.profile_id() == "trial");
  CHECK(filter.segment() == "All");
  CHECK(filter.condition() == "Score < 40");
}

TEST_CASE("who is tagged by hand is chosen in one way, by ids that can be") {
  Fixture fixture;
  const auto refusal = [&](const std::string& chosen) {
    return Refusal([&] { fixture.Tag(R"({"tag":"t","target":"user")" + chosen + "}"); });
  };
  const std::string either = "users: give either users, accounts or filter, and one of them";
  CHECK(refusal("") == either);
  CHECK(refusal(R"(,"users":["u"],"accounts":["a"])") == either);
  CHECK(refusal(R"(,"users":["u"],"filter":{})") == either);
  CHECK(refusal(R"(,"users":[])") == "users: must have 1 to 10000 ids");
  CHECK(refusal(R"(,"users":")" + std::string("u") + R"(")") == "users: must be an array");
  CHECK(refusal(R"(,"users":["u",1])") == "users[1]: must be a string");
  const std::string plain = ": must be 1 to 255 bytes of UTF-8 without control characters";
  CHECK(refusal(R"(,"users":["u",""])") == "users[1]" + plain);
  CHECK(refusal(R"(,"accounts":["a\n"])") == "accounts[0]" + plain);
  CHECK(refusal(R"(,"users":[")" + std::string(256, 'u') + R"("])") == "users[0]" + plain);
  CHECK(refusal(R"(,"filter":{"kind":"user","profile_id":"trial"})") ==
        "filter: must have a segment, a condition, or both");
  CHECK(refusal(R"(,"filter":{"kind":"user","segment":"All"})") ==
        "filter.profile_id: is required");
  CHECK(refusal(R"(,"filter":{"kind":"user","profile_id":"t","segment":"s","search":"x"})") ==
        "filter.search: is not a known field here");
  CHECK(refusal(R"(,"users":["u"],"operation":"set")") == "operation: must be one of add, remove");
  CHECK(refusal(R"(,"users":["u"],"job_id":"x")") == "job_id: is not a known field here");
  json many{{"tag", "t"}, {"target", "user"}, {"users", json::array()}};
  for (int i = 0; i < 10'000; ++i) many["users"].push_back("u" + std::to_string(i));
  CHECK(Refusal([&] { fixture.Tag(many.dump()); }) == "accepted");
  CHECK(fixture.tagging.created_job->subject_ids_size() == 10'000);
  many["users"].push_back("one more");
  CHECK(Refusal([&] { fixture.Tag(many.dump()); }) == "users: must have 1 to 10000 ids");
}

TEST_CASE("a subject that the product does not have is refused by its place in the request") {
  Fixture fixture;
  fixture.tagging.failure = [] {
    throw core::InvalidArgument("subject_ids[1]", "is the id of no user of this product");
  };
  CHECK(Refusal([&] { fixture.Tag(R"({"tag":"t","target":"user","users":["u","x"]})"); }) ==
        "users[1]: is the id of no user of this product");
  CHECK(Refusal([&] { fixture.Tag(R"({"tag":"t","target":"user","accounts":["a","x"]})"); }) ==
        "accounts[1]: is the id of no user of this product");
}

TEST_CASE("tagging by hand takes a body with 10,000 of the longest ids") {
  const Fixture fixture;
  const auto& route = fixture.Find("POST", kTags);
  json body{{"tag", std::string(255, 't')}, {"target", "user"}, {"users", json::array()}};
  for (int i = 0; i < 10'000; ++i) body["users"].push_back(std::string(255, 'u'));
  CHECK(route.body_limit > body.dump().size());
}

TEST_CASE("tagging by hand needs a key that tells a repeat from a new request") {
  Fixture fixture;
  const std::string body = R"({"tag":"t","target":"user","users":["u"]})";
  for (const auto& key : {std::string(), std::string(256, 'k'), std::string("a\x01")}) {
    CHECK(Refusal([&] { fixture.Tag(body, key); }).starts_with("Idempotency-Key: "));
  }
  CHECK_FALSE(fixture.tagging.created_job);
  CHECK(fixture.Tag(body, std::string(255, 'k')).status == 202);
  fixture.tagging.failure = [] { throw core::Conflict("the key was used for another request"); };
  CHECK_THROWS_AS(fixture.Tag(body), core::Conflict);
}

TEST_CASE("a job's subjects are told page by page, with why they wait or failed") {
  Fixture fixture;
  auto& item = *fixture.tagging.items.add_items();
  item.set_subject_id("u9");
  item.set_state("failed");
  item.set_reason("no such contact");
  item.add_target_ids("65a");
  fixture.tagging.items.set_next_cursor("c2");
  CHECK(fixture.SendQuery(kItems, {{"state", "failed"}, {"limit", "1"}, {"cursor", "c1"}}).body ==
        R"({"items":[{"subject_id":"u9","state":"failed","reason":"no such contact",)"
        R"("target_ids":["65a"]}],"next_cursor":"c2"})");
  const auto& asked = fixture.tagging.listed_items.value();
  CHECK(asked.job_id() == kJob);
  CHECK(asked.state() == "failed");
  CHECK(asked.limit() == 1);
  CHECK(asked.cursor() == "c1");
  CHECK(fixture.SendQuery(kItems, {}).status == 200);
  CHECK(fixture.tagging.listed_items->limit() == 100);
  CHECK(fixture.tagging.listed_items->state().empty());
  CHECK(Refusal([&] {
          fixture.SendQuery(kItems, {{"state", "gone"}});
        }) == "state: must be one of done, due, waiting, failed, cancelled");
  CHECK(Refusal([&] {
          fixture.SendQuery(kItems, {{"limit", "1001"}});
        }) == "limit: must be 1 to 1000");
}

TEST_CASE("the audit tells of each tag who wanted it, when, and what Intercom answered") {
  Fixture fixture;
  auto& assignment = *fixture.tagging.assignments.add_assignments();
  assignment.set_assignment_id(71);
  assignment.mutable_subject()->set_kind(events::v1::USER);
  assignment.mutable_subject()->set_subject_id("u1");
  assignment.set_tag("at-risk");
  assignment.set_remove(true);
  assignment.set_rule_id(3);
  assignment.set_cause("At risk");
  assignment.mutable_requested_at()->set_seconds(1);
  assignment.set_state("waiting");
  assignment.set_reason("not matched yet");
  CHECK(fixture.SendQuery(kAudit, {}).body ==
        R"({"tag_assignments":[{"assignment_id":71,"kind":"user","subject_id":"u1",)"
        R"("target":null,"tag":"at-risk","operation":"remove","rule_id":3,"job_id":null,)"
        R"("cause":"At risk","requested_at":"1970-01-01T00:00:01Z","ended_at":null,)"
        R"("state":"waiting","reason":"not matched yet","target_id":null}],"next_cursor":null})");
  const auto& asked = fixture.tagging.listed_assignments.value();
  CHECK(asked.product_id() == 7);
  CHECK(asked.limit() == 100);
  CHECK_FALSE(asked.has_subject());

  assignment.mutable_target()->set_kind(events::v1::ACCOUNT);
  assignment.mutable_target()->set_subject_id("a1");
  assignment.set_rule_id(0);
  assignment.set_job_id(kJob);
  const auto body = json::parse(fixture
                                    .SendQuery(kAudit, {{"rule", "3"},
                                                        {"job", kJob},
                                                        {"subject_kind", "account"},
                                                        {"subject_id", "a1"},
                                                        {"tag", "at-risk"},
                                                        {"state", "done"},
                                                        {"limit", "1000"},
                                                        {"cursor", "c"}})
                                    .body);
  CHECK(body["tag_assignments"][0]["target"] == json{{"kind", "account"}, {"subject_id", "a1"}});
  CHECK(body["tag_assignments"][0]["rule_id"].is_null());
  CHECK(asked.rule_id() == 3);
  CHECK(asked.job_id() == kJob);
  CHECK(asked.subject().product_id() == 7);
  CHECK(asked.subject().kind() == events::v1::ACCOUNT);
  CHECK(asked.tag() == "at-risk");
  CHECK(asked.state() == "done");
  CHECK(asked.cursor() == "c");
}

TEST_CASE("parameters of the audit that cannot be are refused by name") {
  Fixture fixture;
  const auto refusal = [&](const std::map<std::string, std::string>& query) {
    return Refusal([&] { fixture.SendQuery(kAudit, query); });
  };
  CHECK(refusal({{"rule", "x"}}) == "rule: must be the id of a rule");
  CHECK(refusal({{"job", "x"}}) == "job: must be the id of a tag job");
  CHECK(refusal({{"subject_id", "u1"}}).starts_with("subject_kind: is required"));
  CHECK(refusal({{"subject_kind", "user"}}).starts_with("subject_id: is required"));
  CHECK(refusal({{"subject_kind", "x"}, {"subject_id", "u1"}}) ==
        "subject_kind: must be one of user, account");
  CHECK(refusal({{"state", "x"}}).starts_with("state: must be one of due, waiting, done"));
  CHECK(refusal({{"tag", "a\nb"}}).starts_with("tag: must be at most"));
  CHECK(refusal({{"cursor", "\xff"}}).starts_with("cursor: must be at most"));
  CHECK_FALSE(fixture.tagging.listed_assignments);
}

}  // namespace
}  // namespace accoil::gateway
