#pragma once

#include <string_view>

namespace accoil::gateway {

/// Whether `header` (X-Hub-Signature) is "sha1=" and the hexadecimal HMAC-SHA1 of `body` under an
/// app's client secret, as Intercom signs its webhooks. Takes the same time whatever byte is wrong.
/// Nothing is signed with an empty secret.
bool IsSignedWith(std::string_view client_secret, std::string_view body, std::string_view header);

}  // namespace accoil::gateway
