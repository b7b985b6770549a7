#include "tests/intercom-simulator/canvas_request.h"

#include "libs/http/client.h"
#include "tests/canvas-kit/canvas_kit.h"
#include "tests/intercom-simulator/render.h"
#include "tests/intercom-simulator/signature.h"
#include "tests/intercom-simulator/url.h"

namespace accoil::simulator {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMostAnswer = 1 << 20;

ordered_json AdminJson(const Teammate& teammate) {
  return {{"type", "admin"},
          {"id", teammate.id},
          {"name", teammate.name},
          {"email", teammate.email},
          {"away_mode_enabled", false},
          {"away_mode_reassign", false},
          {"has_inbox_seat", true},
          {"team_ids", ordered_json::array()}};
}

ordered_json ConversationObject(const CanvasView& view) {
  const auto shown = ConversationJson(view.contact, view.workspace);
  const auto began = Moment{view.now}.seconds() - shown.at("minutes_ago").get<std::int64_t>() * 60;
  const ordered_json author = {{"type", view.contact.is_user ? "user" : "lead"},
                               {"id", view.contact.id},
                               {"name", view.contact.name},
                               {"email", view.contact.email}};
  ordered_json conversation = {
      {"type", "conversation"},
      {"id", shown.at("id")},
      {"title", nullptr},
      {"created_at", began},
      {"updated_at", began},
      {"open", true},
      {"state", "open"},
      {"read", true},
      {"source",
       {{"type", "conversation"},
        {"id", shown.at("id")},
        {"delivered_as", "customer_initiated"},
        {"subject", ""},
        {"body", "<p>" + shown.at("lines").at(0).at("text").get<std::string>() + "</p>"},
        {"author", author}}},
      {"contacts",
       {{"type", "contact.list"},
        {"contacts",
         ordered_json::array({{{"type", "contact"},
                               {"id", view.contact.id},
                               {"external_id", view.contact.external_id.empty()
                                                   ? ordered_json()
                                                   : ordered_json(view.contact.external_id)}}})}}}};
  if (view.company != nullptr) {
    conversation["company"] = {{"type", "company"},
                               {"id", view.company->id},
                               {"company_id", view.company->company_id},
                               {"name", view.company->name}};
  }
  return conversation;
}

}  // namespace

std::string CanvasRequestBody(const CanvasView& view, const CanvasClick* click) {
  ordered_json body = {{"workspace_id", view.workspace_info.id_code},
                       {"workspace_region", view.workspace_info.region},
                       {"admin", AdminJson(view.teammate)},
                       {"context",
                        {{"location", "conversation"},
                         {"conversation_id", ConversationId(view.contact)},
                         {"locale", "en"}}},
                       {"conversation", ConversationObject(view)},
                       {"contact", ordered_json::parse(ContactJson(view.contact, view.workspace,
                                                                   view.workspace_info.id_code))}};
  if (click != nullptr) {
    body["component_id"] = click->component_id;
    body["input_values"] = click->input_values;
    body["current_canvas"] = click->current_canvas;
  }
  return body.dump();
}

CanvasExchange AskApp(const App& app, const std::string& path, std::string body,
                      std::chrono::milliseconds timeout) {
  CanvasExchange exchange;
  exchange.url = app.canvas_url;
  while (exchange.url.ends_with('/')) exchange.url.pop_back();
  exchange.url += path;
  exchange.headers = {{"Content-Type", "application/json"},
                      {"Accept", "application/json"},
                      {"User-Agent", "Intercom"},
                      {"X-Body-Signature", BodySignature(app.client_secret, body)}};
  exchange.body = std::move(body);

  const auto began = std::chrono::steady_clock::now();
  const auto url = SplitUrl(exchange.url);
  // A connection of its own: a kept one could have been closed between two clicks of a person.
  http::Client client({.base_url = url.base, .timeout = timeout, .answer_limit = kMostAnswer});
  auto reply = client.Send("POST", url.path_and_query, exchange.headers, exchange.body);
  exchange.duration = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - began);

  if (reply.result != http::Reply::Result::kAnswered) {
    exchange.problems.push_back(exchange.duration >= timeout
                                    ? "No whole answer came within " +
                                          std::to_string(timeout.count()) + " ms."
                                    : "No whole answer came: " + reply.error);
    return exchange;
  }
  exchange.status = reply.status;
  exchange.answer = std::move(reply.body);
  if (exchange.status != 200) {
    exchange.problems.push_back("The app answered " + std::to_string(exchange.status) +
                                ", not 200.");
  } else {
    exchange.problems = canvas_kit::Problems(exchange.answer);
  }
  return exchange;
}

}  // namespace accoil::simulator
