#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "libs/http/message.h"
#include "tests/intercom-simulator/app.h"
#include "tests/intercom-simulator/conversations.h"

/// What Intercom asks an app for the Inbox, and how it takes the answer.
namespace accoil::simulator {

/// What a teammate did in the canvas.
struct CanvasClick {
  std::string component_id;
  /// Component id to value: the chosen option's id, a list of them for checkboxes, or text.
  nlohmann::ordered_json input_values;
  /// The canvas that was clicked, with its stored_data, as the app sent it.
  nlohmann::ordered_json current_canvas;
};

/// Who looks at which conversation.
struct CanvasView {
  const TenantInfo& workspace_info;
  const Workspace& workspace;
  const Contact& contact;
  /// The company that the conversation is about; null when nobody said so.
  const Company* company = nullptr;
  const Teammate& teammate;
  core::TimePoint now;
};

/// The body of an initialize request; with a click that of a submit request.
std::string CanvasRequestBody(const CanvasView& view, const CanvasClick* click);

/// One request to the app, and what came of it.
struct CanvasExchange {
  std::string url;
  http::Headers headers;
  std::string body;
  /// 0 when no whole answer came.
  int status = 0;
  std::string answer;
  /// Why Intercom would show an error instead of the answer; empty when it would show it.
  std::vector<std::string> problems;
  std::chrono::milliseconds duration{0};
};

/// Sends a body to `path` below the app's canvas_url, signed, and waits at most `timeout`.
CanvasExchange AskApp(const App& app, const std::string& path, std::string body,
                      std::chrono::milliseconds timeout);

}  // namespace accoil::simulator
