#pragma once

#include <functional>
#include <string>

#include "libs/intercom/client.h"
#include "libs/intercom/outcome.h"
#include "libs/intercom/types.h"

namespace accoil::connections {

/// GET /me at a REST base URL with a token.
using AskWho = std::function<intercom::Outcome<intercom::Workspace>(const std::string& base_url,
                                                                    const std::string& token)>;

/// What this service asks of Intercom itself: rare calls outside the budget, whose rate-limit
/// headers the budget is told of. Each is one call and never throws for what Intercom does. Any
/// thread.
struct IntercomCalls {
  AskWho ask;
  /// POST /auth/eagle/token: the access token that a code of OAuth stands for.
  std::function<intercom::Outcome<std::string>(const std::string& base_url,
                                               const std::string& code)>
      exchange;
  /// POST /auth/uninstall.
  std::function<intercom::Outcome<intercom::Done>(const std::string& base_url,
                                                  const std::string& token)>
      uninstall;
};

/// The real ones; `transport` outlives them.
IntercomCalls MakeIntercomCalls(intercom::Transport& transport, const intercom::OAuthApp& app);

/// What happened, for logs and people, without the text of Intercom's answer: nobody promises that
/// it never quotes a secret.
std::string InWords(const intercom::Failure& failure);

}  // namespace accoil::connections
