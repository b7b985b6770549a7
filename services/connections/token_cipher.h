#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/core/ids.h"

namespace accoil::connections {

/// A key for tokens at rest: 32 bytes, named so that it can be replaced.
struct EncryptionKey {
  std::string id;
  std::string bytes;
};

/// Reads "id:base64 of 32 bytes[,id:base64…]"; ids are identifiers and unique. Throws
/// core::InvalidArgument, which never quotes a key.
std::vector<EncryptionKey> ParseEncryptionKeys(std::string_view text);

/// A token as it is stored.
struct EncryptedToken {
  std::string key_id;
  /// Nonce (12 bytes), ciphertext, tag (16 bytes).
  std::string bytes;
};

/// Keeps access tokens secret at rest: AES-256-GCM through OpenSSL, a random nonce each, bound to
/// product and workspace, so that a stored token opens nothing when it is copied to another row.
/// Stateless but for its keys; any thread.
class TokenCipher {
 public:
  /// The first key encrypts, all decrypt.
  explicit TokenCipher(std::vector<EncryptionKey> keys);

  EncryptedToken Encrypt(core::ProductId product, const core::WorkspaceId& workspace,
                         std::string_view token) const;
  /// Nothing when the key is not known or the bytes are not what was encrypted for this product and
  /// workspace.
  std::optional<std::string> Decrypt(core::ProductId product, const core::WorkspaceId& workspace,
                                     const EncryptedToken& token) const;
  /// Whether the token is under the key that encrypts now.
  bool IsCurrent(const EncryptedToken& token) const { return token.key_id == keys_.front().id; }

 private:
  std::vector<EncryptionKey> keys_;
};

/// Compares secrets in a time that does not tell where they differ.
bool EqualSecrets(std::string_view a, std::string_view b);

}  // namespace accoil::connections
