#pragma once

#include <string>
#include <string_view>

#include "accoil/connections/v1/connections.pb.h"
#include "libs/http/message.h"

/// The pages that people see on their way to a connected workspace. Each stands for itself: no
/// script, nothing from elsewhere, and headers that forbid both, framing, caching and telling other
/// sites the address, which carries a code. Every text is escaped. Pure.
namespace accoil::gateway {

/// How a way ended that did not reach its goal.
struct PageProblem {
  int status = 500;
  std::string title;
  /// What happened.
  std::string what;
  /// What to do about it.
  std::string remedy;
};

/// The problem that an outcome other than CONNECT_DONE and CONNECT_NEEDS_PRODUCT is. `detail` is
/// more about it, for people.
PageProblem ProblemOf(connections::v1::ConnectOutcome outcome, const std::string& detail);

/// 200: the product is connected.
http::Response ConnectedPage(const connections::v1::Connection& connection);

/// What a page that asks for the product of an installation shows.
struct InstallationQuestion {
  std::string installation;
  /// Empty when it is not known (any more).
  std::string workspace_name;
  /// What was typed before.
  std::string product;
  /// Why it is asked again; empty the first time.
  std::string problem;
};
http::Response InstallationPage(int status, const InstallationQuestion& question);

http::Response ProblemPage(const PageProblem& problem);

}  // namespace accoil::gateway
