#include "services/connections/stored_secrets.h"

#include "services/connections/connection_changes.h"

namespace accoil::connections {
namespace {

using Replace = void (Store::*)(postgres::Transaction&, core::ProductId, const EncryptedSecret&,
                                const EncryptedSecret&) const;

std::optional<std::string> Open(const Tools& tools, core::ProductId product,
                                const std::optional<EncryptedSecret>& stored,
                                const SecretPurpose& purpose, Replace replace) {
  if (!stored) return std::nullopt;
  auto secret = tools.cipher.Decrypt(purpose, *stored);
  if (!secret) {
    tools.logger.Error("a stored secret cannot be decrypted",
                       {{"product", product.value()}, {"key", stored->key_id}});
    return std::nullopt;
  }
  if (!tools.cipher.IsCurrent(*stored)) {
    const auto replaced = tools.cipher.Encrypt(purpose, *secret);
    tools.database.Transact(
        [&](postgres::Transaction& tx) { (tools.store.*replace)(tx, product, *stored, replaced); });
  }
  return secret;
}

}  // namespace

std::optional<std::string> OpenToken(const Tools& tools, const StoredConnection& connection) {
  const auto product = ProductOf(connection);
  return Open(tools, product, connection.token,
              SecretPurpose::Token(product, WorkspaceOf(connection)), &Store::ReplaceToken);
}

std::optional<std::string> OpenClientSecret(const Tools& tools,
                                            const StoredConnection& connection) {
  const auto product = ProductOf(connection);
  return Open(tools, product, connection.client_secret,
              SecretPurpose::ClientSecret(product, WorkspaceOf(connection)),
              &Store::ReplaceClientSecret);
}

}  // namespace accoil::connections
