#include "services/matcher/consumer.h"

#include "libs/core/text.h"
#include "services/matcher/match_events.h"

namespace accoil::matcher {

std::vector<std::string_view> Topics() {
  return {events::TopicOf<events::v1::SubjectIdentified>(),
          events::TopicOf<events::v1::ConnectionChanged>()};
}

void DirectoryConsumer::Apply(postgres::Transaction& tx, const events::Batch& batch) {
  ApplySubjects(tx, batch);
  ApplyConnections(tx, batch);
}

void DirectoryConsumer::ApplyConnections(postgres::Transaction& tx, const events::Batch& batch) {
  for (const auto& received : batch.Of<events::v1::ConnectionChanged>()) {
    const auto& event = received.event;
    const core::ProductId product(event.product_id());
    store_.ApplyConnection(tx,
                           {.product = product,
                            .version = event.version(),
                            .workspace = core::WorkspaceId(event.workspace_id()),
                            .connected = event.state() == events::v1::CONNECTED,
                            .match_by_external_id = event.match_by_external_id()},
                           config_.interval, clock_.Now());
    tx.AfterCommit([this, product] {
      listeners_.connection_changed(product);
      listeners_.work();
    });
  }
}

void DirectoryConsumer::ApplySubjects(postgres::Transaction& tx, const events::Batch& batch) {
  std::vector<Subject> subjects;
  for (const auto& received : batch.Of<events::v1::SubjectIdentified>()) {
    const auto& event = received.event;
    Subject subject;
    subject.key = {.product = core::ProductId(event.subject().product_id()),
                   .kind = event.subject().kind(),
                   .id = core::SubjectId(event.subject().subject_id())};
    subject.version = event.version();
    subject.removed = event.removed();
    // Of a removed subject nothing is kept but that it was removed.
    if (!event.removed()) {
      subject.email = core::NormalizeEmail(event.email());
      subject.name = event.name();
      for (const auto& account : event.account_ids()) subject.accounts.emplace_back(account);
    }
    subjects.push_back(std::move(subject));
  }
  auto changes = store_.UpsertSubjects(tx, std::move(subjects));
  const auto now = clock_.Now();
  const auto withdrawn = store_.Withdraw(tx, changes.removed, now);
  PublishWithdrawn(tx, withdrawn, now, metrics_);
  for (const auto& entry : withdrawn) {
    if (entry.target.empty()) continue;
    store_.MarkRefusedDue(tx, entry.workspace, entry.key.product, entry.key.kind, {entry.target},
                          now);
  }
  store_.MarkUsersDue(tx, std::move(changes.users_due), now, false);
  store_.MarkAccountsDue(tx, std::move(changes.accounts_due), now, false);
}

}  // namespace accoil::matcher
