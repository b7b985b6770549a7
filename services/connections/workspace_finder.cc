#include "services/connections/workspace_finder.h"

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "libs/intercom/client.h"

namespace accoil::connections {
namespace {

constexpr std::size_t kLongestWorkspaceId = 64;

/// Whether another host may know the token that this one refused.
bool MayBeElsewhere(const intercom::Failure& failure) {
  return failure.kind == intercom::Failure::Kind::kUnauthorized;
}

[[noreturn]] void Throw(const intercom::Failure& failure) {
  if (failure.retryable()) {
    throw core::Unavailable("Intercom could not be asked about the token: " + InWords(failure));
  }
  throw core::FailedPrecondition("Intercom refused the token (" + InWords(failure) +
                                 "); give a valid access token of the workspace");
}

}  // namespace

FoundWorkspace FindWorkspace(const AskWho& ask, const std::string& only_base_url,
                             const std::string& token) {
  FoundWorkspace found;
  const auto ask_at = [&](const std::string& base_url) {
    auto outcome = ask(base_url, token);
    if (outcome.ok()) {
      found.workspace = outcome.value();
      found.base_url = base_url;
      if (outcome.rate_limit()) found.rate_limits.push_back(*outcome.rate_limit());
    }
    return outcome;
  };

  if (!only_base_url.empty()) {
    const auto outcome = ask_at(only_base_url);
    if (!outcome.ok()) Throw(outcome.failure());
  } else {
    const auto at_us = ask_at(intercom::BaseUrl("US"));
    if (at_us.ok()) {
      const auto base_url = intercom::BaseUrl(found.workspace.region);
      if (base_url != found.base_url) {
        const auto at_region = ask_at(base_url);
        if (!at_region.ok()) Throw(at_region.failure());
      }
    } else if (MayBeElsewhere(at_us.failure())) {
      const auto at_eu = ask_at(intercom::BaseUrl("EU"));
      if (!at_eu.ok() && !MayBeElsewhere(at_eu.failure())) Throw(at_eu.failure());
      if (!at_eu.ok()) {
        const auto at_au = ask_at(intercom::BaseUrl("AU"));
        if (!at_au.ok()) Throw(at_au.failure());
      }
    } else {
      Throw(at_us.failure());
    }
  }
  const auto& id = found.workspace.id.value();
  if (id.empty() || id.size() > kLongestWorkspaceId || !core::IsPlainText(id)) {
    throw core::Unavailable("Intercom's answer does not name the token's workspace");
  }
  return found;
}

}  // namespace accoil::connections
