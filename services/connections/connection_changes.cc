#include "services/connections/connection_changes.h"

#include "libs/events/event.h"
#include "libs/events/outbox.h"
#include "services/connections/profiles.h"

namespace accoil::connections {
namespace {

events::v1::ConnectionChanged ToEvent(const StoredConnection& stored, const std::string& product,
                                      core::TimePoint now) {
  const auto& connection = stored.connection;
  events::v1::ConnectionChanged event;
  event.set_product_id(connection.product_id());
  event.set_version(stored.version);
  events::SetTime(now, *event.mutable_occurred_at());
  event.set_workspace_id(connection.workspace_id());
  event.set_state(connection.state());
  event.set_attribute_prefix(connection.attribute_prefix());
  event.set_match_by_external_id(connection.match_by_external_id());
  event.set_product_name(product);
  return event;
}

}  // namespace

core::ProductId ProductOf(const StoredConnection& stored) {
  return core::ProductId(stored.connection.product_id());
}

core::WorkspaceId WorkspaceOf(const StoredConnection& stored) {
  return core::WorkspaceId(stored.connection.workspace_id());
}

std::string Named(core::ProductId product) { return "product " + std::to_string(product.value()); }

void SaveConnection(const Tools& tools, postgres::Transaction& tx, StoredConnection& connection) {
  const auto now = tools.clock.Now();
  connection.version = NextVersion(connection.version, now);
  tools.store.UpsertConnection(tx, connection);
  const auto product = tools.store.FindProduct(tx, ProductOf(connection));
  const auto event = ToEvent(connection, product ? product->name() : "", now);
  events::Enqueue(tx, {events::ToRecord(event)});
  tx.AfterCommit(tools.published);
}

void EndConnection(const Tools& tools, postgres::Transaction& tx, StoredConnection& connection,
                   DisconnectCause cause, const std::string& reason) {
  connection.connection.set_state(events::v1::DISCONNECTED);
  connection.connection.set_state_reason(reason);
  connection.broken =
      cause == DisconnectCause::kTokenRefused || cause == DisconnectCause::kUninstalled;
  connection.token.reset();
  connection.disconnecting_since.reset();
  SaveConnection(tools, tx, connection);
  tx.AfterCommit(
      [&tools, cause, product = ProductOf(connection), workspace = WorkspaceOf(connection)] {
        tools.metrics.Disconnected(cause);
        const auto log = cause == DisconnectCause::kProduct ? &telemetry::Logger::Info
                                                            : &telemetry::Logger::Warn;
        (tools.logger.*log)("disconnected", {{"product", product.value()},
                                             {"workspace", workspace.value()},
                                             {"cause", ToString(cause)}});
      });
}

}  // namespace accoil::connections
