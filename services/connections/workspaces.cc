#include "services/connections/workspaces.h"

#include <google/protobuf/util/message_differencer.h>

#include "libs/core/errors.h"
#include "libs/events/event.h"
#include "libs/events/outbox.h"
#include "services/connections/profiles.h"
#include "services/connections/validation.h"

namespace accoil::connections {
namespace {

constexpr const char* kDefaultPrefix = "Accoil";

events::v1::ConnectionChanged ToEvent(const StoredConnection& stored, core::TimePoint now) {
  const auto& connection = stored.connection;
  events::v1::ConnectionChanged event;
  event.set_product_id(connection.product_id());
  event.set_version(stored.version);
  events::SetTime(now, *event.mutable_occurred_at());
  event.set_workspace_id(connection.workspace_id());
  event.set_state(connection.state());
  event.set_attribute_prefix(connection.attribute_prefix());
  event.set_match_by_external_id(connection.match_by_external_id());
  return event;
}

core::ProductId ProductOf(const StoredConnection& stored) {
  return core::ProductId(stored.connection.product_id());
}

core::WorkspaceId WorkspaceOf(const StoredConnection& stored) {
  return core::WorkspaceId(stored.connection.workspace_id());
}

std::string Named(core::ProductId product) { return "product " + std::to_string(product.value()); }

}  // namespace

v1::Connection Workspaces::Put(const v1::PutConnectionRequest& request) {
  ValidateProductId(request.product_id());
  ValidateAccessToken(request.access_token());
  ValidateAttributePrefix(request.attribute_prefix());
  const core::ProductId product(request.product_id());
  // Before Intercom is asked: a call is not spent on a product that does not exist.
  parts_.database.Transact([&](postgres::Transaction& tx) {
    if (!parts_.store.FindProduct(tx, product)) {
      throw core::NotFound(Named(product) + " does not exist");
    }
  });
  FoundWorkspace found;
  try {
    found = FindWorkspace(ask_, base_url_, request.access_token());
  } catch (const core::FailedPrecondition&) {
    parts_.metrics.TokenRefused();
    throw;
  }
  parts_.budgets.Observe(found.workspace.id, found.rate_limits);

  StoredConnection wanted;
  auto& connection = wanted.connection;
  connection.set_product_id(request.product_id());
  connection.set_workspace_id(found.workspace.id.value());
  connection.set_workspace_name(found.workspace.name);
  connection.set_region(found.workspace.region);
  connection.set_state(events::v1::CONNECTED);
  connection.set_attribute_prefix(request.attribute_prefix().empty() ? kDefaultPrefix
                                                                     : request.attribute_prefix());
  connection.set_match_by_external_id(request.match_by_external_id());
  wanted.base_url = found.base_url;
  wanted.token = parts_.cipher.Encrypt(product, found.workspace.id, request.access_token());

  parts_.database.Transact([&](postgres::Transaction& tx) {
    parts_.store.LockProduct(tx, product);
    const auto before = parts_.store.LockConnection(tx, product);
    wanted.version = before ? before->version : 0;
    const bool unchanged =
        before && before->base_url == wanted.base_url &&
        google::protobuf::util::MessageDifferencer::Equals(before->connection, connection) &&
        parts_.cipher.Decrypt(product, WorkspaceOf(*before), before->token) ==
            request.access_token();
    if (unchanged) return;
    Save(tx, wanted);
    tx.AfterCommit([this] { parts_.metrics.WorkspaceConnected(); });
  });
  parts_.logger.Info("connected", {{"product", product.value()},
                                   {"workspace", connection.workspace_id()},
                                   {"region", connection.region()}});
  return connection;
}

v1::Connection Workspaces::Get(core::ProductId product) {
  ValidateProductId(product.value());
  const auto stored = parts_.database.Transact(
      [&](postgres::Transaction& tx) { return parts_.store.FindConnection(tx, product); });
  if (!stored) throw core::NotFound(Named(product) + " has no connection to a workspace");
  return stored->connection;
}

v1::WorkspaceAccess Workspaces::Access(core::ProductId product) {
  ValidateProductId(product.value());
  const auto stored = parts_.database.Transact([&](postgres::Transaction& tx) {
    auto connection = parts_.store.FindConnection(tx, product);
    if (!connection && !parts_.store.FindProduct(tx, product)) {
      throw core::NotFound(Named(product) + " does not exist");
    }
    return connection;
  });
  if (!stored || stored->connection.state() != events::v1::CONNECTED) {
    throw core::FailedPrecondition(Named(product) +
                                   " is not connected to an Intercom workspace; connect it first");
  }
  const auto token = parts_.cipher.Decrypt(product, WorkspaceOf(*stored), stored->token);
  if (!token) {
    parts_.logger.Error("a stored token cannot be decrypted",
                        {{"product", product.value()}, {"key", stored->token.key_id}});
    throw core::FailedPrecondition("the token of " + Named(product) +
                                   " cannot be decrypted: give the key " + stored->token.key_id +
                                   " in ACCOIL_ENCRYPTION_KEYS or connect the product again");
  }
  if (!parts_.cipher.IsCurrent(stored->token)) KeepUnderCurrentKey(*stored, *token);
  v1::WorkspaceAccess access;
  access.set_workspace_id(stored->connection.workspace_id());
  access.set_access_token(*token);
  access.set_base_url(stored->base_url);
  return access;
}

void Workspaces::TokenWasRefused(const core::WorkspaceId& workspace, const std::string& token) {
  ValidateWorkspaceId(workspace.value());
  ValidateAccessToken(token);
  parts_.database.Transact([&](postgres::Transaction& tx) {
    for (auto& stored : parts_.store.LockConnectionsOf(tx, workspace)) {
      const auto current = parts_.cipher.Decrypt(ProductOf(stored), workspace, stored.token);
      if (!current || !EqualSecrets(*current, token)) continue;
      stored.connection.set_state(events::v1::DISCONNECTED);
      stored.connection.set_state_reason(
          "Intercom refused the access token (401): the app was uninstalled or the token revoked; "
          "connect again");
      Save(tx, stored);
      const auto product = stored.connection.product_id();
      tx.AfterCommit([this, product, workspace] {
        parts_.metrics.WorkspaceDisconnected();
        parts_.logger.Warn("disconnected: Intercom refused the token",
                           {{"product", product}, {"workspace", workspace.value()}});
      });
    }
  });
}

void Workspaces::Save(postgres::Transaction& tx, StoredConnection& connection) {
  const auto now = parts_.clock.Now();
  connection.version = NextVersion(connection.version, now);
  parts_.store.UpsertConnection(tx, connection);
  events::Enqueue(tx, {events::ToRecord(ToEvent(connection, now))});
  tx.AfterCommit(published_);
}

void Workspaces::KeepUnderCurrentKey(const StoredConnection& connection, const std::string& token) {
  const auto product = ProductOf(connection);
  const auto replaced = parts_.cipher.Encrypt(product, WorkspaceOf(connection), token);
  parts_.database.Transact([&](postgres::Transaction& tx) {
    parts_.store.ReplaceToken(tx, product, connection.token, replaced);
  });
}

}  // namespace accoil::connections
