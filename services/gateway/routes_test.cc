#include "services/gateway/routes.h"

#include <google/protobuf/util/time_util.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "libs/core/errors.h"
#include "services/gateway/routes_fixture.h"
#include "tests/catch.h"

namespace accoil::gateway {
namespace {

using connections::v1::ADMIN;
using connections::v1::INGEST;
using connections::v1::READ;
using nlohmann::json;
using Fixture = RoutesFixture;

bool OpensToOperator(const Route& route) {
  return route.scope == Scope::kOperator || route.scope == Scope::kOperatorOrAdmin;
}

/// The key of product 7 that has just the scope that the route needs; the operator's when no other
/// has it.
std::string KeyFor(const Route& route) {
  switch (route.scope) {
    case Scope::kIngest:
      return "ingest";
    case Scope::kRead:
      return "read";
    case Scope::kAdmin:
    case Scope::kOperatorOrAdmin:
      return "admin";
    default:
      return kOperatorKey;
  }
}

bool Refused(const http::Response& response) {
  return response.status == 401 || response.status == 403;
}

/// Whether everybody gets through to the handler: it answers everybody, or checks by itself.
bool IsOpen(const Route& route) {
  return route.scope == Scope::kPublic || route.scope == Scope::kIntercomSignature ||
         route.scope == Scope::kKeyInForm;
}

TEST_CASE("each route stands in the table once, and only these are open") {
  const std::set<std::string> open{"GET /",
                                   "GET /openapi.json",
                                   "GET /intercom/oauth/callback",
                                   "POST /intercom/oauth/installations",
                                   "HEAD /intercom/webhooks",
                                   "POST /intercom/canvas/initialize",
                                   "POST /intercom/canvas/submit",
                                   "POST /intercom/webhooks"};
  const Fixture fixture;
  std::set<std::string> seen;
  for (const auto& route : fixture.routes) {
    const auto name = route.method + " " + route.path;
    INFO(name);
    CHECK(seen.insert(name).second);
    CHECK(IsOpen(route) == open.contains(name));
    CHECK(route.handler);
    const bool of_product = route.path.starts_with("/v1/products/{product}");
    CHECK(of_product == (!IsOpen(route) && route.scope != Scope::kOperator));
  }
  CHECK(std::includes(seen.begin(), seen.end(), open.begin(), open.end()));
}

TEST_CASE("no route changes anything under the scope read") {
  for (const auto& route : Fixture().routes) {
    if (route.scope != Scope::kRead) continue;
    INFO(route.method << " " << route.path);
    // A preview looks at so much that nothing on the way may ask for it by itself.
    CHECK((route.method == "GET" || route.path.ends_with("/preview")));
  }
}

TEST_CASE("what is public changes nothing, but for coming back from Intercom with its code") {
  for (const auto& route : Fixture().routes) {
    if (route.scope == Scope::kPublic) CHECK((route.method == "GET" || route.method == "HEAD"));
  }
}

TEST_CASE("every route that is not open is closed without a key and to a key that nobody has") {
  Fixture fixture;
  for (const auto& route : fixture.routes) {
    if (IsOpen(route)) continue;
    INFO(route.method << " " << route.path);
    const auto without = fixture.Send(route, "");
    CHECK(without.status == 401);
    CHECK(without.headers.at("WWW-Authenticate") == "Bearer realm=\"accoil\"");
    CHECK(without.content_type == "application/problem+json");
    const auto unknown = fixture.Send(route, "nobody");
    CHECK(unknown.status == 401);
    CHECK(unknown.headers.at("WWW-Authenticate").find("invalid_token") != std::string::npos);
    auto basic = Fixture::RequestFor(route);
    basic.headers["Authorization"] = "Basic " + kOperatorKey;
    CHECK(fixture.gate.Guard(route)(basic).status == 401);
  }
}

TEST_CASE("a route that checks by itself takes no bearer key in place of what it needs") {
  Fixture fixture;
  for (const auto& route : fixture.routes) {
    if (route.scope != Scope::kIntercomSignature && route.scope != Scope::kKeyInForm) continue;
    INFO(route.method << " " << route.path);
    for (const auto& key : {std::string(), std::string("all"), kOperatorKey}) {
      const auto response = fixture.Send(route, key);
      CHECK((response.status == 401 || response.status == 415));
    }
  }
  const auto& form = fixture.Find("POST", "/intercom/oauth/installations");
  const auto claim = [&](const std::string& key) {
    auto request = Fixture::RequestFor(form);
    request.headers["Content-Type"] = "application/x-www-form-urlencoded";
    request.body = "installation=i&product=7&api_key=" + key;
    return fixture.Send(form, "all", request).status;
  };
  CHECK(claim("") == 400);
  CHECK(claim("nobody") == 401);
  CHECK(claim("other") == 404);
  for (const auto* small : {"ingest", "read", "none"}) CHECK(claim(small) == 403);
  for (const auto& fitting : {std::string("admin"), kOperatorKey}) CHECK(claim(fitting) == 200);
}

TEST_CASE("every route of a product is hidden from another product's key") {
  Fixture fixture;
  for (const auto& route : fixture.routes) {
    if (IsOpen(route)) continue;
    INFO(route.method << " " << route.path);
    const auto response = fixture.Send(route, "other");
    CHECK(response.status == (route.scope == Scope::kOperator ? 403 : 404));
  }
}

TEST_CASE("every route is closed to keys without its scope, and the refusal names the scope") {
  Fixture fixture;
  for (const auto& route : fixture.routes) {
    if (IsOpen(route)) continue;
    INFO(route.method << " " << route.path);
    for (const auto* key : {"ingest", "read", "admin", "none"}) {
      if (KeyFor(route) == key) continue;
      const auto response = fixture.Send(route, key);
      CHECK(response.status == 403);
      CHECK(json::parse(response.body)["detail"] ==
            "this needs the scope " + std::string(NameOf(route.scope)));
      CHECK(response.headers.at("WWW-Authenticate").find("insufficient_scope") !=
            std::string::npos);
    }
    CHECK((fixture.Send(route, kOperatorKey).status == 403) == !OpensToOperator(route));
  }
}

TEST_CASE("every route opens to a key with just its scope") {
  Fixture fixture;
  for (const auto& route : fixture.routes) {
    if (IsOpen(route)) continue;
    INFO(route.method << " " << route.path);
    CHECK_FALSE(Refused(fixture.Send(route, KeyFor(route))));
    if (OpensToOperator(route)) CHECK_FALSE(Refused(fixture.Send(route, kOperatorKey)));
  }
}

TEST_CASE("a product that is no id does not exist") {
  Fixture fixture;
  const auto& route = fixture.Find("GET", "/v1/products/{product}");
  for (const auto* product : {"0", "-7", "7x", "x", " 7", "07 ", "9223372036854775808"}) {
    auto request = Fixture::RequestFor(route);
    request.parameters["product"] = product;
    CHECK(fixture.Send(route, "read", request).status == 404);
  }
}

TEST_CASE("while keys cannot be checked requests are put off, not refused") {
  Fixture fixture;
  fixture.connections.failure = [] { throw core::Unavailable("down"); };
  CHECK_THROWS_AS(fixture.Send("GET", "/v1/products/{product}", "read"), core::Unavailable);
}

TEST_CASE("the first page says what this is") {
  Fixture fixture;
  const auto body = json::parse(fixture.Send("GET", "/", "").body);
  CHECK(body["name"] == "accoil-intercom");
  CHECK(body["version"] == ACCOIL_VERSION);
  CHECK(body.contains("documentation"));
}

TEST_CASE("the operator makes products and lists them") {
  Fixture fixture;
  fixture.connections.product.set_product_id(7);
  fixture.connections.product.set_name("Acme");
  *fixture.connections.products.add_products() = fixture.connections.product;
  const auto created = fixture.Send("POST", "/v1/products", kOperatorKey, R"({"name":"Acme"})");
  CHECK(created.status == 201);
  CHECK(created.body == R"({"product_id":7,"name":"Acme"})");
  CHECK(fixture.connections.created_product.name() == "Acme");
  CHECK(fixture.Send("GET", "/v1/products", kOperatorKey).body ==
        R"({"products":[{"product_id":7,"name":"Acme"}]})");
  CHECK(fixture.Send("GET", "/v1/products/{product}", "read").body == created.body);
}

TEST_CASE("an API key is made with its scopes and its answer is kept by no cache") {
  Fixture fixture;
  fixture.connections.created_key.set_api_key_id(3);
  fixture.connections.created_key.set_api_key("secret");
  const auto response = fixture.Send("POST", "/v1/products/{product}/api-keys", "admin",
                                     R"({"label":"pipeline","scopes":["ingest","read"]})");
  CHECK(response.status == 201);
  CHECK(response.body == R"({"api_key_id":3,"api_key":"secret"})");
  CHECK(response.headers.at("Cache-Control") == "no-store");
  const auto& request = fixture.connections.create_key;
  CHECK(request.product_id() == 7);
  CHECK(request.label() == "pipeline");
  CHECK(request.scopes_size() == 2);
  CHECK(request.scopes(0) == INGEST);
}

TEST_CASE("a profile is put, read, listed and removed") {
  Fixture fixture;
  const std::string path = "/v1/products/{product}/profiles/{profile}";
  const std::string profile =
      R"({"profile_id":"trial","name":"Trial Users","summary":true,"sync_mode":"segments_only",)"
      R"("catalogue":[{"name":"Score","type":"integer","on":["user","account"],)"
      R"("definition":"0 to 100"}]})";
  const auto put = fixture.Send("PUT", path, "admin", profile);
  CHECK(put.status == 200);
  CHECK(put.body == profile);
  const auto& request = fixture.connections.put_profile;
  CHECK(request.product_id() == 7);
  CHECK(request.profile().profile_id() == "trial");
  CHECK(request.profile().sync_mode() == events::v1::SEGMENTS_ONLY);
  CHECK(request.profile().catalogue(0).on(1) == events::v1::ACCOUNT);

  fixture.connections.profile = request.profile();
  CHECK(fixture.Send("GET", path, "read").body == profile);
  CHECK(fixture.connections.got_profile.profile_id() == "trial");
  *fixture.connections.profiles.add_profiles() = request.profile();
  CHECK(fixture.Send("GET", "/v1/products/{product}/profiles", "read").body ==
        R"({"profiles":[)" + profile + "]}");

  const auto removed = fixture.Send("DELETE", path, "admin");
  CHECK(removed.status == 204);
  CHECK(removed.body.empty());
  CHECK(fixture.connections.deleted_profile.profile_id() == "trial");
}

TEST_CASE("keys are listed without the key itself, and a revoked one opens nothing any more") {
  Fixture fixture;
  auto& key = *fixture.connections.api_keys.add_api_keys();
  key.set_api_key_id(3);
  key.set_label("pipeline");
  key.add_scopes(INGEST);
  key.mutable_created_at()->set_seconds(1);
  const std::string path = "/v1/products/{product}/api-keys";
  CHECK(fixture.Send("GET", path, "admin").body ==
        R"({"api_keys":[{"api_key_id":3,"label":"pipeline","scopes":["ingest"],)"
        R"("created_at":"1970-01-01T00:00:01Z","last_used_at":null,"revoked_at":null}]})");

  CHECK(fixture.Send("GET", "/v1/products/{product}", "read").status == 200);
  const auto& revoke = fixture.Find("DELETE", path + "/{key}");
  auto request = Fixture::RequestFor(revoke);
  request.parameters["key"] = std::to_string(fixture.connections.keys.at("read").api_key_id());
  CHECK(fixture.Send(revoke, "admin", request).status == 204);
  CHECK(fixture.connections.revoke_key.product_id() == 7);
  CHECK(fixture.Send("GET", "/v1/products/{product}", "read").status == 401);
  for (const auto* wrong : {"0", "-1", "x", "3 OR 1=1"}) {
    request.parameters["key"] = wrong;
    CHECK_THROWS_AS(fixture.Send(revoke, "admin", request), core::NotFound);
  }
}

TEST_CASE("connecting by OAuth begins with an address that no cache keeps") {
  Fixture fixture;
  auto& started = fixture.connections.started_connect;
  started.set_authorize_url("https://app.intercom.com/oauth?state=s");
  started.mutable_expires_at()->set_seconds(600);
  const std::string path = "/v1/products/{product}/connections/intercom";
  const auto response = fixture.Send("POST", path, "admin", "{}");
  CHECK(response.status == 201);
  CHECK(response.body == R"({"authorize_url":"https://app.intercom.com/oauth?state=s",)"
                         R"("expires_at":"1970-01-01T00:10:00Z"})");
  CHECK(response.headers.at("Cache-Control") == "no-store");
  const auto& request = fixture.connections.start_connect;
  CHECK(request.product_id() == 7);
  CHECK(request.api_key_id() == fixture.connections.keys.at("admin").api_key_id());
  CHECK_FALSE(request.has_attribute_prefix());
  CHECK_FALSE(request.has_match_by_external_id());

  fixture.Send("POST", path, "admin", R"({"attribute_prefix":"Ac","match_by_external_id":false})");
  CHECK(request.attribute_prefix() == "Ac");
  CHECK(request.has_match_by_external_id());
}

TEST_CASE("an installation of the App Store is claimed over REST, too") {
  Fixture fixture;
  fixture.connections.connection.set_product_id(7);
  const auto response = fixture.Send("POST", "/v1/products/{product}/connections/intercom", "admin",
                                     R"({"installation":"i","match_by_external_id":true})");
  CHECK(response.status == 200);
  CHECK(json::parse(response.body)["product_id"] == 7);
  CHECK(fixture.connections.claim_installation.installation() == "i");
  CHECK(fixture.connections.claim_installation.product_id() == 7);
  CHECK(fixture.connections.claim_installation.match_by_external_id());
}

TEST_CASE("a product is disconnected, which takes a while") {
  Fixture fixture;
  fixture.connections.connection.set_state(events::v1::DISCONNECTING);
  fixture.connections.connection.set_origin(connections::v1::OAUTH);
  fixture.connections.connection.mutable_connected_at()->set_seconds(1);
  const auto response =
      fixture.Send("DELETE", "/v1/products/{product}/connections/intercom", "admin");
  CHECK(response.status == 202);
  const auto body = json::parse(response.body);
  CHECK(body["state"] == "disconnecting");
  CHECK(body["origin"] == "oauth");
  CHECK(body["connected_at"] == "1970-01-01T00:00:01Z");
  CHECK(fixture.connections.disconnect.product_id() == 7);
}

TEST_CASE("a connection is made from a token that no answer shows") {
  Fixture fixture;
  auto& connection = fixture.connections.connection;
  connection.set_product_id(7);
  connection.set_workspace_id("ws1");
  connection.set_region("EU");
  connection.set_state(events::v1::CONNECTED);
  connection.set_attribute_prefix("Accoil");
  const std::string path = "/v1/products/{product}/connections/intercom";
  const auto put =
      fixture.Send("PUT", path, "admin",
                   R"({"access_token":"tok","client_secret":"sec","attribute_prefix":"Ac",)"
                   R"("match_by_external_id":true})");
  CHECK(put.status == 200);
  CHECK(put.body == R"({"product_id":7,"workspace_id":"ws1","workspace_name":"","region":"EU",)"
                    R"("state":"connected","state_reason":"","attribute_prefix":"Accoil",)"
                    R"("match_by_external_id":false,"origin":"unknown","connected_at":null})");
  CHECK(fixture.connections.put_connection.access_token() == "tok");
  CHECK(fixture.connections.put_connection.client_secret() == "sec");
  CHECK(fixture.connections.put_connection.attribute_prefix() == "Ac");
  CHECK(fixture.connections.put_connection.match_by_external_id());
  CHECK(fixture.Send("GET", path, "read").body == put.body);
}

TEST_CASE("bodies of changes are read strictly") {
  Fixture fixture;
  const auto refusal = [&](const std::string& method, const std::string& path,
                           const std::string& key, const std::string& body) -> std::string {
    try {
      fixture.Send(method, path, key, body);
    } catch (const core::InvalidArgument& error) {
      return error.what();
    }
    return "accepted";
  };
  const std::string products = "/v1/products";
  CHECK(refusal("POST", products, kOperatorKey, "{}") == "name: is required");
  CHECK(refusal("POST", products, kOperatorKey, R"({"name":1})") == "name: must be a string");
  CHECK(refusal("POST", products, kOperatorKey, R"({"name":"a","x":1})") ==
        "x: is not a known field here");
  CHECK(refusal("POST", products, kOperatorKey, "[]") == "must be an object");
  CHECK(refusal("POST", products, kOperatorKey, "{") == "not JSON at byte 2");

  const std::string keys = "/v1/products/{product}/api-keys";
  CHECK(refusal("POST", keys, "admin", R"({"label":"x","scopes":["ingest","write"]})") ==
        "scopes[1]: must be one of ingest, read, admin");
  CHECK(refusal("POST", keys, "admin", R"({"label":"x","scopes":["scope_unspecified"]})") ==
        "scopes[0]: must be one of ingest, read, admin");
  CHECK(refusal("POST", keys, "admin", R"({"label":"x","scopes":"read"})") ==
        "scopes: must be an array");

  const std::string profile = "/v1/products/{product}/profiles/{profile}";
  CHECK(refusal("PUT", profile, "admin", R"({"name":"T"})") == "sync_mode: is required");
  CHECK(refusal("PUT", profile, "admin", R"({"name":"T","sync_mode":"ALL_TRAITS"})") ==
        "sync_mode: must be one of off, segments_only, all_traits");
  CHECK(
      refusal("PUT", profile, "admin", R"({"profile_id":"other","name":"T","sync_mode":"off"})") ==
      "profile_id: must be the one in the path, or left out");
  CHECK(refusal(
            "PUT", profile, "admin",
            R"({"name":"T","sync_mode":"off","catalogue":[{"name":"S","type":"int","on":[]}]})") ==
        "catalogue[0].type: must be one of string, integer, float, boolean, date");
  CHECK(refusal("PUT", profile, "admin",
                R"({"name":"T","sync_mode":"off",
                    "catalogue":[{"name":"S","type":"date","on":["user",1]}]})") ==
        "catalogue[0].on[1]: must be a string");
  CHECK(refusal("PUT", profile, "admin",
                R"({"name":"T","sync_mode":"off",
                    "catalogue":[{"name":"S","type":"date","on":["user"],"unit":"d"}]})") ==
        "catalogue[0].unit: is not a known field here");

