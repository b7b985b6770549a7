#include "services/gateway/webhook_signature.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include <array>
#include <stdexcept>
#include <string>

#include "libs/core/text.h"

namespace accoil::gateway {
namespace {

constexpr std::string_view kAlgorithm = "sha1=";
constexpr std::size_t kDigestBytes = 20;

}  // namespace

bool IsSignedWith(std::string_view client_secret, std::string_view body, std::string_view header) {
  if (client_secret.empty()) return false;
  std::array<unsigned char, kDigestBytes> digest{};
  unsigned int length = 0;
  if (HMAC(EVP_sha1(), client_secret.data(), static_cast<int>(client_secret.size()),
           reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest.data(),
           &length) == nullptr ||
      length != kDigestBytes) {
    throw std::runtime_error("OpenSSL cannot compute HMAC-SHA1");
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string expected(kAlgorithm);
  for (const auto byte : digest) {
    expected += kHex[byte >> 4];
    expected += kHex[byte & 15];
  }
  const auto given = core::ToLower(core::Trim(header));
  return given.size() == expected.size() &&
         CRYPTO_memcmp(given.data(), expected.data(), expected.size()) == 0;
}

}  // namespace accoil::gateway
