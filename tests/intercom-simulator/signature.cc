#include "tests/intercom-simulator/signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

#include "libs/core/hex.h"

namespace accoil::simulator {
namespace {

std::string HexHmac(const EVP_MD* hash, std::string_view key, std::string_view body) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (HMAC(hash, key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest,
           &size) == nullptr) {
    throw std::runtime_error("OpenSSL failed at an HMAC");
  }
  return core::ToHex({reinterpret_cast<const char*>(digest), size});
}

}  // namespace

std::string HubSignature(std::string_view client_secret, std::string_view body) {
  return "sha1=" + HexHmac(EVP_sha1(), client_secret, body);
}

std::string BodySignature(std::string_view client_secret, std::string_view body) {
  return HexHmac(EVP_sha256(), client_secret, body);
}

}  // namespace accoil::simulator
