#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/core/ids.h"

namespace accoil::connections {

/// A key for secrets at rest: 32 bytes, named so that it can be replaced.
struct EncryptionKey {
  std::string id;
  std::string bytes;
};

/// Reads "id:base64 of 32 bytes[,id:base64…]"; ids are identifiers and unique. Throws
/// core::InvalidArgument, which never quotes a key.
std::vector<EncryptionKey> ParseEncryptionKeys(std::string_view text);

/// A secret as it is stored.
struct EncryptedSecret {
  std::string key_id;
  /// Nonce (12 bytes), ciphertext, tag (16 bytes).
  std::string bytes;
};

/// What a stored secret is and whose: the associated data of its encryption, so that it opens
/// nothing when it is copied to another row or column. No two purposes share a text.
class SecretPurpose {
 public:
  /// The access token of a product's connection to a workspace.
  static SecretPurpose Token(core::ProductId product, const core::WorkspaceId& workspace);
  /// The client secret of the app that such a token belongs to.
  static SecretPurpose ClientSecret(core::ProductId product, const core::WorkspaceId& workspace);
  /// The access token of an installation that waits for a product, by the installation's digest.
  static SecretPurpose Installation(std::string_view digest);

  const std::string& text() const { return text_; }

 private:
  explicit SecretPurpose(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

/// Keeps access tokens and client secrets secret at rest: AES-256-GCM through OpenSSL, a random
/// nonce each, bound to their purpose. Stateless but for its keys; any thread.
class SecretCipher {
 public:
  /// The first key encrypts, all decrypt.
  explicit SecretCipher(std::vector<EncryptionKey> keys);

  EncryptedSecret Encrypt(const SecretPurpose& purpose, std::string_view secret) const;
  /// Nothing when the key is not known or the bytes are not what was encrypted for this purpose.
  std::optional<std::string> Decrypt(const SecretPurpose& purpose,
                                     const EncryptedSecret& secret) const;
  /// Whether the secret is under the key that encrypts now.
  bool IsCurrent(const EncryptedSecret& secret) const { return secret.key_id == keys_.front().id; }

 private:
  std::vector<EncryptionKey> keys_;
};

/// Compares secrets in a time that does not tell where they differ.
bool EqualSecrets(std::string_view a, std::string_view b);

}  // namespace accoil::connections
