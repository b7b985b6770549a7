#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "accoil/connections/v1/connections.pb.h"
#include "libs/core/clock.h"
#include "services/connections/store.h"

/// The parts of the OAuth flow that need nobody.
namespace accoil::connections {

/// How long a state works.
inline constexpr std::chrono::minutes kOAuthStateLife{10};
/// How long an installation waits for a product.
inline constexpr std::chrono::hours kInstallationLife{1};
/// How long an expired state is remembered, so that somebody who comes late is told so.
inline constexpr std::chrono::hours kOAuthStateMemory{24};

/// The page of Intercom's that asks for consent and then leads back to `redirect_uri` with a code
/// and `state`.
std::string AuthorizeUrl(const std::string& page, const std::string& client_id,
                         const std::string& redirect_uri, const std::string& state);

/// Where Intercom leads back to: a page of the gateway, which browsers reach at `public_url`.
std::string RedirectUri(const std::string& public_url);

/// Why a state could not be used up: what is stored of it, if anything.
v1::ConnectOutcome WhyNotUsable(const std::optional<StoredOAuthState>& state);

}  // namespace accoil::connections