  const std::string intercom = "/v1/products/{product}/connections/intercom";
  CHECK(refusal("PUT", intercom, "admin", "{}") == "access_token: is required");
  CHECK(refusal("PUT", intercom, "admin", R"({"access_token":"t","region":"EU"})") ==
        "region: is not a known field here");
  CHECK(refusal("PUT", profile, "admin", R"({"name":"T","sync_mode":"off"})") == "accepted");
}

TEST_CASE("a change without a JSON content type is refused with 415") {
  Fixture fixture;
  const auto& route = fixture.Find("POST", "/v1/products");
  auto request = Fixture::RequestFor(route);
  request.body = R"({"name":"a"})";
  CHECK(fixture.Send(route, kOperatorKey, request).status == 415);
  request.headers["Content-Type"] = "text/plain";
  CHECK(fixture.Send(route, kOperatorKey, request).status == 415);
}

TEST_CASE("the state of the sync is told and a sweep is asked for") {
  Fixture fixture;
  auto& summary = fixture.trait_sync.summary;
  summary.set_due(2);
  summary.set_oldest_due_ms(1500);
  summary.set_delivered(40);
  summary.set_set_aside(1);
  (*summary.mutable_attributes())["wanted"] = 3;
  (*summary.mutable_attributes())["present"] = 9;
  CHECK(fixture.Send("GET", "/v1/products/{product}/sync", "read").body ==
        R"({"due":2,"oldest_due_ms":1500,"delivered":40,"set_aside":1,)"
        R"("attributes":{"present":9,"wanted":3},"paused":false})");

  auto& value = *fixture.trait_sync.set_aside.add_set_aside();
  value.mutable_subject()->set_kind(events::v1::ACCOUNT);
  value.mutable_subject()->set_subject_id("a1");
  value.set_attribute("Accoil_Trial_Score");
  value.set_reason("not a number");
  CHECK(fixture.Send("GET", "/v1/products/{product}/sync/set-aside", "read").body ==
        R"({"set_aside":[{"kind":"account","subject_id":"a1","attribute":"Accoil_Trial_Score",)"
        R"("reason":"not a number"}]})");

  CHECK(fixture.Send("POST", "/v1/products/{product}/sync/sweeps", "admin").status == 202);
  CHECK(fixture.trait_sync.sweeps == std::vector<std::int64_t>{7});
}

