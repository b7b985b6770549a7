#include "tests/intercom-simulator/api.h"

#include "tests/intercom-simulator/test_bed.h"

namespace accoil::simulator {
namespace {

using nlohmann::json;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

TEST_CASE("/me says which workspace a token belongs to") {
  TestBed fixture;
  const auto answer = fixture.Call("GET", "/me");
  CHECK(answer.status == 200);
  CHECK(answer.body["app"]["id_code"] == "demo-ws");
  CHECK(answer.body["app"]["region"] == "US");
  CHECK(answer.headers.contains("X-Request-Id"));
}

TEST_CASE("a call without a known token is 401 and does not count") {
  TestBed fixture;
  for (const std::string header : {"", "Bearer wrong", "Basic t", "Bearer"}) {
    auto headers = TestBed::Headers();
    headers["Authorization"] = header;
    if (header.empty()) headers.erase("Authorization");
    const auto answer = fixture.Send("GET", "/me", headers, "");
    CHECK(answer.code() == "401 unauthorized");
    CHECK(answer.body["type"] == "error.list");
    CHECK(answer.body["request_id"] == answer.headers.at("X-Request-Id"));
    CHECK_FALSE(answer.headers.contains("X-RateLimit-Limit"));
  }
  CHECK(fixture.Control("GET", "windows").body[0]["used"] == 0);
}

TEST_CASE("version, accepted type and content type are asked for") {
  TestBed fixture;
  const auto with = [&](const std::string& name, const std::string& value) {
    auto headers = TestBed::Headers();
    headers[name] = value;
    if (value.empty()) headers.erase(name);
    return fixture.Send("PUT", "/contacts/" + fixture.ids[0], headers, "{}");
  };
  CHECK(with("Intercom-Version", "").code() == "400 intercom_version_invalid");
  CHECK(with("Intercom-Version", "1.0").code() == "400 intercom_version_invalid");
  CHECK(with("Content-Type", "text/plain").code() == "415 media_type_not_supported");
  CHECK(with("Accept", "text/html").code() == "406 media_type_not_acceptable");
  CHECK(with("Content-Type", "application/json; charset=utf-8").status == 200);
  fixture.Set({{"version_required", false}});
  CHECK(with("Intercom-Version", "").status == 200);
}

TEST_CASE("a body that is no JSON object is refused") {
  TestBed fixture;
  for (const std::string body : {"{", "[]", "5", "\"\xFF\""}) {
    CHECK(fixture.Send("PUT", "/contacts/" + fixture.ids[0], TestBed::Headers(), body).code() ==
          "400 bad_request");
  }
}

TEST_CASE("every call counts, and over the limit there is 429 until the window ends") {
  TestBed fixture;
  fixture.Set({{"limit", 3}});
  auto answer = fixture.Call("GET", "/me");
  CHECK(answer.headers.at("X-RateLimit-Limit") == "3");
  CHECK(answer.headers.at("X-RateLimit-Remaining") == "2");
  CHECK(answer.headers.at("X-RateLimit-Reset") == "1734537250");
  CHECK(fixture.Call("GET", "/contacts/unknown").headers.at("X-RateLimit-Remaining") == "1");
  CHECK(fixture.Send("PUT", "/contacts/x", TestBed::Headers(), "{").status == 400);
  answer = fixture.Call("GET", "/me");
  CHECK(answer.code() == "429 rate_limit_exceeded");
  CHECK(answer.headers.at("X-RateLimit-Remaining") == "0");
  fixture.clock.Advance(10s);
  CHECK(fixture.Call("GET", "/me").status == 200);
  const auto windows = fixture.Control("GET", "windows").body;
  REQUIRE(windows.size() == 2);
  CHECK(windows[0] == json{{"workspace", "demo-ws"},
                           {"start", 1734537240},
                           {"end", 1734537250},
                           {"limit", 3},
                           {"used", 3},
                           {"refused", 1},
                           {"current", false}});
  CHECK(windows[1]["current"] == true);
}

TEST_CASE("what a person does in Intercom's pages counts in no window and is refused by none") {
  TestBed fixture;
  fixture.Set({{"limit", 1}});
  auto headers = TestBed::Headers();
  headers["X-Simulator-Acting-As"] = "person";
  const std::string contact = R"({"role":"user","email":"new@b.c"})";
  CHECK(fixture.Send("POST", "/contacts", headers, contact).status == 200);
  CHECK(fixture.Call("GET", "/me").headers.at("X-RateLimit-Remaining") == "0");
  CHECK(fixture.Send("POST", "/contacts", headers, contact).status == 409);
  CHECK(fixture.Call("GET", "/me").status == 429);
  CHECK(fixture.Control("GET", "windows").body[0]["used"] == 1);
}

TEST_CASE("contacts are searched and listed with Intercom's fields") {
  TestBed fixture;
  auto answer = fixture.Call(
      "POST", "/contacts/search",
      {{"query", {{"field", "email"}, {"operator", "IN"}, {"value", {"ADA@B.C", "x@y.z"}}}},
       {"pagination", {{"per_page", 1}}}});
  REQUIRE(answer.status == 200);
  CHECK(answer.body["total_count"] == 2);
  const auto& contact = answer.body["data"][0];
  CHECK(contact["id"] == fixture.ids[0]);
  CHECK(contact["external_id"] == "1");
  CHECK(contact["email"] == "ada@b.c");
  CHECK(contact["role"] == "user");
  CHECK(contact["workspace_id"] == "demo-ws");
  CHECK(contact["companies"]["data"][0]["id"] == fixture.company);
  CHECK(contact["companies"]["has_more"] == false);
  CHECK(contact["custom_attributes"] == json::object());
  CHECK(contact["phone"].is_null());
  const auto next = answer.body["pages"]["next"]["starting_after"];
  answer = fixture.Call("POST", "/contacts/search",
                        {{"query", {{"field", "email"}, {"operator", "="}, {"value", "ada@b.c"}}},
                         {"pagination", {{"per_page", 1}, {"starting_after", next}}}});
  CHECK(answer.body["data"][0]["role"] == "lead");
  CHECK_FALSE(answer.body["pages"].contains("next"));

  answer = fixture.Call("GET", "/contacts?per_page=2");
  CHECK(answer.body["total_count"] == 3);
  CHECK(answer.body["pages"]["total_pages"] == 2);
  answer =
      fixture.Call("GET", "/contacts?per_page=150&starting_after=" +
                              answer.body["pages"]["next"]["starting_after"].get<std::string>());
  CHECK(answer.body["data"].size() == 1);
  CHECK(answer.body["data"][0]["id"] == fixture.ids[2]);

  for (const std::string query : {"per_page=151", "per_page=0", "per_page=x"}) {
    CHECK(fixture.Call("GET", "/contacts?" + query).code() == "400 parameter_invalid");
  }
  CHECK(fixture
            .Call("POST", "/contacts/search",
                  {{"query", {{"field", "email"}, {"operator", "="}, {"value", "x"}}},
                   {"pagination", {{"per_page", 151}}}})
            .code() == "400 parameter_invalid");
  CHECK(fixture.Call("POST", "/contacts/search", json::object()).code() ==
        "400 parameter_not_found");
}

TEST_CASE("search lags behind by the setting") {
  TestBed fixture;
  fixture.Set({{"search_lag", "90s"}});
  fixture.Call("POST", "/contacts", {{"email", "new@b.c"}});
  const auto found = [&] {
    return fixture
        .Call("POST", "/contacts/search",
              {{"query", {{"field", "email"}, {"operator", "="}, {"value", "new@b.c"}}}})
        .body["total_count"]
        .get<int>();
  };
  CHECK(found() == 0);
  CHECK(fixture.Call("GET", "/contacts").body["total_count"] == 4);
  fixture.clock.Advance(90s);
  CHECK(found() == 1);
}

TEST_CASE("attributes are written on contacts and companies, all or none") {
  TestBed fixture;
  fixture.Define("score", "integer", "contact");
  fixture.Define("plan", "string", "company");
  const auto path = "/contacts/" + fixture.ids[0];
  auto answer = fixture.Call("PUT", path, {{"custom_attributes", {{"score", 5}}}});
  CHECK(answer.status == 200);
  CHECK(answer.body["custom_attributes"]["score"] == 5);
  answer = fixture.Call("PUT", path,
                        {{"name", "New"}, {"custom_attributes", {{"score", 6}, {"unknown", 1}}}});
  CHECK(answer.code() == "400 parameter_invalid");
  CHECK(answer.body["errors"][0]["field"] == "unknown");
  answer = fixture.Call("GET", path);
  CHECK(answer.body["custom_attributes"]["score"] == 5);
  CHECK(answer.body["name"] == "Ada");
  CHECK(fixture.Call("PUT", path, {{"custom_attributes", {{"score", nullptr}}}})
            .body["custom_attributes"] == json::object());

  const auto company = "/companies/" + fixture.company;
  CHECK(fixture.Call("PUT", company, {{"custom_attributes", {{"plan", "pro"}}}})
            .body["custom_attributes"]["plan"] == "pro");
  CHECK(fixture.Call("PUT", company, {{"custom_attributes", {{"score", 1}}}}).code() ==
        "400 parameter_invalid");
  CHECK(fixture.Call("PUT", company, {{"company_id", "other"}}).code() == "400 parameter_invalid");
  CHECK(fixture.Call("PUT", company, {{"test", 1}}).code() == "400 bad_request");
  CHECK(fixture.Call("PUT", "/contacts/unknown", {{"name", "x"}}).code() == "404 not_found");
  CHECK(fixture.Call("PUT", "/companies/unknown", {{"name", "x"}}).code() ==
        "404 company_not_found");
}

TEST_CASE("an archived attribute is neither shown nor written until it is back") {
  TestBed fixture;
  fixture.Define("score", "integer", "contact");
  const auto path = "/contacts/" + fixture.ids[0];
  fixture.Call("PUT", path, {{"custom_attributes", {{"score", 5}}}});
  CHECK(fixture.Call("PUT", "/data_attributes/1", {{"archived", true}}).body["archived"] == true);
  CHECK(fixture.Call("GET", path).body["custom_attributes"] == json::object());
  CHECK(fixture.Call("PUT", path, {{"custom_attributes", {{"score", 6}}}}).status == 400);
  const auto custom = [&](const std::string& query) {
    int count = 0;
    const auto answer = fixture.Call("GET", "/data_attributes" + query);
    for (const auto& attribute : answer.body["data"]) count += attribute["custom"] == true;
    return count;
  };
  CHECK(custom("?model=contact") == 0);
  CHECK(custom("?model=contact&include_archived=true") == 1);
  CHECK(custom("?model=company&include_archived=true") == 0);
  fixture.Call("PUT", "/data_attributes/1", {{"archived", false}});
  CHECK(fixture.Call("GET", path).body["custom_attributes"]["score"] == 5);
  CHECK(fixture.Call("PUT", "/data_attributes/77", {{"archived", true}}).code() ==
        "404 field_not_found");
}

TEST_CASE("contacts are created, found, archived, merged and deleted") {
  TestBed fixture;
  CHECK(fixture.Call("POST", "/contacts", json{{"name", "nobody"}}).code() ==
        "400 parameter_not_found");
  CHECK(fixture.Call("POST", "/contacts", {{"external_id", "1"}}).code() == "409 conflict");
  const std::string created =
      fixture.Call("POST", "/contacts", {{"email", "c@d.e"}, {"external_id", "x/1"}}).body["id"];
  CHECK(fixture.Call("GET", "/contacts/find_by_external_id/x%2F1").body["id"] == created);
  CHECK(fixture.Call("POST", "/contacts/" + created + "/archive").body["archived"] == true);
  CHECK(fixture.Call("GET", "/contacts/" + created).code() == "404 not_found");
  CHECK(fixture.Call("POST", "/contacts/" + created + "/unarchive").body["archived"] == false);
  CHECK(fixture.Call("DELETE", "/contacts/" + created).body["deleted"] == true);
  CHECK(fixture.Call("DELETE", "/contacts/" + created).code() == "404 not_found");
  CHECK(
      fixture.Call("POST", "/contacts/merge", {{"from", fixture.ids[1]}, {"into", fixture.ids[0]}})
          .body["id"] == fixture.ids[0]);
  CHECK(fixture.Call("GET", "/contacts/" + fixture.ids[1]).code() == "404 not_found");
  CHECK(fixture.Call("POST", "/contacts/merge", {{"from", "x"}}).code() ==
        "400 parameter_not_found");
}

TEST_CASE("companies are attached, listed, scrolled and detached") {
  TestBed fixture;
  const auto& contact = fixture.ids[2];
  for (int i = 0; i < 12; ++i) {
    const auto company =
        fixture.Call("POST", "/companies",
                     {{"company_id", "c" + std::to_string(i)}, {"name", "C" + std::to_string(i)}});
    CHECK(fixture.Call("POST", "/contacts/" + contact + "/companies", {{"id", company.body["id"]}})
              .status == 200);
  }
  auto answer = fixture.Call("GET", "/contacts/" + contact);
  CHECK(answer.body["companies"]["data"].size() == 10);
  CHECK(answer.body["companies"]["total_count"] == 12);
  CHECK(answer.body["companies"]["has_more"] == true);
  answer = fixture.Call("GET", "/contacts/" + contact + "/companies?per_page=5&page=3");
  CHECK(answer.body["data"].size() == 2);
  CHECK(answer.body["data"][0]["company_id"] == "c10");
  CHECK(answer.body["pages"]["total_pages"] == 3);

  answer = fixture.Call("POST", "/companies/list?per_page=10&page=2");
  CHECK(answer.body["total_count"] == 13);
  CHECK(answer.body["data"].size() == 3);
  CHECK(answer.body["pages"]["next"].is_null());
  CHECK(fixture.Call("POST", "/companies/list?per_page=60&page=167").code() ==
        "400 page_limit_exceeded");
  CHECK(fixture.Call("GET", "/companies?company_id=c3").body["name"] == "C3");
  CHECK(fixture.Call("GET", "/companies?company_id=no").code() == "404 company_not_found");
  CHECK(fixture.Call("GET", "/companies?name=C4").body["company_id"] == "c4");

  answer = fixture.Call("GET", "/companies/scroll");
  CHECK(answer.body["data"].size() == 13);
  const std::string param = answer.body["scroll_param"];
  CHECK(fixture.Call("GET", "/companies/scroll").code() == "400 scroll_exists");
  CHECK(fixture.Call("GET", "/companies/scroll?scroll_param=" + param).body["data"].empty());
  CHECK(fixture.Call("GET", "/companies/scroll?scroll_param=" + param).code() == "404 not_found");

  const auto acme = "/contacts/" + fixture.ids[0] + "/companies/" + fixture.company;
  CHECK(fixture.Call("DELETE", acme).body["user_count"] == 0);
  CHECK(fixture.Call("GET", "/companies/" + fixture.company).code() == "404 company_not_found");
  CHECK(fixture.Call("POST", "/contacts/" + contact + "/companies", json::object()).code() ==
        "400 parameter_not_found");
}

TEST_CASE("tags go on one, on many, and off again") {
  TestBed fixture;
  const auto tag = fixture.Call("POST", "/tags", {{"name", "VIP"}}).body;
  CHECK(fixture.Call("POST", "/tags", {{"name", "vip"}}).body == tag);
  const auto bulk = [&](const json& users) {
    return fixture.Call("POST", "/tags", {{"name", "VIP"}, {"users", users}});
  };
  CHECK(bulk({{{"id", fixture.ids[0]}}, {{"id", fixture.ids[1]}}}).body == tag);
  const auto tags_of = [&](int i) {
    return fixture.Call("GET", "/contacts/" + fixture.ids[static_cast<std::size_t>(i)] + "/tags")
        .body["data"]
        .size();
  };
  CHECK(tags_of(1) == 1);
  CHECK(bulk({{{"id", fixture.ids[1]}, {"untag", true}}}).status == 200);
  CHECK(tags_of(1) == 0);
  CHECK(bulk({{{"id", fixture.ids[2]}}, {{"id", "unknown"}}}).code() == "404 not_found");
  CHECK(tags_of(2) == 0);
  fixture.Set({{"bulk_unknown_status", 400}, {"bulk_limit", 2}});
  CHECK(bulk({{{"id", "unknown"}}}).code() == "400 not_found");
  CHECK(bulk({{{"id", "1"}}, {{"id", "2"}}, {{"id", "3"}}}).code() == "400 parameter_invalid");
  CHECK(bulk(json::array()).code() == "400 parameter_invalid");
  CHECK(fixture.Call("POST", "/tags", {{"test", 1}}).code() == "400 parameter_invalid");

  CHECK(fixture.Call("POST", "/tags", {{"name", "VIP"}, {"companies", {{{"company_id", "acme"}}}}})
            .status == 200);
  CHECK(fixture.Call("GET", "/companies/" + fixture.company).body["tags"]["tags"][0] == tag);
  CHECK(fixture.Call("POST", "/tags", {{"name", "VIP"}, {"companies", {{{"company_id", "no"}}}}})
            .code() == "404 company_not_found");

  const auto path = "/contacts/" + fixture.ids[2] + "/tags";
  CHECK(fixture.Call("POST", path, {{"id", tag["id"]}}).body == tag);
  CHECK(fixture.Call("POST", path, {{"id", "99"}}).code() == "404 not_found");
  CHECK(fixture.Call("DELETE", path + "/" + tag["id"].get<std::string>()).body == tag);
  CHECK(tags_of(2) == 0);
}

TEST_CASE("calls are logged one by one and as totals") {
  TestBed fixture;
  fixture.Control("DELETE", "calls");
  fixture.Call("PUT", "/contacts/" + fixture.ids[0], {{"name", "New"}});
  fixture.Call("GET", "/contacts/unknown");
  const auto calls = fixture.Lines("calls");
  REQUIRE(calls.size() == 2);
  CHECK(calls[0]["method"] == "PUT");
  CHECK(calls[0]["path"] == "/contacts/" + fixture.ids[0]);
  CHECK(calls[0]["endpoint"] == "PUT /contacts/{id}");
  CHECK(calls[0]["status"] == 200);
  CHECK(calls[0]["workspace"] == "demo-ws");
  CHECK(calls[0]["ids"] == json{fixture.ids[0]});
  CHECK(calls[1]["status"] == 404);
  CHECK(fixture.Lines("calls?since=" + calls[0]["seq"].dump()).size() == 1);
  CHECK(fixture.Control("GET", "calls/totals").body ==
        json{{"PUT /contacts/{id}", {{"200", 1}}}, {"GET /contacts/{id}", {{"404", 1}}}});
  fixture.Set({{"call_log_limit", 1}});
  fixture.Call("GET", "/me");
  CHECK(fixture.Lines("calls").size() == 1);
}

TEST_CASE("faults are played as asked for") {
  TestBed fixture;
  const auto path = "/contacts/" + fixture.ids[0];
  const auto name = [&] { return fixture.Call("GET", path).body["name"].get<std::string>(); };
  const auto put = [&](const char* value) { return fixture.Call("PUT", path, {{"name", value}}); };

  fixture.AddFault({{"kind", "status-502"}, {"method", "PUT"}, {"count", 1}});
  CHECK(put("1").status == 502);
  fixture.AddFault({{"kind", "429"}, {"count", 1}});
  const auto throttled = put("1");
  CHECK(throttled.code() == "429 rate_limit_exceeded");
  CHECK(throttled.headers.at("X-RateLimit-Remaining") == "0");
  fixture.AddFault({{"kind", "reset-before"}, {"count", 1}});
  CHECK(put("1").result == http::Reply::Result::kUnknown);
  CHECK(name() == "Ada");
  fixture.AddFault({{"kind", "reset-after"}, {"count", 1}});
  CHECK(put("2").result == http::Reply::Result::kUnknown);
  CHECK(name() == "2");
  fixture.AddFault({{"kind", "timeout"}, {"count", 1}, {"delay", "10ms"}});
  CHECK(put("3").result == http::Reply::Result::kUnknown);
  CHECK(name() == "2");
  fixture.AddFault({{"kind", "timeout"}, {"count", 1}, {"delay", "10ms"}, {"done", true}});
  CHECK(put("4").result == http::Reply::Result::kUnknown);
  CHECK(name() == "4");
  fixture.AddFault({{"kind", "half-answer"}, {"count", 1}});
  const auto half = put("half");
  CHECK(half.status == 200);
  CHECK_FALSE(json::accept(half.text));
  CHECK(name() == "half");
  fixture.AddFault({{"kind", "slow"}, {"count", 1}, {"delay", "20ms"}});
  const auto began = std::chrono::steady_clock::now();
  CHECK(put("5").status == 200);
  CHECK(std::chrono::steady_clock::now() - began >= 20ms);
  fixture.AddFault({{"kind", "refuse-attribute"}, {"attribute", "bad"}});
  CHECK(
      fixture.Call("PUT", path, {{"custom_attributes", {{"bad", 1}}}}).body["errors"][0]["field"] ==
      "bad");
  CHECK(put("6").status == 200);
  CHECK(fixture.Lines("calls").back()["status"] == 200);
  fixture.Control("DELETE", "faults");
  CHECK(fixture.Control("GET", "faults").body.empty());
}

TEST_CASE("workspaces are kept apart, each with tokens and a limit of its own") {
  TestBed fixture;
  const json other = {
      {"id_code", "other"}, {"name", "Other"}, {"region", "EU"}, {"tokens", {"o"}}, {"limit", 1}};
  CHECK(fixture.Control("POST", "workspaces", other.dump()).status == 200);
  auto headers = TestBed::Headers();
  headers["Authorization"] = "Bearer o";
  const auto me = fixture.Send("GET", "/me", headers, "");
  CHECK(me.body["app"]["id_code"] == "other");
  CHECK(me.body["app"]["region"] == "EU");
  CHECK(me.headers.at("X-RateLimit-Limit") == "1");
  CHECK(fixture.Send("GET", "/contacts", headers, "").status == 429);
  CHECK(fixture.Control("POST", "seed?workspace=other", kSeed).status == 200);
  CHECK(fixture.Lines("state?workspace=other&type=contact")[0]["id"] != fixture.ids[0]);
  CHECK(fixture.Control("GET", "state?workspace=none").status == 404);
  CHECK(fixture.Control("POST", "workspaces", R"({"id_code":"other","tokens":[]})").status == 200);
  CHECK(fixture.Send("GET", "/me", headers, "").status == 401);
  CHECK(fixture.Call("GET", "/me").status == 200);
  CHECK(fixture.Control("POST", "reset").status == 204);
  CHECK(fixture.Control("GET", "workspaces").body.size() == 1);
  CHECK(fixture.Lines("state").empty());
}

TEST_CASE("the state tells companies and tags, and archived contacts when asked") {
  TestBed fixture;
  fixture.Call("POST", "/tags", {{"name", "VIP"}, {"users", {{{"id", fixture.ids[0]}}}}});
  fixture.Define("score", "integer", "contact");
  fixture.Call("POST", "/contacts/" + fixture.ids[2] + "/archive");
  const auto ada = fixture.Lines("state?id=" + fixture.ids[0]);
  REQUIRE(ada.size() == 1);
  CHECK(ada[0]["companies"] == json{fixture.company});
  CHECK(ada[0]["tags"] == json{"VIP"});
  CHECK(fixture.Lines("state?type=contact").size() == 2);
  CHECK(fixture.Lines("state?type=contact&archived=true").size() == 3);
  CHECK(fixture.Lines("state?type=data_attribute")[0]["name"] == "score");
  CHECK(fixture.Lines("state?type=tag").size() == 1);
}

TEST_CASE("what the control face does not understand is refused with the field") {
  TestBed fixture;
  auto answer = fixture.Control("PUT", "settings", R"({"limit":-1})");
  CHECK(answer.status == 400);
  CHECK(answer.body["field"] == "limit");
  CHECK(fixture.Control("PUT", "settings", "[]").status == 400);
  CHECK(fixture.Control("POST", "faults", R"({"kind":"odd"})").body["field"] == "kind");
  CHECK(fixture.Control("DELETE", "faults/99").status == 404);
  CHECK(fixture.Control("POST", "seed", "{\"type\":\"x\"}").body["field"] == "line 1");
  CHECK(fixture.Control("POST", "workspaces", "{}").body["field"] == "id_code");
  CHECK(fixture.Control("GET", "calls?since=x").status == 400);
  CHECK(fixture.Control("GET", "health").status == 200);
}

}  // namespace
}  // namespace accoil::simulator
