#include "tests/intercom-simulator/oauth.h"

#include "libs/http/percent.h"
#include "tests/intercom-simulator/test_bed.h"

namespace accoil::simulator {
namespace {

using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

constexpr const char* kCallback = "https://accoil.test/callback";

struct OAuthBed : TestBed {
  Answer Consent(const std::string& query) { return Send("GET", "/oauth?" + query, {}, ""); }
  Answer Decide(const std::map<std::string, std::string>& changes) {
    std::map<std::string, std::string> form = {{"client_id", "app"},
                                               {"redirect_uri", kCallback},
                                               {"state", "s&1"},
                                               {"workspace", "demo-ws"},
                                               {"decision", "allow"}};
    for (const auto& [name, value] : changes) form[name] = value;
    std::string body;
    for (const auto& [name, value] : form) body += name + "=" + http::PercentEncode(value) + "&";
    body.pop_back();
    return Send("POST", "/oauth", {{"Content-Type", "application/x-www-form-urlencoded"}}, body);
  }
  /// The parameters that a redirect leads back with.
  static std::map<std::string, std::string> Back(const Answer& answer) {
    const auto& location = answer.headers.at("Location");
    return http::ParseQuery(location.substr(location.find('?') + 1)).value();
  }
  std::string NewCode() { return Back(Decide({})).at("code"); }
  Answer Exchange(const json& changes) {
    json body = {{"client_id", "app"}, {"client_secret", "secret"}};
    body.update(changes);
    return Send("POST", "/auth/eagle/token", {{"Content-Type", "application/json"}}, body.dump());
  }
  std::string NewToken() { return Exchange({{"code", NewCode()}}).body["token"]; }
  Answer CallWith(const std::string& token, const std::string& method, const std::string& path) {
    auto headers = Headers();
    headers["Authorization"] = "Bearer " + token;
    return Send(method, path, headers, "");
  }
};

TEST_CASE("the consent page names the app and the workspace and offers to allow and to deny") {
  OAuthBed bed;
  const auto answer =
      bed.Consent("client_id=app&state=s1&redirect_uri=" + http::PercentEncode(kCallback));
  CHECK(answer.status == 200);
  CHECK(answer.headers.at("Content-Type").starts_with("text/html"));
  for (const std::string part : {"Accoil wants to access", "demo-ws", "value=\"allow\"",
                                 "value=\"deny\"", "name=\"state\" value=\"s1\""}) {
    CAPTURE(part);
    CHECK(answer.text.find(part) != std::string::npos);
  }
  CHECK(answer.text.find("type=\"radio\"") == std::string::npos);

  bed.Control("POST", "workspaces", R"({"id_code":"other","name":"<Other>","region":"EU"})");
  const auto choice = bed.Consent("client_id=app&state=%22%3E%3Cscript%3E").text;
  CHECK(choice.find("type=\"radio\" name=\"workspace\" value=\"other\"") != std::string::npos);
  CHECK(choice.find("&lt;Other&gt;") != std::string::npos);
  CHECK(choice.find("<script") == std::string::npos);
}

TEST_CASE("an unknown client id or a redirect that is not the app's leads nowhere") {
  OAuthBed bed;
  const auto refused = [](const Answer& answer) {
    return answer.status == 400 && !answer.headers.contains("Location") &&
           answer.text.find("cannot be connected") != std::string::npos;
  };
  CHECK(refused(bed.Consent("state=s1")));
  CHECK(refused(bed.Consent("client_id=other&state=s1")));
  CHECK(refused(bed.Consent("client_id=app&redirect_uri=https%3A%2F%2Fevil.test%2F")));
  CHECK(refused(bed.Decide({{"client_id", "other"}})));
  CHECK(refused(bed.Decide({{"redirect_uri", "https://evil.test/"}})));
  CHECK(refused(bed.Decide({{"workspace", "none"}})));
  CHECK(refused(bed.Decide({{"decision", "maybe"}})));
  CHECK(bed.Consent("client_id=app").status == 200);
}

TEST_CASE("allowing leads back with a code and the state, denying with access_denied") {
  OAuthBed bed;
  auto answer = bed.Decide({});
  CHECK(answer.status == 302);
  CHECK(answer.headers.at("Location").starts_with(std::string(kCallback) + "?code="));
  CHECK(OAuthBed::Back(answer).at("state") == "s&1");

  answer = bed.Decide({{"decision", "deny"}});
  CHECK(answer.status == 302);
  CHECK(OAuthBed::Back(answer) ==
        std::map<std::string, std::string>{{"error", "access_denied"}, {"state", "s&1"}});

  answer = bed.Decide({{"redirect_uri", "https://accoil.test/other?a=b"}});
  CHECK(answer.headers.at("Location").starts_with("https://accoil.test/other?a=b&code="));
}

TEST_CASE("a code is exchanged once for a token of the chosen workspace") {
  OAuthBed bed;
  bed.Control("POST", "workspaces", R"({"id_code":"other","region":"AU"})");
  const auto code = OAuthBed::Back(bed.Decide({{"workspace", "other"}})).at("code");
  const auto answer = bed.Exchange({{"code", code}});
  REQUIRE(answer.status == 200);
  CHECK(answer.body["token_type"] == "Bearer");
  CHECK(answer.body["token"] == answer.body["access_token"]);
  const auto me = bed.CallWith(answer.body["token"], "GET", "/me");
  CHECK(me.body["app"]["id_code"] == "other");
  CHECK(me.body["app"]["region"] == "AU");
  CHECK(bed.Exchange({{"code", code}}).code() == "400 parameter_invalid");
  const auto workspace = bed.Control("GET", "workspaces").body[1];
  CHECK(workspace["installed"] == true);
  CHECK(workspace["app_tokens"] == json{answer.body["token"]});
}

TEST_CASE("the exchange takes a form as well, and is logged without a rate limit") {
  OAuthBed bed;
  const auto answer =
      bed.Send("POST", "/auth/eagle/token", {{"Content-Type", "application/x-www-form-urlencoded"}},
               "client_id=app&client_secret=secret&code=" + bed.NewCode());
  CHECK(answer.status == 200);
  CHECK_FALSE(answer.headers.contains("X-RateLimit-Limit"));
  const auto logged = bed.Lines("calls").back();
  CHECK(logged["endpoint"] == "POST /auth/eagle/token");
  CHECK(logged["workspace"] == "demo-ws");
  CHECK(logged.dump().find("secret") == std::string::npos);
}

TEST_CASE("wrong credentials and old or unknown codes are refused") {
  OAuthBed bed;
  const auto code = bed.NewCode();
  CHECK(bed.Exchange({{"code", code}, {"client_secret", "wrong"}}).code() == "401 unauthorized");
  CHECK(bed.Exchange({{"code", code}, {"client_id", "wrong"}}).code() == "401 unauthorized");
  CHECK(bed.Exchange({{"code", "unknown"}}).code() == "400 parameter_invalid");
  CHECK(bed.Exchange(json::object()).code() == "400 parameter_not_found");
  bed.clock.Advance(5min);
  CHECK(bed.Exchange({{"code", code}}).code() == "400 parameter_invalid");
  bed.Set({{"refused_code_status", 401}});
  CHECK(bed.Exchange({{"code", code}}).code() == "401 parameter_invalid");
}

TEST_CASE("a code lives for almost five minutes") {
  OAuthBed bed;
  const auto code = bed.NewCode();
  bed.clock.Advance(299s);
  CHECK(bed.Exchange({{"code", code}}).status == 200);
}

TEST_CASE("faults meet the exchange of a code, too") {
  OAuthBed bed;
  const auto code = bed.NewCode();
  bed.AddFault({{"kind", "status-503"}, {"path", "/auth/*"}, {"count", 1}});
  CHECK(bed.Exchange({{"code", code}}).code() == "503 service_unavailable");
  CHECK(bed.Exchange({{"code", code}}).status == 200);
}

TEST_CASE("an install from the App Store leads back with a code and no state") {
  OAuthBed bed;
  const auto answer = bed.Send("GET", "/_simulator/install?workspace=demo-ws", {}, "");
  CHECK(answer.status == 302);
  const auto back = OAuthBed::Back(answer);
  CHECK(back.size() == 1);
  CHECK(bed.Exchange({{"code", back.at("code")}}).status == 200);
  CHECK(bed.Send("GET", "/_simulator/install?workspace=none", {}, "").status == 404);
}

TEST_CASE("an uninstall kills the app's tokens of the workspace at once and no others") {
  OAuthBed bed;
  bed.Control("POST", "workspaces", R"({"id_code":"other"})");
  const auto first = bed.NewToken();
  const auto second = bed.NewToken();
  const auto elsewhere =
      bed.Exchange({{"code", OAuthBed::Back(bed.Decide({{"workspace", "other"}})).at("code")}})
          .body["token"]
          .get<std::string>();
  const auto open_code = bed.NewCode();
  CHECK(bed.CallWith(first, "GET", "/me").status == 200);

  CHECK(bed.Send("POST", "/_simulator/uninstall?workspace=demo-ws", {}, "").body["uninstalled"] ==
        true);
  CHECK(bed.CallWith(first, "GET", "/me").code() == "401 token_unauthorized");
  CHECK(bed.CallWith(second, "GET", "/contacts").code() == "401 token_unauthorized");
  CHECK(bed.CallWith(elsewhere, "GET", "/me").status == 200);
  CHECK(bed.Call("GET", "/me").status == 200);
  CHECK(bed.Exchange({{"code", open_code}}).status == 400);
  CHECK(bed.Send("POST", "/_simulator/uninstall?workspace=demo-ws", {}, "").body["uninstalled"] ==
        false);
  CHECK(bed.CallWith(bed.NewToken(), "GET", "/me").status == 200);
}

TEST_CASE("an app uninstalls itself with a token of its own") {
  OAuthBed bed;
  const auto token = bed.NewToken();
  CHECK(bed.CallWith(token, "POST", "/auth/uninstall").status == 200);
  CHECK(bed.CallWith(token, "GET", "/me").code() == "401 token_unauthorized");
  CHECK(bed.CallWith(token, "POST", "/auth/uninstall").code() == "401 token_unauthorized");
  CHECK(bed.Call("GET", "/me").status == 200);

  CHECK(bed.Call("POST", "/auth/uninstall").status == 200);
  CHECK(bed.Call("GET", "/me").code() == "401 token_unauthorized");
  CHECK(bed.Control("POST", "workspaces", R"({"id_code":"demo-ws","tokens":["t"]})").status == 200);
  CHECK(bed.Call("GET", "/me").status == 200);
}

TEST_CASE("the overview lists the workspaces with what can be done in them") {
  OAuthBed bed;
  const auto page = [&] { return bed.Send("GET", "/", {}, "").text; };
  CHECK(page().find("/_simulator/install?workspace=demo-ws") != std::string::npos);
  bed.NewToken();
  CHECK(page().find("action=\"/_simulator/uninstall?workspace=demo-ws\"") != std::string::npos);
  const auto answer = bed.Send(
      "POST", "/_simulator/uninstall?workspace=demo-ws",
      {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "text/html"}}, "");
  CHECK(answer.status == 303);
  CHECK(answer.headers.at("Location") == "/");
  CHECK(page().find("/_simulator/install?workspace=demo-ws") != std::string::npos);
}

TEST_CASE("the app is changed by name, and its secret is not shown") {
  OAuthBed bed;
  auto answer = bed.Control("PUT", "app",
                            R"({"client_secret":"new","redirect_uris":["https://new.test/back"]})");
  CHECK(answer.status == 200);
  CHECK(answer.body["client_id"] == "app");
  CHECK(answer.text.find("new\"") == std::string::npos);
  CHECK(bed.Decide({}).status == 400);
  answer = bed.Decide({{"redirect_uri", "https://new.test/back"}});
  CHECK(bed.Exchange({{"code", OAuthBed::Back(answer).at("code")}, {"client_secret", "new"}})
            .status == 200);
  CHECK(bed.Control("PUT", "app", R"({"colour":"red"})").body["field"] == "colour");
  CHECK(bed.Control("PUT", "app", R"({"webhook_url":"ftp://x"})").body["field"] == "webhook_url");
  CHECK(bed.Control("PUT", "app", R"({"client_id":""})").body["field"] == "client_id");
  CHECK(bed.Control("POST", "reset").status == 204);
  CHECK(bed.Control("GET", "app").body["redirect_uris"][0] == kCallback);
}

}  // namespace
}  // namespace accoil::simulator
