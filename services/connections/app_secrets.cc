#include "services/connections/app_secrets.h"

#include <map>
#include <set>

#include "services/connections/stored_secrets.h"

namespace accoil::connections {

v1::ListAppSecretsResponse ListAppSecrets(const Tools& tools, const std::string& own) {
  v1::ListAppSecretsResponse response;
  if (!own.empty()) response.add_secrets()->set_client_secret(own);
  const auto stored = tools.database.Transact(
      [&](postgres::Transaction& tx) { return tools.store.ListWithClientSecret(tx); });
  std::map<std::string, std::set<std::string>> workspaces_by_secret;
  for (const auto& connection : stored) {
    const auto secret = OpenClientSecret(tools, connection);
    if (secret) workspaces_by_secret[*secret].insert(connection.connection.workspace_id());
  }
  for (const auto& [secret, workspaces] : workspaces_by_secret) {
    auto& entry = *response.add_secrets();
    entry.set_client_secret(secret);
    entry.mutable_workspace_ids()->Assign(workspaces.begin(), workspaces.end());
  }
  return response;
}

}  // namespace accoil::connections
