#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <nlohmann/json.hpp>
#include <string>

#include "libs/core/errors.h"
#include "services/gateway/routes_fixture.h"
#include "tests/catch.h"

namespace accoil::gateway {
namespace {

using nlohmann::json;

const std::string kProduct = "/v1/products/{product}";
const std::string kProfile = kProduct + "/profiles/{profile}";
const std::string kExplain = kProduct + "/subjects/{kind}/{subject_id}/explain";
const std::string kProblems = kProduct + "/problems";
const std::string kRetry = kProduct + "/problems/retry";
const std::string kRuns = kProduct + "/runs";

struct Fixture : RoutesFixture {
  http::Response SendQuery(const std::string& method, const std::string& path,
                           const std::string& key, std::map<std::string, std::string> query,
                           const std::string& body = {}) {
    const auto& route = Find(method, path);
    auto request = RequestFor(route);
    request.query = std::move(query);
    request.body = body;
    if (!body.empty()) request.headers["Content-Type"] = "application/json";
    return Send(route, key, request);
  }
};

[[noreturn]] void Down() { throw core::Unavailable("does not answer now"); }

TEST_CASE("a preview of a profile is checked as the change would be, and changes nothing") {
  Fixture fixture;
  auto& change = *fixture.trait_sync.preview.add_attributes();
  change.set_name("Accoil_TrialUsers_Score");
  change.set_model("contact");
  change.set_change("archive");
  change.set_subjects(120);
  fixture.trait_sync.preview.set_contacts_losing(120);
  const auto response =
      fixture.SendQuery("PUT", kProfile, "admin", {{"preview", "true"}},
                        R"({"name":"Trial Users","sync_mode":"segments_only",)"
                        R"("catalogue":[{"name":"Score","type":"integer","on":["user"]}]})");
  CHECK(response.status == 200);
  CHECK(response.body ==
        R"({"attributes":[{"name":"Accoil_TrialUsers_Score","model":"contact","change":"archive",)"
        R"("reason":null,"subjects":120}],"contacts_written":0,"companies_written":0,)"
        R"("contacts_losing":120,"companies_losing":0})");
  CHECK(fixture.connections.put_profile.validate_only());
  const auto& asked = fixture.trait_sync.previewed.value();
  CHECK(asked.product_id() == 7);
  CHECK(asked.profile_id() == "trial");
  CHECK(asked.name() == "Trial Users");
  CHECK(asked.sync_mode() == events::v1::SEGMENTS_ONLY);
  CHECK(asked.catalogue_size() == 1);
  CHECK_FALSE(asked.removed());
}

TEST_CASE("a preview of what would be refused is refused") {
  Fixture fixture;
  fixture.Send("GET", kProfile, "admin");  // so that the key is remembered
  fixture.connections.failure = [] { throw core::InvalidArgument("name", "must be unique"); };
  CHECK_THROWS_WITH(fixture.SendQuery("PUT", kProfile, "admin", {{"preview", "true"}},
                                      R"({"name":"T","sync_mode":"off"})"),
                    "name: must be unique");
  CHECK_FALSE(fixture.trait_sync.previewed);
}

TEST_CASE("a preview of a removal asks for a profile that exists and removes nothing") {
  Fixture fixture;
  CHECK(fixture.SendQuery("DELETE", kProfile, "admin", {{"preview", "true"}}).status == 200);
  CHECK(fixture.trait_sync.previewed->removed());
  CHECK(fixture.connections.got_profile.profile_id() == "trial");
  CHECK(fixture.connections.deleted_profile.profile_id().empty());
  fixture.connections.failure = [] { throw core::NotFound("no such profile"); };
  CHECK_THROWS_AS(fixture.SendQuery("DELETE", kProfile, "admin", {{"preview", "true"}}),
                  core::NotFound);
}

TEST_CASE("preview is true or false and nothing else") {
  Fixture fixture;
  for (const auto* value : {"", "1", "yes", "TRUE"}) {
    CHECK_THROWS_WITH(fixture.SendQuery("DELETE", kProfile, "admin", {{"preview", value}}),
                      "preview: must be true or false");
    CHECK_THROWS_WITH(fixture.SendQuery("PUT", kProfile, "admin", {{"preview", value}},
                                        R"({"name":"T","sync_mode":"off"})"),
                      "preview: must be true or false");
  }
  CHECK(fixture.connections.deleted_profile.profile_id().empty());
  CHECK(fixture.SendQuery("DELETE", kProfile, "admin", {{"preview", "false"}}).status == 204);
}

TEST_CASE("an explanation has the words and what they were made from") {
  Fixture fixture;
  fixture.matcher.match.mutable_subject()->set_subject_id("u1");
  fixture.matcher.match.set_decision(events::v1::NO_CONTACT);
  fixture.matcher.match.set_reason("No contact has the user's email.");
  fixture.matcher.match.set_email("ada@example.com");
  auto& attribute = *fixture.trait_sync.explanation.add_attributes();
  attribute.set_name("Accoil_Trial_Score");
  attribute.set_state("not_matched");
  attribute.mutable_wanted()->set_number_value(83);
  const auto response = fixture.Send("GET", kExplain, "read");
  CHECK(response.status == 200);
  const auto body = json::parse(response.body);
  CHECK(body["kind"] == "user");
  CHECK(body["subject_id"] == "u1");
  CHECK(body["in_intercom"] == false);
  CHECK(body["reasons"][0]["code"] == "no_contact");
  CHECK(body["connection"]["state"] == "connected");
  CHECK(body["match"]["email"] == "ada@example.com");
  CHECK(body["attributes"][0]["wanted"] == 83);
  CHECK(body["attributes"][0]["delivered"].is_null());
  CHECK(body["delivery"]["attempts"] == 0);
  CHECK(fixture.trait_sync.explained.subject().product_id() == 7);
  CHECK(fixture.matcher.got_match.subject().subject_id() == "u1");
}

TEST_CASE("one that matcher never heard of is explained, too") {
  Fixture fixture;
  fixture.matcher.failure = [] { throw core::NotFound("never identified"); };
  const auto body = json::parse(fixture.Send("GET", kExplain, "read").body);
  CHECK(body["match"].is_null());
  CHECK(body["reasons"][0]["code"] == "unknown_user");
}

TEST_CASE("without one service the rest is explained, without any it is unavailable") {
  Fixture fixture;
  fixture.matcher.failure = Down;
  auto body = json::parse(fixture.Send("GET", kExplain, "read").body);
  CHECK(body["reasons"][0]["code"] == "matcher_unavailable");
  CHECK(body["match"].is_null());
  fixture.trait_sync.failure = Down;
  body = json::parse(fixture.Send("GET", kExplain, "read").body);
  CHECK(body["in_intercom"].is_null());
  CHECK(body["attributes"].is_null());
  fixture.connections.failure = Down;
  body = json::parse(fixture.Send("GET", kExplain, "read").body);
  CHECK(body["tags"].is_array());
  fixture.tagging.failure = Down;
  CHECK_THROWS_AS(fixture.Send("GET", kExplain, "read"), core::Unavailable);
}

TEST_CASE("an explanation tells the rules that one is inside of, and its tags") {
  Fixture fixture;
  auto& rule = *fixture.tagging.explanation.add_rules();
  rule.set_rule_id(3);
  rule.set_name("At risk");
  rule.set_state("fired");
  rule.mutable_entered_at()->set_seconds(1);
  auto& tag = *fixture.tagging.explanation.add_assignments();
  *tag.mutable_subject() = fixture.matcher.match.subject();
  tag.set_tag("at-risk");
  tag.set_state("failed");
  tag.set_reason("Intercom refuses it");
  auto body = json::parse(fixture.Send("GET", kExplain, "read").body);
  CHECK(body["rules"] == json::parse(R"([{"rule_id":3,"name":"At risk","state":"fired",)"
                                     R"("entered_at":"1970-01-01T00:00:01Z"}])"));
  CHECK(body["tags"][0]["tag"] == "at-risk");
  CHECK(body["tags"][0]["reason"] == "Intercom refuses it");
  const auto has = [&](const std::string& code) {
    return std::any_of(body["reasons"].begin(), body["reasons"].end(),
                       [&](const auto& reason) { return reason["code"] == code; });
  };
  CHECK(has("tag_failed"));
  CHECK(fixture.tagging.explained->subject().subject_id() == "u1");
  CHECK(fixture.tagging.explained->subject().product_id() == 7);

  fixture.tagging.failure = Down;
  body = json::parse(fixture.Send("GET", kExplain, "read").body);
  CHECK(body["rules"].is_null());
  CHECK(body["tags"].is_null());
  CHECK(has("tagging_unavailable"));
}

TEST_CASE("an explanation and the problems ask all services at once") {
  for (const auto& path : {kExplain, kProblems}) {
    Fixture fixture;
    std::promise<void> all_asked;
    const auto released = all_asked.get_future().share();
    std::atomic<int> missing = 3;
    // Nobody answers before all were asked.
    const auto meet = [&] {
      if (--missing == 0) all_asked.set_value();
      if (released.wait_for(std::chrono::seconds(30)) != std::future_status::ready) Down();
    };
    fixture.matcher.failure = meet;
    fixture.trait_sync.failure = meet;
    fixture.tagging.failure = meet;
    const auto body = json::parse(fixture.Send("GET", path, "read").body);
    if (path == kProblems) {
      CHECK(body["problems"].empty());
    } else {
      for (const auto* part : {"match", "delivery", "tags"}) CHECK_FALSE(body[part].is_null());
    }
  }
}

TEST_CASE("a subject that cannot be is refused by name") {
  Fixture fixture;
  const auto& route = fixture.Find("GET", kExplain);
  auto request = Fixture::RequestFor(route);
  request.parameters["kind"] = "contact";
  CHECK_THROWS_WITH(fixture.Send(route, "read", request), "kind: must be one of user, account");
  request.parameters["kind"] = "user";
  for (const auto& id : {std::string(256, 'x'), std::string("a\nb"), std::string("\xff")}) {
    request.parameters["subject_id"] = id;
    CHECK_THROWS_WITH(fixture.Send(route, "read", request),
                      "subject_id: must be 1 to 255 bytes of UTF-8 without control characters");
  }
}

TEST_CASE("problems come in pages and are tried again by their ids") {
  Fixture fixture;
  auto& group = *fixture.matcher.problems.add_groups();
  group.set_kind(events::v1::USER);
  group.set_decision(events::v1::NO_CONTACT);
  group.set_subjects(12);
  group.add_examples()->set_subject_id("u9");
  auto& refused = *fixture.trait_sync.problems.add_groups();
  refused.set_key("attribute_refused/contact/Accoil_Trial_Score");
  refused.set_reason_class("attribute_refused");
  refused.set_reason("name taken");

  auto page = json::parse(fixture.SendQuery("GET", kProblems, "read", {{"limit", "1"}}).body);
  REQUIRE(page["problems"].size() == 1);
  CHECK(page["problems"][0]["id"] == "match.user.no_contact");
  CHECK(page["problems"][0]["examples"][0]["subject_id"] == "u9");
  const std::string cursor = page["next_cursor"];
  page = json::parse(
      fixture.SendQuery("GET", kProblems, "read", {{"limit", "1"}, {"cursor", cursor}}).body);
  CHECK(page["next_cursor"].is_null());
  const std::string id = page["problems"][0]["id"];
  CHECK(id == "sync.attribute_refused/contact/Accoil_Trial_Score");

  fixture.matcher.retried.set_subjects(12);
  const auto retried =
      fixture.Send("POST", kRetry, "admin", R"({"problem":"match.user.no_contact"})");
  CHECK(retried.status == 202);
  CHECK(retried.body == R"({"retried":12})");
  CHECK(fixture.matcher.retry->product_id() == 7);
  CHECK(fixture.matcher.retry->kind() == events::v1::USER);
  CHECK(fixture.matcher.retry->decision() == events::v1::NO_CONTACT);
  fixture.Send("POST", kRetry, "admin", json{{"problem", id}}.dump());
  CHECK(fixture.trait_sync.retry->key() == "attribute_refused/contact/Accoil_Trial_Score");

  fixture.tagging.retried.set_assignments(4);
  CHECK(
      fixture.Send("POST", kRetry, "admin", R"({"problem":"tagging.tag_refused/at-risk"})").body ==
      R"({"retried":4})");
  CHECK(fixture.tagging.retry->product_id() == 7);
  CHECK(fixture.tagging.retry->key() == "tag_refused/at-risk");
}

TEST_CASE("a problem that does not exist, or cannot be tried again, is refused in words") {
  Fixture fixture;
  const auto retry = [&](const std::string& body) { fixture.Send("POST", kRetry, "admin", body); };
  CHECK_THROWS_AS(retry(R"({"problem":"match.user.none"})"), core::NotFound);
  CHECK_THROWS_AS(retry(R"({"problem":"connection.disconnected"})"), core::FailedPrecondition);
  CHECK_THROWS_WITH(retry("{}"), "problem: is required");
  CHECK_THROWS_WITH(retry(R"({"problem":"sync.x","all":true})"), "all: is not a known field here");
  CHECK_FALSE(fixture.trait_sync.retry);
  fixture.trait_sync.failure = [] { throw core::NotFound("no such group"); };
  CHECK_THROWS_AS(retry(R"({"problem":"sync.gone"})"), core::NotFound);
}

TEST_CASE("problems of a service that is silent are missing, and that is one") {
  Fixture fixture;
  fixture.trait_sync.failure = Down;
  const auto page = json::parse(fixture.Send("GET", kProblems, "read").body);
  CHECK(page["problems"][0]["id"] == "service.trait-sync");
  fixture.matcher.failure = Down;
  CHECK(fixture.Send("GET", kProblems, "read").status == 200);
  fixture.connections.failure = Down;
  CHECK(json::parse(fixture.Send("GET", kProblems, "read").body)["problems"].size() == 3);
  fixture.tagging.failure = Down;
  CHECK_THROWS_AS(fixture.Send("GET", kProblems, "read"), core::Unavailable);
}

TEST_CASE("a limit is 1 to 100") {
  Fixture fixture;
  for (const auto* limit : {"0", "101", "-1", "x", "", "1.5"}) {
    for (const auto& path : {kProblems, kRuns}) {
      CHECK_THROWS_WITH(fixture.SendQuery("GET", path, "read", {{"limit", limit}}),
                        "limit: must be 1 to 100");
    }
  }
}

TEST_CASE("runs of both services are told") {
  Fixture fixture;
  auto& sweep = *fixture.trait_sync.runs.add_runs();
  sweep.set_kind("sweep");
  sweep.set_state("running");
  sweep.mutable_started_at()->set_seconds(200);
  *fixture.matcher.runs.add_runs() = fixture.matcher.run;
  const auto body = json::parse(fixture.Send("GET", kRuns, "read").body);
  CHECK(body["runs"].size() == 2);
  CHECK(
      json::parse(fixture.SendQuery("GET", kRuns, "read", {{"limit", "1"}}).body)["runs"].size() ==
      1);
}

TEST_CASE("the attributes in Intercom are told with their states") {
  Fixture fixture;
  auto& attribute = *fixture.trait_sync.attributes.add_attributes();
  attribute.set_name("Accoil_Trial_Score");
  attribute.set_model("contact");
  attribute.set_data_type("integer");
  attribute.set_state("cannot_archive");
  attribute.set_reason("422: a segment depends on it");
  attribute.set_ours(true);
  attribute.mutable_retry_at()->set_seconds(100);
  CHECK(fixture.Send("GET", kProduct + "/sync/attributes", "read").body ==
        R"({"attributes":[{"name":"Accoil_Trial_Score","model":"contact","data_type":"integer",)"
        R"("state":"cannot_archive","reason":"422: a segment depends on it","ours":true,)"
        R"("checked_at":null,"retry_at":"1970-01-01T00:01:40Z"}]})");
}

}  // namespace
}  // namespace accoil::gateway