TEST_CASE("matching is told in numbers, by run and by subject") {
  Fixture fixture;
  auto& matcher = fixture.matcher;
  matcher.summary.set_due(1);
  auto& count = *matcher.summary.add_counts();
  count.set_kind(events::v1::USER);
  count.set_decision(events::v1::MATCHED_BY_EMAIL);
  count.set_subjects(4200);
  CHECK(fixture.Send("GET", "/v1/products/{product}/matching", "read").body ==
        R"({"due":1,"counts":[{"kind":"user","decision":"matched_by_email","subjects":4200}]})");

  matcher.run.set_run_id(5);
  matcher.run.set_trigger("requested");
  matcher.run.set_state("running");
  matcher.run.mutable_started_at()->set_seconds(1);
  const std::string run =
      R"({"run_id":5,"trigger":"requested","state":"running","started_at":"1970-01-01T00:00:01Z",)"
      R"("finished_at":null,"users":0,"matched":0,"calls":0,"method":null,"error":null})";
  const auto started = fixture.Send("POST", "/v1/products/{product}/matching/runs", "admin");
  CHECK(started.status == 202);
  CHECK(started.body == run);
  CHECK(matcher.started.product_id() == 7);
  CHECK(fixture.Send("GET", "/v1/products/{product}/matching/runs/{run}", "read").body == run);
  CHECK(matcher.got_run.run_id() == 5);
  *matcher.runs.add_runs() = matcher.run;
  CHECK(fixture.Send("GET", "/v1/products/{product}/matching/runs", "read").body ==
        R"({"runs":[)" + run + "]}");

  matcher.match.mutable_subject()->set_kind(events::v1::USER);
  matcher.match.mutable_subject()->set_subject_id("u1");
  matcher.match.set_decision(events::v1::NO_CONTACT);
  matcher.match.set_reason("no contact has this email");
  CHECK(fixture.Send("GET", "/v1/products/{product}/matching/{kind}/{subject_id}", "read").body ==
        R"({"kind":"user","subject_id":"u1","workspace_id":null,"target_id":null,)"
        R"("decision":"no_contact","reason":"no contact has this email","decided_at":null,)"
        R"("due_at":null,"email":null,"name":null,"account_ids":[],"users":0,)"
        R"("matched_users":0})");
  CHECK(matcher.got_match.subject().kind() == events::v1::USER);
  CHECK(matcher.got_match.subject().subject_id() == "u1");
  CHECK(matcher.got_match.subject().product_id() == 7);
}

TEST_CASE("a run or a kind that cannot be is refused by name") {
  Fixture fixture;
  const auto& run = fixture.Find("GET", "/v1/products/{product}/matching/runs/{run}");
  auto request = Fixture::RequestFor(run);
  request.parameters["run"] = "latest";
  CHECK_THROWS_AS(fixture.Send(run, "read", request), core::NotFound);
  const auto& match = fixture.Find("GET", "/v1/products/{product}/matching/{kind}/{subject_id}");
  request.parameters["kind"] = "contact";
  CHECK_THROWS_WITH(fixture.Send(match, "read", request), "kind: must be one of user, account");
}

}  // namespace
}  // namespace accoil::gateway
