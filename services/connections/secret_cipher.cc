#include "services/connections/secret_cipher.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "services/connections/encoding.h"

namespace accoil::connections {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr int kNonceBytes = 12;
constexpr int kTagBytes = 16;

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

Context NewContext() {
  Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  if (!context) throw std::bad_alloc();
  return context;
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

/// For steps that fail only when OpenSSL itself is broken.
void Check(int result, const char* step) {
  if (result != 1) throw std::runtime_error(std::string("OpenSSL failed at ") + step);
}

std::string PlaceOf(core::ProductId product, const core::WorkspaceId& workspace) {
  return std::to_string(product.value()) + "/" + workspace.value();
}

}  // namespace

std::vector<EncryptionKey> ParseEncryptionKeys(std::string_view text) {
  std::vector<EncryptionKey> keys;
  for (const auto& part : core::Split(text, ',')) {
    const auto place = "key " + std::to_string(keys.size() + 1);
    const auto colon = part.find(':');
    if (colon == std::string::npos || !core::IsIdentifier(part.substr(0, colon))) {
      throw core::InvalidArgument("",
                                  place + " must be written id:base64, the id of [A-Za-z0-9_-]");
    }
    auto bytes = DecodeBase64(part.substr(colon + 1));
    if (!bytes || bytes->size() != kKeyBytes) {
      throw core::InvalidArgument("", place + " must be the base64 of 32 bytes");
    }
    EncryptionKey key{part.substr(0, colon), std::move(*bytes)};
    if (std::any_of(keys.begin(), keys.end(), [&](const auto& k) { return k.id == key.id; })) {
      throw core::InvalidArgument("", place + " has the id of another");
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

// A token's begins with a digit, so that the others cannot be taken for one.
SecretPurpose SecretPurpose::Token(core::ProductId product, const core::WorkspaceId& workspace) {
  return SecretPurpose(PlaceOf(product, workspace));
}

SecretPurpose SecretPurpose::ClientSecret(core::ProductId product,
                                          const core::WorkspaceId& workspace) {
  return SecretPurpose("client-secret/" + PlaceOf(product, workspace));
}

SecretPurpose SecretPurpose::Installation(std::string_view digest) {
  return SecretPurpose("installation/" + std::string(digest));
}

SecretCipher::SecretCipher(std::vector<EncryptionKey> keys) : keys_(std::move(keys)) {
  if (keys_.empty()) throw std::logic_error("a cipher needs a key");
}

EncryptedSecret SecretCipher::Encrypt(const SecretPurpose& purpose, std::string_view secret) const {
  const auto& key = keys_.front();
  const auto nonce = RandomBytes(kNonceBytes);
  const auto& bound_to = purpose.text();
  std::string ciphertext(secret.size(), '\0');
  std::string tag(kTagBytes, '\0');
  const auto context = NewContext();
  int size = 0;
  Check(
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Bytes(key.bytes), Bytes(nonce)),
      "setting the key");
  Check(EVP_EncryptUpdate(context.get(), nullptr, &size, Bytes(bound_to),
                          static_cast<int>(bound_to.size())),
        "binding");
  Check(EVP_EncryptUpdate(context.get(), Bytes(ciphertext), &size, Bytes(secret),
                          static_cast<int>(secret.size())),
        "encrypting");
  Check(EVP_EncryptFinal_ex(context.get(), Bytes(ciphertext) + size, &size), "finishing");
  Check(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag.data()),
        "taking the tag");
  return {key.id, nonce + ciphertext + tag};
}

std::optional<std::string> SecretCipher::Decrypt(const SecretPurpose& purpose,
                                                 const EncryptedSecret& secret) const {
  const auto key = std::find_if(keys_.begin(), keys_.end(),
                                [&](const auto& known) { return known.id == secret.key_id; });
  if (key == keys_.end() || secret.bytes.size() < kNonceBytes + kTagBytes) return std::nullopt;
  const std::string_view all = secret.bytes;
  const auto nonce = all.substr(0, kNonceBytes);
  const auto ciphertext = all.substr(kNonceBytes, all.size() - kNonceBytes - kTagBytes);
  std::string tag(all.substr(all.size() - kTagBytes));
  const auto& bound_to = purpose.text();
  std::string plain(ciphertext.size(), '\0');
  const auto context = NewContext();
  int size = 0;
  Check(EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Bytes(key->bytes),
                           Bytes(nonce)),
        "setting the key");
  Check(EVP_DecryptUpdate(context.get(), nullptr, &size, Bytes(bound_to),
                          static_cast<int>(bound_to.size())),
        "binding");
  Check(EVP_DecryptUpdate(context.get(), Bytes(plain), &size, Bytes(ciphertext),
                          static_cast<int>(ciphertext.size())),
        "decrypting");
  Check(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()),
        "giving the tag");
  if (EVP_DecryptFinal_ex(context.get(), Bytes(plain) + size, &size) != 1) return std::nullopt;
  return plain;
}

bool EqualSecrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace accoil::connections
