#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>

#include "libs/core/clock.h"
#include "tests/intercom-simulator/app.h"

namespace accoil::simulator {

/// The app, the workspaces that it is installed in, and the codes and access tokens that this gave
/// it. Tokens do not expire; uninstalling kills all of a workspace's. Any thread.
class Installations {
 public:
  explicit Installations(App app) : initial_app_(app), app_(std::move(app)) {}

  App app() const;
  /// As `Changed` of the app.
  App Change(const nlohmann::json& changes);

  /// An authorization code for a workspace: works once, for five minutes.
  std::string IssueCode(const std::string& id_code, core::TimePoint now);
  /// Installs the app where the code is for, and answers a new token. Throws ApiError: 401 for
  /// wrong credentials, `refused_status` for a code that is unknown, old or used.
  std::string Exchange(const std::string& code, const std::string& client_id,
                       const std::string& client_secret, int refused_status, core::TimePoint now);
  /// Installs the app with a token that is known already.
  void Install(const std::string& id_code, const std::string& token);
  /// Kills the app's tokens of the workspace. Answers whether it was installed.
  bool Uninstall(const std::string& id_code);
  bool IsInstalled(const std::string& id_code) const;
  /// The app's tokens that work in the workspace.
  std::set<std::string> TokensOf(const std::string& id_code) const;

  /// Whose token of the app this is; empty when it is none.
  std::string WorkspaceOf(const std::string& token) const;
  /// Whether the token worked once and does not any more.
  bool IsDead(const std::string& token) const;
  /// Kills a token, also one that is not of the app.
  void Kill(const std::string& token);
  /// A token works (again).
  void Revive(const std::string& token);

  /// The app as it was at first, installed nowhere.
  void Reset();

 private:
  struct Code {
    std::string id_code;
    core::TimePoint expires;
  };

  const App initial_app_;
  mutable std::mutex mutex_;
  App app_;
  std::map<std::string, Code> codes_;
  std::map<std::string, std::string> workspace_by_token_;
  std::set<std::string> dead_;
};

}  // namespace accoil::simulator
