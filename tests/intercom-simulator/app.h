#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace accoil::simulator {

/// The app that is registered with the simulated Intercom, as its developer set it up.
struct App {
  std::string client_id = "simulated-app";
  std::string client_secret = "simulated-app-secret";
  std::string name = "Accoil";
  /// Where OAuth may lead back to; the first one when a request names none.
  std::vector<std::string> redirect_uris;
  /// Where notifications go; empty for nowhere.
  std::string webhook_url;
  /// What is told of an uninstall besides, {"app_id":WORKSPACE}; empty for nobody.
  std::string uninstall_url;
  /// The app in the Inbox: its requests go to this URL with /initialize and /submit after it. Empty
  /// when the app has no place there.
  std::string canvas_url;
  /// The topics of the notifications that it is sent.
  std::set<std::string> topics = AllTopics();

  /// Every topic that the simulator has an occasion for.
  static const std::set<std::string>& AllTopics();
  /// Whether OAuth may lead back there.
  bool MayRedirectTo(const std::string& uri) const;
};

/// Everything but the client secret.
nlohmann::json ToJson(const App& app);

/// `app` with what `changes` names. Throws core::InvalidArgument for an unknown name or a value
/// that makes no sense.
App Changed(App app, const nlohmann::json& changes);

}  // namespace accoil::simulator
