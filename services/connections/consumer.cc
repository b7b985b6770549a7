#include "services/connections/consumer.h"

#include "libs/postgres/database.h"

namespace accoil::connections {

std::vector<std::string_view> Topics() { return {events::TopicOf<events::v1::IntercomWebhook>()}; }

void WebhookConsumer::Apply(postgres::Transaction& tx, const events::Batch& batch) {
  std::vector<core::WorkspaceId> uninstalled;
  for (const auto& received : batch.Of<events::v1::IntercomWebhook>()) {
    if (received.event.kind() != events::v1::APP_UNINSTALLED) continue;
    uninstalled.emplace_back(received.event.workspace_id());
  }
  if (uninstalled.empty()) return;
  const auto doubts = store_.InsertDoubts(tx, uninstalled, clock_.Now());
  tx.AfterCommit([this, notices = uninstalled.size(), doubts] {
    metrics_.UninstallNotified(static_cast<int>(notices));
    if (doubts > 0) doubted_();
  });
}

}  // namespace accoil::connections
