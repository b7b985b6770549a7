#pragma once

#include <string>
#include <string_view>

/// The keys that clients of the gateway show.
namespace accoil::connections {

/// A new key: "ak_" and 32 random bytes as base64url.
std::string NewApiKey();

/// Whether the text has the form of a key, so that anything else is refused without asking the
/// database.
bool LooksLikeApiKey(std::string_view text);

/// What is stored of a key: HMAC-SHA-256 under the server's secret. A key is random, so a slow hash
/// would add nothing; without the secret a stolen table cannot even confirm a key.
std::string ApiKeyDigest(std::string_view secret, std::string_view api_key);

}  // namespace accoil::connections
