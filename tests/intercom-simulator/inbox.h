#pragma once

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "libs/http/server.h"
#include "tests/intercom-simulator/simulation.h"

namespace accoil::simulator {

/// A file of the Inbox page; compiled in from inbox/.
struct InboxFile {
  std::string_view name;
  std::string_view content;
};
const std::vector<InboxFile>& InboxFiles();

/// The Inbox page and what it asks for: conversations, and what the app answers when a teammate
/// opens one or clicks. The browser only ever talks to the simulator; the simulator asks the app.
class Inbox {
 public:
  explicit Inbox(Simulation& simulation) : simulation_(simulation) {}

  void AddRoutes(http::Server& server);

 private:
  http::Response GetOverview();
  http::Response GetConversations(const http::Request& request);
  http::Response Initialize(const http::Request& request);
  http::Response Submit(const http::Request& request);
  /// Asks the app on behalf of the teammate who looks at the conversation that `body` names.
  http::Response Ask(const nlohmann::ordered_json& body, bool clicked);

  Simulation& simulation_;
};

}  // namespace accoil::simulator
