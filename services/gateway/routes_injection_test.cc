#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "services/gateway/routes_fixture.h"
#include "tests/catch.h"

/// What means something to a database, a header or a page is data here: kept as it is or refused.
namespace accoil::gateway {
namespace {

using nlohmann::json;

const std::vector<std::string> kNasty{
    "'; DROP TABLE product; --",
    "' OR '1'='1",
    "1; SELECT pg_sleep(10)",
    "\\'); DELETE FROM subject; --",
    "$1::bigint[]",
    "x\r\nSet-Cookie: session=1\r\n\r\n<html>",
    "x\nHTTP/1.1 200 OK",
    std::string("a\0b", 3),
    "../../etc/passwd",
    "..%2f..%2fadmin",
    "{product}",
    "<script>alert(1)</script>",
    "${jndi:ldap://x/y}",
    "%00%0d%0a",
    "\xC0\xAF\xFE\xFF",
    std::string(10'000, 'A'),
};

bool HasLineBreak(const http::Response& response) {
  for (const auto& [name, value] : response.headers) {
    if ((name + value).find_first_of("\r\n") != std::string::npos) return true;
  }
  return response.content_type.find_first_of("\r\n") != std::string::npos;
}

/// Sends a request and answers its status, as the server would: what a handler throws of the
/// documented errors is a refusal, anything else a defect.
int StatusOf(RoutesFixture& fixture, const Route& route, const std::string& key,
             const http::Request& request) {
  try {
    const auto response = fixture.Send(route, key, request);
    CHECK_FALSE(HasLineBreak(response));
    return response.status;
  } catch (const core::InvalidArgument&) {
    return 400;
  } catch (const core::NotFound&) {
    return 404;
  }
}

TEST_CASE("nothing that stands in a path breaks out of it") {
  RoutesFixture fixture;
  for (const auto& route : fixture.routes) {
    for (const auto& nasty : kNasty) {
      for (const auto* name :
           {"product", "profile", "run", "key", "kind", "subject_id", "rule", "job"}) {
        if (route.path.find("{" + std::string(name) + "}") == std::string::npos) continue;
        INFO(route.method << " " << route.path << " " << name << "=" << nasty);
        auto request = RoutesFixture::RequestFor(route);
        request.parameters[name] = nasty;
        const auto status = StatusOf(fixture, route, "all", request);
        CHECK(status < 500);
        if (std::string_view(name) == "product") CHECK(status >= 400);
      }
    }
  }
}

TEST_CASE("nothing that stands in a query or a header breaks out of it") {
  RoutesFixture fixture;
  for (const auto& route : fixture.routes) {
    for (const auto& nasty : kNasty) {
      INFO(route.method << " " << route.path << " " << nasty);
      auto request = RoutesFixture::RequestFor(route);
      for (const auto* name :
           {"cursor", "limit", "preview", "code", "state", "error", "rule", "job", "subject_kind",
            "subject_id", "tag", "profile", "segment", "condition", "search", "sort", "order"}) {
        request.query[name] = nasty;
      }
      request.headers["X-Hub-Signature"] = nasty;
      request.headers["Idempotency-Key"] = nasty;
      request.headers["Content-Type"] = nasty;
      CHECK(StatusOf(fixture, route, "all", request) < 500);
    }
  }
}

TEST_CASE("a key that tries to be more than a key is nobody's") {
  RoutesFixture fixture;
  const auto& route = fixture.Find("GET", "/v1/products/{product}");
  for (const auto& nasty : kNasty) {
    CHECK(StatusOf(fixture, route, nasty, RoutesFixture::RequestFor(route)) == 401);
    CHECK(StatusOf(fixture, route, "read" + nasty, RoutesFixture::RequestFor(route)) == 401);
  }
}

TEST_CASE("text in a body arrives as it was sent, whatever it says") {
  RoutesFixture fixture;
  for (const auto& nasty : kNasty) {
    const auto body = json{{"name", nasty}}.dump(-1, ' ', false, json::error_handler_t::ignore);
    fixture.Send("POST", "/v1/products", kOperatorKey, body);
    CHECK(fixture.connections.created_product.name() == json::parse(body)["name"]);
  }
}

TEST_CASE("each parameter of a list or the audit is refused, or arrives as it was sent") {
  RoutesFixture fixture;
  const auto& users = fixture.Find("GET", "/v1/products/{product}/users");
  const auto& audit = fixture.Find("GET", "/v1/products/{product}/tag-assignments");
  for (const auto& nasty : kNasty) {
    for (const auto* name : {"profile", "segment", "condition", "search", "sort", "cursor"}) {
      auto request = RoutesFixture::RequestFor(users);
      request.query[name] = nasty;
      fixture.widget.listed.reset();
      const auto status = StatusOf(fixture, users, "read", request);
      CHECK((status == 200) == fixture.widget.listed.has_value());
      if (status != 200) continue;
      const auto& asked = *fixture.widget.listed;
      CHECK(asked.profile_id() + asked.segment() + asked.condition() + asked.search() +
                asked.sort() + asked.cursor() ==
            nasty);
      CHECK(core::IsUtf8(nasty));
    }
    auto request = RoutesFixture::RequestFor(audit);
    request.query["tag"] = nasty;
    fixture.tagging.listed_assignments.reset();
    const auto status = StatusOf(fixture, audit, "read", request);
    CHECK((status == 200) == fixture.tagging.listed_assignments.has_value());
    if (status == 200) CHECK(fixture.tagging.listed_assignments->tag() == nasty);
  }
}

TEST_CASE("text in a rule and in a request to tag arrives as it was sent, whatever it says") {
  RoutesFixture fixture;
  const auto& tags = fixture.Find("POST", "/v1/products/{product}/tags");
  for (const auto& nasty : kNasty) {
    json rule{{"name", nasty},   {"profile_id", nasty},
              {"kind", "user"},  {"trigger", {{"type", "custom"}, {"condition", nasty}}},
              {"filter", nasty}, {"actions", {{{"tag", nasty}, {"target", "user"}}}}};
    rule = json::parse(rule.dump(-1, ' ', false, json::error_handler_t::replace));
    fixture.Send("POST", "/v1/products/{product}/rules", "admin", rule.dump());
    const auto& made = fixture.tagging.created_rule->rule();
    CHECK(made.name() == rule["name"]);
    CHECK(made.trigger().custom().condition() == rule["name"]);
    CHECK(made.filter() == rule["name"]);
    CHECK(made.actions(0).tag() == rule["name"]);

    auto request = RoutesFixture::RequestFor(tags);
    const json body{{"tag", rule["name"]}, {"target", "user"}, {"users", {rule["name"]}}};
    request.body = body.dump();
    request.headers["Content-Type"] = "application/json";
    request.headers["Idempotency-Key"] = "once";
    fixture.tagging.created_job.reset();
    const auto status = StatusOf(fixture, tags, "admin", request);
    CHECK((status == 202) == fixture.tagging.created_job.has_value());
    if (status != 202) continue;
    CHECK(fixture.tagging.created_job->tag() == rule["name"]);
    CHECK(fixture.tagging.created_job->subject_ids(0) == rule["name"]);
  }
}

TEST_CASE("text in a profile's path arrives as it was sent") {
  RoutesFixture fixture;
  const auto& route = fixture.Find("GET", "/v1/products/{product}/profiles/{profile}");
  for (const auto& nasty : kNasty) {
    auto request = RoutesFixture::RequestFor(route);
    request.parameters["profile"] = nasty;
    if (StatusOf(fixture, route, "read", request) == 200) {
      CHECK(fixture.connections.got_profile.profile_id() == nasty);
    }
  }
}

TEST_CASE("items that carry commands become events that carry them as text, or are refused") {
  RoutesFixture fixture;
  for (const auto& nasty : kNasty) {
    fixture.sink.published.clear();
    const json item{{"type", "user"}, {"user_id", nasty}, {"name", nasty}};
    const auto& route = fixture.Find("POST", "/v1/products/{product}/batch");
    auto request = RoutesFixture::RequestFor(route);
    request.headers["Content-Type"] = "application/json";
    request.body = json::array({item}).dump(-1, ' ', false, json::error_handler_t::replace);
    const auto status = StatusOf(fixture, route, "ingest", request);
    CHECK((status == 202 || status == 400));
    CHECK(fixture.sink.published.size() == (status == 202 ? 1u : 0u));
    for (const auto& record : fixture.sink.published) {
      events::v1::SubjectIdentified event;
      CHECK(event.ParseFromString(*record.value));
      CHECK(event.subject().subject_id() == json::parse(request.body)[0]["user_id"]);
    }
  }
}

}  // namespace
}  // namespace accoil::gateway
