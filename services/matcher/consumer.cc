#include "services/matcher/consumer.h"

#include "libs/core/text.h"
#include "libs/telemetry/trace.h"
#include "services/matcher/match_events.h"

namespace accoil::matcher {
namespace {

// Longer than search lags behind.
constexpr std::chrono::minutes kUnclaimedKept{30};

}  // namespace

std::vector<std::string_view> Topics() {
  return {events::TopicOf<events::v1::SubjectIdentified>(),
          events::TopicOf<events::v1::ConnectionChanged>(),
          events::TopicOf<events::v1::IntercomWebhook>()};
}

void DirectoryConsumer::Apply(postgres::Transaction& tx, const events::Batch& batch) {
  ApplySubjects(tx, batch);
  ApplyConnections(tx, batch);
  ApplyWebhooks(tx, batch);
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
  std::map<SubjectKey, std::string> traces;
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
    const auto trace = telemetry::ParseTraceparent(received.traceparent);
    if (trace && trace->sampled && subject.key.kind == Kind::USER) {
      traces.emplace(subject.key, received.traceparent);
    }
    subjects.push_back(std::move(subject));
  }
  auto changes = store_.UpsertSubjects(tx, std::move(subjects));
  const auto now = clock_.Now();
  const auto withdrawn = store_.Withdraw(tx, changes.removed, now);
  PublishWithdrawn(tx, withdrawn, now, metrics_);
  // Locked between matches and what is due, as deciding does.
  store_.NoteTraces(tx, traces);
  for (const auto& entry : withdrawn) {
    if (entry.target.empty()) continue;
    store_.MarkRefusedDue(tx, entry.workspace, entry.key.product, entry.key.kind, {entry.target},
                          now);
  }
  store_.MarkUsersDue(tx, std::move(changes.users_due), now, false);
  store_.MarkAccountsDue(tx, std::move(changes.accounts_due), now, false);
}

void DirectoryConsumer::ApplyWebhooks(postgres::Transaction& tx, const events::Batch& batch) {
  std::vector<NotifiedContact> contacts;
  std::map<core::WorkspaceId, std::vector<core::CompanyId>> deleted;
  std::map<core::WorkspaceId, std::vector<core::CompanyId>> attached;
  for (const auto& received : batch.Of<events::v1::IntercomWebhook>()) {
    const auto& event = received.event;
    const core::WorkspaceId workspace(event.workspace_id());
    for (const auto& contact : event.contacts()) {
      contacts.push_back({.workspace = workspace,
                          .contact = core::ContactId(contact.contact_id()),
                          .email = contact.email(),
                          .external_id = contact.external_id()});
    }
    // Companies that are created or changed tell nothing that matching waits for: it begins with an
    // attached contact, and our own writes change them all the time.
    auto* companies = event.kind() == events::v1::COMPANY_DELETED            ? &deleted
                      : event.kind() == events::v1::COMPANY_CONTACT_ATTACHED ? &attached
                                                                             : nullptr;
    if (companies == nullptr) continue;
    for (const auto& company : event.company_ids()) (*companies)[workspace].emplace_back(company);
  }
  const auto now = clock_.Now();
  const auto notified = static_cast<std::int64_t>(contacts.size());
  const auto relevant = store_.DoubtContacts(tx, contacts, now);
  // Who comes a moment after his contact would wait for search to show it.
  if (relevant < notified) {
    store_.RememberUnclaimed(tx, std::move(contacts), now, now - kUnclaimedKept);
  }
  for (const auto& [workspace, ids] : deleted) store_.DoubtCompanies(tx, workspace, ids, now);
  for (const auto& [workspace, ids] : attached) store_.CompaniesMayBeBack(tx, workspace, ids);
  if (notified == 0 && deleted.empty()) return;
  tx.AfterCommit([this, notified, relevant] {
    metrics_.Notified(relevant, notified - relevant);
    listeners_.work();
  });
}

}  // namespace accoil::matcher
