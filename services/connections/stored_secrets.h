#pragma once

#include <optional>
#include <string>

#include "services/connections/tools.h"

/// Secrets out of the database. One that is not under the current key is stored anew under it, in a
/// transaction of its own: call these outside of any.
namespace accoil::connections {

/// The connection's token; nothing when it has none, or when it cannot be decrypted, which is
/// logged.
std::optional<std::string> OpenToken(const Tools& tools, const StoredConnection& connection);

/// The client secret of the app that the connection's token belongs to; nothing likewise.
std::optional<std::string> OpenClientSecret(const Tools& tools, const StoredConnection& connection);

}  // namespace accoil::connections
