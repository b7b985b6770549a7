#pragma once

#include <string>
#include <string_view>

/// How Intercom signs what it sends, under the app's client secret.
namespace accoil::simulator {

/// X-Hub-Signature of webhooks: "sha1=" and the HMAC-SHA1 of the body in hex.
std::string HubSignature(std::string_view client_secret, std::string_view body);

/// X-Body-Signature of everything else: the HMAC-SHA256 of the body in hex.
std::string BodySignature(std::string_view client_secret, std::string_view body);

}  // namespace accoil::simulator
