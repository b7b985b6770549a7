#include "services/connections/api_key.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <stdexcept>

#include "services/connections/encoding.h"

namespace accoil::connections {
namespace {

constexpr std::string_view kPrefix = "ak_";
constexpr int kRandomBytes = 32;
/// 32 bytes as base64 without padding.
constexpr std::size_t kEncodedLength = 43;

}  // namespace

std::string NewApiKey() {
  return std::string(kPrefix) + EncodeBase64Url(RandomBytes(kRandomBytes));
}

bool LooksLikeApiKey(std::string_view text) {
  return text.starts_with(kPrefix) && text.size() == kPrefix.size() + kEncodedLength &&
         IsBase64Url(text.substr(kPrefix.size()));
}

std::string ApiKeyDigest(std::string_view secret, std::string_view api_key) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(api_key.data()), api_key.size(), digest.data(),
           &size) == nullptr) {
    throw std::runtime_error("OpenSSL failed at HMAC-SHA-256");
  }
  return {reinterpret_cast<const char*>(digest.data()), size};
}

}  // namespace accoil::connections
