#include "services/connections/workspaces.h"

#include <google/protobuf/util/message_differencer.h>

#include "libs/core/errors.h"
#include "libs/events/event.h"
#include "services/connections/connection_changes.h"
#include "services/connections/stored_secrets.h"
#include "services/connections/validation.h"

namespace accoil::connections {
namespace {

using google::protobuf::util::MessageDifferencer;

constexpr const char* kDefaultPrefix = "Accoil";

std::string WhyItEnded(const StoredConnection& stored, DisconnectCause cause) {
  const std::string what = cause == DisconnectCause::kUninstalled
                               ? "The app was uninstalled in Intercom"
                               : "Intercom refused the access token (401): the app was uninstalled "
                                 "or the token revoked";
  if (stored.connection.state() == events::v1::DISCONNECTING) {
    return what +
           ". It was being disconnected; attributes that were not yet archived stay in "
           "Intercom.";
  }
  return what + "; connect again.";
}

}  // namespace

v1::Connection Workspaces::Put(const v1::PutConnectionRequest& request) {
  ValidateProductId(request.product_id());
  ValidateAccessToken(request.access_token());
  ValidateClientSecret(request.client_secret());
  ValidateAttributePrefix(request.attribute_prefix());
  const core::ProductId product(request.product_id());
  // Before Intercom is asked: a call is not spent on a product that does not exist.
  tools_.database.Transact([&](postgres::Transaction& tx) {
    if (!tools_.store.FindProduct(tx, product)) {
      throw core::NotFound(Named(product) + " does not exist");
    }
  });
  const auto found = Find(request.access_token());
  Arrival arrival;
  arrival.workspace = found.workspace;
  arrival.base_url = found.base_url;
  arrival.token = request.access_token();
  arrival.client_secret = request.client_secret();
  arrival.origin = v1::ACCESS_TOKEN;
  arrival.attribute_prefix =
      request.attribute_prefix().empty() ? kDefaultPrefix : request.attribute_prefix();
  arrival.match_by_external_id = request.match_by_external_id();
  return tools_.database.Transact(
      [&](postgres::Transaction& tx) { return Connect(tx, product, arrival); });
}

FoundWorkspace Workspaces::Find(const std::string& token) {
  try {
    auto found = FindWorkspace(ask_, base_url_, token);
    tools_.budgets.Observe(found.workspace.id, found.rate_limits);
    return found;
  } catch (const core::FailedPrecondition&) {
    tools_.metrics.TokenRefused();
    throw;
  }
}

v1::Connection Workspaces::Connect(postgres::Transaction& tx, core::ProductId product,
                                   const Arrival& arrival) {
  tools_.store.LockProduct(tx, product);
  const auto before = tools_.store.LockConnection(tx, product);
  const auto& workspace = arrival.workspace.id;
  StoredConnection wanted;
  auto& connection = wanted.connection;
  connection.set_product_id(product.value());
  connection.set_workspace_id(workspace.value());
  connection.set_workspace_name(arrival.workspace.name);
  connection.set_region(arrival.workspace.region);
  connection.set_state(events::v1::CONNECTED);
  connection.set_attribute_prefix(arrival.attribute_prefix.value_or(
      before ? before->connection.attribute_prefix() : kDefaultPrefix));
  connection.set_match_by_external_id(
      arrival.match_by_external_id.value_or(before && before->connection.match_by_external_id()));
  connection.set_origin(arrival.origin);
  wanted.base_url = arrival.base_url;
  wanted.version = before ? before->version : 0;

  if (before) {
    *connection.mutable_connected_at() = before->connection.connected_at();
    const auto decrypted = [&](const std::optional<EncryptedSecret>& secret,
                               const SecretPurpose& purpose) {
      return secret ? tools_.cipher.Decrypt(purpose, *secret).value_or("") : std::string();
    };
    if (MessageDifferencer::Equals(before->connection, connection) &&
        before->base_url == wanted.base_url &&
        decrypted(before->token, SecretPurpose::Token(product, workspace)) == arrival.token &&
        decrypted(before->client_secret, SecretPurpose::ClientSecret(product, workspace)) ==
            arrival.client_secret) {
      return connection;
    }
  }
  // To the microsecond, as it is stored: it is answered the same now and later.
  events::SetTime(std::chrono::floor<std::chrono::microseconds>(tools_.clock.Now()),
                  *connection.mutable_connected_at());
  wanted.token = tools_.cipher.Encrypt(SecretPurpose::Token(product, workspace), arrival.token);
  if (!arrival.client_secret.empty()) {
    wanted.client_secret = tools_.cipher.Encrypt(SecretPurpose::ClientSecret(product, workspace),
                                                 arrival.client_secret);
  }
  SaveConnection(tools_, tx, wanted);
  tx.AfterCommit([this, connection] {
    tools_.metrics.Connected(connection.origin());
    tools_.logger.Info("connected", {{"product", connection.product_id()},
                                     {"workspace", connection.workspace_id()},
                                     {"region", connection.region()},
                                     {"origin", v1::ConnectionOrigin_Name(connection.origin())}});
  });
  return connection;
}

v1::Connection Workspaces::Get(core::ProductId product) {
  ValidateProductId(product.value());
  const auto stored = tools_.database.Transact(
      [&](postgres::Transaction& tx) { return tools_.store.FindConnection(tx, product); });
  if (!stored) throw core::NotFound(Named(product) + " has no connection to a workspace");
  return stored->connection;
}

v1::WorkspaceAccess Workspaces::Access(core::ProductId product, bool while_disconnecting) {
  ValidateProductId(product.value());
  const auto stored = tools_.database.Transact([&](postgres::Transaction& tx) {
    auto connection = tools_.store.FindConnection(tx, product);
    if (!connection && !tools_.store.FindProduct(tx, product)) {
      throw core::NotFound(Named(product) + " does not exist");
    }
    return connection;
  });
  const auto state = stored ? stored->connection.state() : events::v1::CONNECTION_STATE_UNSPECIFIED;
  if (state != events::v1::CONNECTED &&
      !(while_disconnecting && state == events::v1::DISCONNECTING)) {
    throw core::FailedPrecondition(Named(product) +
                                   " is not connected to an Intercom workspace; connect it first");
  }
  const auto token = OpenToken(tools_, *stored);
  if (!token) {
    throw core::FailedPrecondition("the token of " + Named(product) +
                                   " cannot be decrypted: give the key " + stored->token->key_id +
                                   " in ACCOIL_ENCRYPTION_KEYS or connect the product again");
  }
  v1::WorkspaceAccess access;
  access.set_workspace_id(stored->connection.workspace_id());
  access.set_access_token(*token);
  access.set_base_url(stored->base_url);
  return access;
}

void Workspaces::TokenWasRefused(const core::WorkspaceId& workspace, const std::string& token,
                                 DisconnectCause cause) {
  ValidateWorkspaceId(workspace.value());
  ValidateAccessToken(token);
  tools_.database.Transact([&](postgres::Transaction& tx) {
    for (auto& stored : tools_.store.LockConnectionsOf(tx, workspace)) {
      const auto current =
          tools_.cipher.Decrypt(SecretPurpose::Token(ProductOf(stored), workspace), *stored.token);
      if (!current || !EqualSecrets(*current, token)) continue;
      EndConnection(tools_, tx, stored, cause, WhyItEnded(stored, cause));
    }
  });
}

}  // namespace accoil::connections
