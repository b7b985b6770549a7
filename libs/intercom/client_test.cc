#include "libs/intercom/client.h"

#include "libs/http/server.h"
#include "tests/catch.h"

namespace accoil::intercom {
namespace {

/// Stands where Intercom would and answers what a case says.
struct Stage {
  Stage() : server({.address = {"127.0.0.1", 0}}, "intercom", telemetry) {
    const auto handler = [this](const http::Request& request) {
      last = request;
      return answer;
    };
    for (const char* method : {"GET", "POST", "PUT"}) {
      for (const char* path : {"/me", "/contacts", "/contacts/search", "/contacts/{id}",
                               "/companies/list", "/data_attributes", "/data_attributes/{id}",
                               "/auth/eagle/token", "/auth/uninstall", "/tags"}) {
        server.Route(method, path, handler);
      }
    }
    server.Start();
  }
  Client MakeClient() {
    return Client(transport, "http://" + server.address().ToString(), "the-token");
  }

  telemetry::Telemetry telemetry{"intercom-test", "error"};
  Transport transport{{std::chrono::milliseconds(2'000)}, telemetry};
  http::Response answer;
  http::Request last;
  http::Server server;
};

}  // namespace

TEST_CASE("every call carries the token, the version and who we are") {
  Stage stage;
  stage.answer.body = R"({"app":{"id_code":"ws","name":"Demo","region":"EU"}})";
  const auto me = stage.MakeClient().Me();
  REQUIRE(me.ok());
  CHECK(me.value().id == core::WorkspaceId("ws"));
  CHECK(BaseUrl(me.value().region) == "https://api.eu.intercom.io");
  CHECK(stage.last.Header("Authorization") == "Bearer the-token");
  CHECK(stage.last.Header("Intercom-Version") == "2.14");
  CHECK(stage.last.Header("Accept") == "application/json");
  CHECK(stage.last.Header("User-Agent").starts_with("accoil-intercom/"));
}

TEST_CASE("a code is exchanged for a token by a form, whatever bytes a browser brought") {
  Stage stage;
  const auto exchange = [&] {
    return Client::ExchangeCode(stage.transport, "http://" + stage.server.address().ToString(),
                                {"the-app", "s&cret"}, "co&de=\r\n%");
  };
  stage.answer.body = R"({"token_type":"Bearer","token":"old-name","access_token":"the-token"})";
  const auto token = exchange();
  REQUIRE(token.ok());
  CHECK(token.value() == "the-token");
  CHECK(stage.last.method == "POST");
  CHECK(stage.last.path == "/auth/eagle/token");
  CHECK(stage.last.Header("Content-Type").starts_with("application/x-www-form-urlencoded"));
  CHECK(stage.last.Header("Authorization").empty());
  CHECK(stage.last.body ==
        "grant_type=authorization_code&code=co%26de%3D%0D%0A%25&client_id=the-app&client_secret="
        "s%26cret");

  stage.answer.body = R"({"access_token":"a token\r\nX-Injected: 1"})";
  CHECK(exchange().failure().kind == Failure::Kind::kServer);
  stage.answer = {};
  stage.answer.status = 400;
  stage.answer.body = R"({"errors":[{"code":"parameter_invalid","message":"Invalid code"}]})";
  CHECK(exchange().failure().kind == Failure::Kind::kRefused);
}

TEST_CASE("uninstalling is a POST with the token that it kills") {
  Stage stage;
  stage.answer.body = "{}";
  REQUIRE(stage.MakeClient().Uninstall().ok());
  CHECK(stage.last.method == "POST");
  CHECK(stage.last.path == "/auth/uninstall");
  CHECK(stage.last.Header("Authorization") == "Bearer the-token");
  stage.answer.status = 401;
  CHECK(stage.MakeClient().Uninstall().failure().kind == Failure::Kind::kUnauthorized);
}

TEST_CASE("rate-limit headers come with success and with failure") {
  Stage stage;
  stage.answer.body = R"({"id":"a"})";
  stage.answer.headers = {{"X-RateLimit-Limit", "1666"},
                          {"X-RateLimit-Remaining", "1660"},
                          {"X-RateLimit-Reset", "1734537430"}};
  auto client = stage.MakeClient();
  const auto fine = client.GetContact(core::ContactId("a"));
  REQUIRE(fine.rate_limit());
  CHECK(fine.rate_limit()->limit == 1666);
  CHECK(fine.rate_limit()->remaining == 1660);
  CHECK(fine.rate_limit()->reset == 1734537430);
  stage.answer.status = 429;
  const auto throttled = client.GetContact(core::ContactId("a"));
  CHECK(throttled.failure().kind == Failure::Kind::kThrottled);
  CHECK(throttled.rate_limit()->remaining == 1660);
  stage.answer.headers["X-RateLimit-Remaining"] = "many";
  CHECK_FALSE(client.GetContact(core::ContactId("a")).rate_limit());
}

TEST_CASE("attributes go typed, and null clears") {
  Stage stage;
  stage.answer.body = "{}";
  const AttributeValues attributes{
      {"A", std::int64_t{7}}, {"B", 0.5}, {"C", true}, {"D", "text"}, {"E", std::monostate{}}};
  REQUIRE(stage.MakeClient().UpdateContact(core::ContactId("x/1"), attributes).ok());
  CHECK(stage.last.method == "PUT");
  CHECK(stage.last.path == "/contacts/x%2F1");
  CHECK(stage.last.body == R"({"custom_attributes":{"A":7,"B":0.5,"C":true,"D":"text","E":null}})");
  CHECK(stage.last.Header("Content-Type") == "application/json");
}

TEST_CASE("a search asks for all values at once") {
  Stage stage;
  stage.answer.body = R"({"data":[],"total_count":0})";
  REQUIRE(stage.MakeClient().SearchContacts("email", {"a@x.io", "b@x.io"}, "cursor").ok());
  CHECK(stage.last.body ==
        R"({"pagination":{"per_page":150,"starting_after":"cursor"},)"
        R"("query":{"field":"email","operator":"IN","value":["a@x.io","b@x.io"]}})");
}

TEST_CASE("many contacts or companies are tagged and untagged in one call") {
  Stage stage;
  stage.answer.body = R"({"type":"tag","id":"105","name":"At-Risk"})";
  auto client = stage.MakeClient();
  const auto tagged =
      client.TagContacts("at-risk", {core::ContactId("a"), core::ContactId("b")}, false);
  REQUIRE(tagged.ok());
  CHECK(tagged.value().id == "105");
  CHECK(tagged.value().name == "At-Risk");
  CHECK(stage.last.method == "POST");
  CHECK(stage.last.path == "/tags");
  CHECK(stage.last.body == R"({"name":"at-risk","users":[{"id":"a"},{"id":"b"}]})");
  REQUIRE(client.TagCompanies("at-risk", {core::CompanyId("c")}, true).ok());
  CHECK(stage.last.body == R"({"companies":[{"id":"c","untag":true}],"name":"at-risk"})");
  REQUIRE(client.FindOrCreateTag("at-risk \"\xff\"").ok());
  CHECK(stage.last.body == "{\"name\":\"at-risk \\\"\xEF\xBF\xBD\\\"\"}");
}

TEST_CASE("an id that is unknown has a call that tags many refused as a whole") {
  Stage stage;
  stage.answer.status = 404;
  stage.answer.body = R"({"errors":[{"code":"not_found","message":"User Not Found"}]})";
  const auto outcome = stage.MakeClient().TagContacts("vip", {core::ContactId("gone")}, false);
  REQUIRE_FALSE(outcome.ok());
  CHECK(outcome.failure().kind == Failure::Kind::kNotFound);
  CHECK(outcome.failure().message == "User Not Found");
}

TEST_CASE("a 2xx that is not what Intercom documents is taken for a fault of theirs") {
  Stage stage;
  stage.answer.body = "<html>hello</html>";
  const auto outcome = stage.MakeClient().ListContacts("");
  REQUIRE_FALSE(outcome.ok());
  CHECK(outcome.failure().kind == Failure::Kind::kServer);
  CHECK(outcome.failure().retryable());
}

TEST_CASE("nobody there means that nothing was sent") {
  Stage stage;
  const auto url = "http://" + stage.server.address().ToString();
  stage.server.Stop();
  const auto outcome = Client(stage.transport, url, "t").Me();
  REQUIRE_FALSE(outcome.ok());
  CHECK(outcome.failure().kind == Failure::Kind::kNotSent);
}

}  // namespace accoil::intercom
