#include "services/connections/one_time_secret.h"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

#include "services/connections/encoding.h"

namespace accoil::connections {
namespace {

constexpr int kRandomBytes = 32;
/// 32 bytes as base64 without padding.
constexpr std::size_t kEncodedLength = 43;

}  // namespace

std::string NewOneTimeSecret() { return EncodeBase64Url(RandomBytes(kRandomBytes)); }

bool LooksLikeOneTimeSecret(std::string_view text) {
  return text.size() == kEncodedLength && IsBase64Url(text);
}

std::string OneTimeSecretDigest(std::string_view secret) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(secret.data(), secret.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL failed at SHA-256");
  }
  return {reinterpret_cast<const char*>(digest.data()), size};
}

}  // namespace accoil::connections
