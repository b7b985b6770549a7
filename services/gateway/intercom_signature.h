#pragma once

#include <string_view>

namespace accoil::gateway {

/// How Intercom signs what it sends, with an app's client secret over the raw body.
enum class SignatureForm {
  /// Webhooks: X-Hub-Signature has "sha1=" and the hexadecimal HMAC-SHA1.
  kHub,
  /// Canvas requests: X-Body-Signature has the hexadecimal HMAC-SHA256.
  kBody,
};

/// The header that has it.
const char* HeaderOf(SignatureForm form);

/// Whether `header` is the signature of `body` under an app's client secret. Takes the same time
/// whatever byte is wrong. Nothing is signed with an empty secret.
bool IsSignedWith(SignatureForm form, std::string_view client_secret, std::string_view body,
                  std::string_view header);

}  // namespace accoil::gateway
