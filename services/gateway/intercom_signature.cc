#include "services/gateway/intercom_signature.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include <array>
#include <stdexcept>
#include <string>

#include "libs/core/hex.h"
#include "libs/core/text.h"

namespace accoil::gateway {

const char* HeaderOf(SignatureForm form) {
  return form == SignatureForm::kHub ? "X-Hub-Signature" : "X-Body-Signature";
}

bool IsSignedWith(SignatureForm form, std::string_view client_secret, std::string_view body,
                  std::string_view header) {
  if (client_secret.empty()) return false;
  const bool hub = form == SignatureForm::kHub;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (HMAC(hub ? EVP_sha1() : EVP_sha256(), client_secret.data(),
           static_cast<int>(client_secret.size()),
           reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest.data(),
           &length) == nullptr) {
    throw std::runtime_error("OpenSSL cannot compute an HMAC");
  }
  const auto expected =
      (hub ? "sha1=" : "") + core::ToHex({reinterpret_cast<const char*>(digest.data()), length});
  const auto given = core::ToLower(core::Trim(header));
  return given.size() == expected.size() &&
         CRYPTO_memcmp(given.data(), expected.data(), expected.size()) == 0;
}

}  // namespace accoil::gateway
