#include "services/connections/disconnects.h"

#include <algorithm>

#include "libs/core/errors.h"
#include "libs/core/text.h"
#include "services/connections/connection_changes.h"
#include "services/connections/validation.h"

namespace accoil::connections {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kLongestLeftBehind = 1'000;

/// Text of another service in one line and within bounds.
std::string InOneLine(std::string_view text) {
  std::string line(core::CutUtf8(text, kLongestLeftBehind));
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < ' ' || c == '\x7f'; }, ' ');
  return line;
}

std::string InMinutes(milliseconds duration) {
  const auto minutes = std::chrono::ceil<std::chrono::minutes>(duration).count();
  return minutes == 1 ? "a minute" : std::to_string(minutes) + " minutes";
}

}  // namespace

v1::Connection Disconnects::Begin(core::ProductId product) {
  ValidateProductId(product.value());
  return tools_.database.Transact([&](postgres::Transaction& tx) {
    tools_.store.LockProduct(tx, product);
    auto stored = tools_.store.LockConnection(tx, product);
    if (!stored) throw core::NotFound(Named(product) + " has no connection to a workspace");
    if (stored->connection.state() != events::v1::CONNECTED) return stored->connection;
    stored->connection.set_state(events::v1::DISCONNECTING);
    stored->connection.set_state_reason(
        "Disconnected by the product; what was synced is being archived in Intercom.");
    stored->disconnecting_since = tools_.clock.Now();
    SaveConnection(tools_, tx, *stored);
    tx.AfterCommit([this, product, workspace = WorkspaceOf(*stored)] {
      tools_.logger.Info("disconnecting",
                         {{"product", product.value()}, {"workspace", workspace.value()}});
    });
    return stored->connection;
  });
}

void Disconnects::Finish(core::ProductId product, std::int64_t version,
                         const std::string& left_behind) {
  ValidateProductId(product.value());
  std::string reason = "Disconnected by the product.";
  if (!left_behind.empty()) reason += " Left in Intercom: " + InOneLine(left_behind);
  End(product, version, DisconnectCause::kProduct, reason);
}

milliseconds Disconnects::FinishOverdue() {
  const auto overdue = tools_.database.Transact([&](postgres::Transaction& tx) {
    return tools_.store.FindDisconnectingSince(tx, tools_.clock.Now() - settings_.patience);
  });
  for (const auto& stored : overdue) {
    End(ProductOf(stored), stored.version, DisconnectCause::kPatience,
        "Disconnected by the product. Archiving what was synced did not end within " +
            InMinutes(settings_.patience) + "; what was not archived by then stays in Intercom.");
  }
  return std::clamp(settings_.patience / 10, milliseconds(100), milliseconds(10'000));
}

void Disconnects::End(core::ProductId product, std::int64_t version, DisconnectCause cause,
                      const std::string& reason) {
  tools_.database.Transact([&](postgres::Transaction& tx) {
    auto stored = tools_.store.LockConnection(tx, product);
    if (!stored || stored->version != version ||
        stored->connection.state() != events::v1::DISCONNECTING) {
      return;
    }
    if (stored->connection.origin() == v1::OAUTH) {
      // Whether others still use the workspace is looked at when it is done.
      tools_.store.InsertUninstall(tx,
                                   {.product = product,
                                    .workspace = WorkspaceOf(*stored),
                                    .base_url = stored->base_url,
                                    .token = *stored->token},
                                   tools_.clock.Now());
      tx.AfterCommit(uninstall_due_);
    }
    stored->client_secret.reset();
    EndConnection(tools_, tx, *stored, cause, reason);
  });
}

}  // namespace accoil::connections
