#include "services/gateway/pages.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>

#include "libs/http/html.h"

namespace accoil::gateway {
namespace {

using connections::v1::ConnectOutcome;

constexpr std::string_view kStyle = R"css(
:root { color-scheme: light dark; --ground: #f3f5f9; --card: #fff; --text: #1b2333; --muted: #5b667a;
  --line: #dbe0ea; --accent: #2f5bea; --good: #12805c; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ground: #10141c; --card: #1a202c; --text: #eef1f7;
  --muted: #9aa5b8; --line: #323b4b; --accent: #6d8ffc; --good: #4cc38f; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem;
  background: var(--ground); color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { width: 100%; max-width: 27rem; padding: 2.25rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 14px; box-shadow: 0 12px 32px rgb(20 30 60 / .08); }
.mark { display: inline-grid; place-items: center; width: 2.75rem; height: 2.75rem;
  border-radius: 50%; font-size: 1.35rem; font-weight: 700; color: var(--card);
  background: var(--accent); }
.good .mark { background: var(--good); }
.bad .mark { background: var(--bad); }
h1 { margin: 1rem 0 .5rem; font-size: 1.4rem; line-height: 1.25; overflow-wrap: anywhere; }
p { margin: .5rem 0 0; color: var(--muted); overflow-wrap: anywhere; }
p.problem { margin-top: 1rem; padding: .7rem .9rem; border-left: 3px solid var(--bad);
  color: var(--text); background: var(--ground); border-radius: 4px; }
label { display: block; margin: 1.1rem 0 .3rem; font-weight: 600; }
input { width: 100%; padding: .65rem .75rem; font: inherit; color: inherit;
  background: var(--ground); border: 1px solid var(--line); border-radius: 8px; }
small { display: block; margin-top: .3rem; color: var(--muted); }
button { width: 100%; margin-top: 1.5rem; padding: .75rem; font: inherit; font-weight: 600;
  color: var(--card); background: var(--accent); border: 0; border-radius: 8px; cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
)css";

/// The style as a content security policy names it, so that no other counts.
std::string StyleSource() {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(kStyle.data()), kStyle.size(), digest.data());
  constexpr std::size_t kBase64 = (SHA256_DIGEST_LENGTH + std::size_t{2}) / 3 * 4;
  std::array<unsigned char, kBase64 + 1> text{};
  EVP_EncodeBlock(text.data(), digest.data(), digest.size());
  return "'sha256-" + std::string(reinterpret_cast<const char*>(text.data()), kBase64) + "'";
}

/// `mood` is one of the style's classes; `body` is HTML already, `title` is not.
http::Response Page(int status, std::string_view mood, std::string_view mark,
                    std::string_view title, const std::string& body) {
  const auto heading = http::EscapeHtml(title);
  http::Response response;
  response.status = status;
  response.content_type = "text/html; charset=utf-8";
  auto& html = response.body;
  html = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  html += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  html += "<title>" + heading + "</title>\n<style>" + std::string(kStyle) + "</style>\n</head>\n";
  html += "<body>\n<main class=\"" + std::string(mood) +
          "\">\n<div class=\"mark\" aria-hidden=\"true\">" + std::string(mark) + "</div>\n<h1>" +
          heading + "</h1>\n" + body + "</main>\n</body>\n";
  html += "</html>\n";
  response.headers = {
      {"Cache-Control", "no-store"},
      {"Content-Security-Policy", "default-src 'none'; style-src " + StyleSource() +
                                      "; form-action 'self'; base-uri 'none'; "
                                      "frame-ancestors 'none'"},
      {"Referrer-Policy", "no-referrer"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
  };
  return response;
}

std::string Paragraph(std::string_view text, std::string_view mood = {}) {
  if (text.empty()) return {};
  const auto attribute = mood.empty() ? std::string() : " class=\"" + std::string(mood) + "\"";
  return "<p" + attribute + ">" + http::EscapeHtml(text) + "</p>\n";
}

std::string WithDetail(const std::string& text, const std::string& detail) {
  return detail.empty() ? text : text + " (" + detail + ")";
}

constexpr const char* kStartAgain =
    "Start again where you chose to connect Intercom: a new link is made there.";

}  // namespace

PageProblem ProblemOf(ConnectOutcome outcome, const std::string& detail) {
  switch (outcome) {
    case connections::v1::CONNECT_STATE_UNKNOWN:
      return {400, "This link is not one of ours",
              "Intercom sent you here with a request that did not begin here. Nothing was "
              "connected.",
              kStartAgain};
    case connections::v1::CONNECT_STATE_EXPIRED:
      return {410, "This link has expired",
              "Links to connect Intercom work for ten minutes. Nothing was connected.",
              kStartAgain};
    case connections::v1::CONNECT_STATE_USED:
      return {409, "This link was used already",
              "Links to connect Intercom work once; this one did its work before.",
              "Look whether Intercom is connected. If it is not, start again: a new link is made."};
    case connections::v1::CONNECT_CALLER_REVOKED:
      return {403, "The key that asked was revoked",
              "The API key that began to connect Intercom does not count any more. Nothing was "
              "connected.",
              "Start again with a key that counts."};
    case connections::v1::CONNECT_CODE_REFUSED:
      return {400, "Intercom did not take its own code",
              WithDetail("The code that Intercom sent along is old or was used. Nothing was "
                         "connected.",
                         detail),
              kStartAgain};
    case connections::v1::CONNECT_INTERCOM_UNAVAILABLE:
      return {503, "Intercom does not answer",
              WithDetail("Intercom could not be asked whether you allowed it. Nothing was "
                         "connected yet.",
                         detail),
              "Load this page again in a minute. If it then says that the code is old, start "
              "again."};
    case connections::v1::CONNECT_NOT_CONFIGURED:
      return {501, "Connecting by click is not set up",
              "This installation has no Intercom app of its own.",
              "Ask whoever runs it to set one up, or connect with an access token."};
    default:
      return {500, "Something went wrong",
              WithDetail("Nothing is known about how it ended.", detail),
              "Look whether Intercom is connected. If it is not, start again."};
  }
}

http::Response ConnectedPage(const connections::v1::Connection& connection) {
  const auto& name = connection.workspace_name();
  return Page(200, "good", "&#10003;", (name.empty() ? "Intercom" : name) + " is connected",
              Paragraph("Product " + std::to_string(connection.product_id()) +
                        " now reaches this Intercom workspace. Traits and segments arrive there "
                        "within seconds.") +
                  Paragraph("You can close this page."));
}

http::Response InstallationPage(int status, const InstallationQuestion& question) {
  const auto& name = question.workspace_name;
  std::string body = Paragraph(
      "The app is installed in Intercom. Say which product it is for, and prove with an "
      "API key of that product that you may connect it.");
  body += Paragraph(question.problem, "problem");
  // Relative, so that it is right behind a proxy that puts a path before ours.
  body += "<form method=\"post\" action=\"installations\">\n";
  body += "<input type=\"hidden\" name=\"installation\" value=\"" +
          http::EscapeHtml(question.installation) + "\">\n";
  body +=
      "<label for=\"product\">Product</label>\n<input id=\"product\" name=\"product\" value=\"" +
      http::EscapeHtml(question.product) +
      "\" inputmode=\"numeric\" autocomplete=\"off\" required>\n"
      "<small>Its number, as the API and your administrator know it.</small>\n";
  body +=
      "<label for=\"api_key\">API key</label>\n"
      "<input id=\"api_key\" name=\"api_key\" type=\"password\" autocomplete=\"off\" required>\n"
      "<small>One of this product with the scope admin. It is not kept.</small>\n";
  body += "<button>Connect</button>\n</form>\n";
  return Page(status, "", "?", "Which product is " + (name.empty() ? "this" : name) + " for?",
              body);
}

http::Response ProblemPage(const PageProblem& problem) {
  return Page(problem.status, "bad", "!", problem.title,
              Paragraph(problem.what) + Paragraph(problem.remedy));
}

}  // namespace accoil::gateway
