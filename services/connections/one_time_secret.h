#pragma once

#include <string>
#include <string_view>

/// Secrets that are handed out to work once and for a while: the state of an OAuth flow, the name
/// of an installation that waits for a product.
namespace accoil::connections {

/// 32 random bytes as base64url: 43 characters that nobody guesses.
std::string NewOneTimeSecret();

/// Whether the text has the form of one, so that anything else is refused without asking the
/// database.
bool LooksLikeOneTimeSecret(std::string_view text);

/// What is stored of one: SHA-256. It is random, so a key or a slow hash would add nothing.
std::string OneTimeSecretDigest(std::string_view secret);

}  // namespace accoil::connections
