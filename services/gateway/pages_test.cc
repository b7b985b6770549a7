#include "services/gateway/pages.h"

#include <set>
#include <string>
#include <vector>

#include "tests/catch.h"

namespace accoil::gateway {
namespace {

using connections::v1::ConnectOutcome;

const std::string kNasty = R"(<script>alert("x")</script>' onload='y' &amp;)";

connections::v1::Connection ConnectionNamed(const std::string& name) {
  connections::v1::Connection connection;
  connection.set_product_id(7);
  connection.set_workspace_name(name);
  return connection;
}

std::vector<http::Response> AllPages(const std::string& text) {
  return {ConnectedPage(ConnectionNamed(text)), InstallationPage(200, {text, text, text, text}),
          ProblemPage({400, text, text, text})};
}

/// What stands between the tags, and the attributes.
bool Shows(const http::Response& page, const std::string& text) {
  return page.body.find(text) != std::string::npos;
}

TEST_CASE("no text from outside becomes a part of a page's code") {
  for (const auto& page : AllPages(kNasty)) {
    CHECK_FALSE(Shows(page, "<script"));
    CHECK_FALSE(Shows(page, "' onload"));
    CHECK_FALSE(Shows(page, "\" onload"));
    CHECK(Shows(page, "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;"));
    for (const auto& [name, value] : page.headers) {
      CHECK(value.find("script>") == std::string::npos);
    }
  }
}

TEST_CASE("pages forbid scripts, frames, caches and telling others their address") {
  for (const auto& page : AllPages("text")) {
    CHECK(page.content_type == "text/html; charset=utf-8");
    CHECK(page.headers.at("X-Frame-Options") == "DENY");
    CHECK(page.headers.at("Referrer-Policy") == "no-referrer");
    CHECK(page.headers.at("Cache-Control") == "no-store");
    CHECK(page.headers.at("X-Content-Type-Options") == "nosniff");
    const auto& policy = page.headers.at("Content-Security-Policy");
    CHECK(policy.starts_with("default-src 'none'; style-src 'sha256-"));
    CHECK(policy.find("frame-ancestors 'none'") != std::string::npos);
    CHECK(policy.find("unsafe") == std::string::npos);
    CHECK_FALSE(Shows(page, " style="));
    CHECK_FALSE(Shows(page, "http"));
  }
}

TEST_CASE("the page of success names the workspace and the product") {
  const auto page = ConnectedPage(ConnectionNamed("Acme & Co"));
  CHECK(page.status == 200);
  CHECK(Shows(page, "<h1>Acme &amp; Co is connected</h1>"));
  CHECK(Shows(page, "Product 7 "));
  CHECK(Shows(ConnectedPage(ConnectionNamed("")), "<h1>Intercom is connected</h1>"));
}

TEST_CASE("the page of an installation asks for product and key and carries the installation") {
  const auto page = InstallationPage(401, {"secret-1", "Acme", "7", "This key is not known."});
  CHECK(page.status == 401);
  CHECK(Shows(page, "Which product is Acme for?"));
  CHECK(Shows(page, R"(name="installation" value="secret-1")"));
  CHECK(Shows(page, R"(name="product" value="7")"));
  CHECK(Shows(page, R"(name="api_key" type="password")"));
  CHECK(Shows(page, "This key is not known."));
  CHECK_FALSE(Shows(InstallationPage(200, {"s", "Acme", {}, {}}), "class=\"problem\""));
}

TEST_CASE("every outcome that is no success says what happened, what to do, and has its status") {
  const std::vector<std::pair<ConnectOutcome, int>> statuses{
      {connections::v1::CONNECT_STATE_UNKNOWN, 400},
      {connections::v1::CONNECT_STATE_EXPIRED, 410},
      {connections::v1::CONNECT_STATE_USED, 409},
      {connections::v1::CONNECT_CALLER_REVOKED, 403},
      {connections::v1::CONNECT_CODE_REFUSED, 400},
      {connections::v1::CONNECT_INTERCOM_UNAVAILABLE, 503},
      {connections::v1::CONNECT_NOT_CONFIGURED, 501},
      {connections::v1::CONNECT_OUTCOME_UNSPECIFIED, 500}};
  std::set<std::string> titles;
  for (const auto& [outcome, status] : statuses) {
    const auto problem = ProblemOf(outcome, "");
    CHECK(problem.status == status);
    CHECK(titles.insert(problem.title).second);
    CHECK_FALSE(problem.what.empty());
    CHECK_FALSE(problem.remedy.empty());
    CHECK(ProblemPage(problem).status == status);
  }
  CHECK(ProblemOf(connections::v1::CONNECT_CODE_REFUSED, "invalid_grant")
            .what.find("(invalid_grant)") != std::string::npos);
}

}  // namespace
}  // namespace accoil::gateway
