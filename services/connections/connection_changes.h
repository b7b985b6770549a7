#pragma once

#include <string>

#include "services/connections/tools.h"

namespace accoil::connections {

core::ProductId ProductOf(const StoredConnection& stored);
core::WorkspaceId WorkspaceOf(const StoredConnection& stored);

/// How a product is called in messages: "product 7".
std::string Named(core::ProductId product);

/// Stores a connection under its next version, which it is given, and publishes it as
/// connection-changed. The caller holds the lock of its product or of its row.
void SaveConnection(const Tools& tools, postgres::Transaction& tx, StoredConnection& connection);

/// As SaveConnection; the connection becomes disconnected and its token is forgotten. `reason` is
/// for people.
void EndConnection(const Tools& tools, postgres::Transaction& tx, StoredConnection& connection,
                   DisconnectCause cause, const std::string& reason);

}  // namespace accoil::connections
