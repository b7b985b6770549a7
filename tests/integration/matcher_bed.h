#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "libs/events/consumer.h"
#include "libs/events/event.h"
#include "services/matcher/consumer.h"
#include "services/matcher/matching_runs.h"
#include "tests/integration/matcher_workspace.h"
#include "tests/integration/postgres_fixture.h"

namespace accoil::test {

using Decision = events::v1::MatchDecision;

/// matcher without Kafka and Intercom: events go into its consumer's handler, its work is done on
/// the test's thread at the test's time, and what it would publish is read from its outbox.
class MatcherBed {
 public:
  static constexpr std::int64_t kProduct = 7;

  MatcherBed()
      : database_(postgres_.Open({events::Migrations(), matcher::Migrations()})),
        metrics_(postgres_.telemetry()),
        runs_(MakeReplica(tools_, stopping_)),
        handler_(store, config, clock, metrics_,
                 {.connection_changed = [](core::ProductId) {}, .work = [] {}}) {}

  // ---- what happens ----

  struct UserFacts {
    std::string email;
    std::vector<std::string> accounts;
    bool removed = false;
  };
  static events::v1::SubjectIdentified User(const std::string& id, const UserFacts& facts,
                                            std::int64_t product = kProduct) {
    auto event = Subject(events::v1::USER, id, product);
    event.set_email(facts.email);
    event.set_removed(facts.removed);
    for (const auto& account : facts.accounts) event.add_account_ids(account);
    return event;
  }
  static events::v1::SubjectIdentified Account(const std::string& id, const std::string& name,
                                               bool removed = false) {
    auto event = Subject(events::v1::ACCOUNT, id, kProduct);
    event.set_name(name);
    event.set_removed(removed);
    return event;
  }

  /// Applies events as one batch; each gets a newer version than those before.
  void Identify(std::vector<events::v1::SubjectIdentified> subjects) {
    events::Batch batch;
    for (auto& event : subjects) {
      if (event.version() == 0) event.set_version(++version_);
      batch.Add<events::v1::SubjectIdentified>(
          {.event = event, .key = events::KeyOf(event), .traceparent = {}, .published_at = {}});
    }
    Apply(batch);
  }

  void Connect(const std::string& workspace_id = "workspace-1", bool match_by_external_id = false,
               std::int64_t product = kProduct) {
    SetConnection(workspace_id, events::v1::CONNECTED, match_by_external_id, product);
  }
  void Disconnect() { SetConnection("workspace-1", events::v1::DISCONNECTED, false, kProduct); }

  void SetConnection(const std::string& workspace_id, events::v1::ConnectionState state,
                     bool match_by_external_id = false, std::int64_t product = kProduct) {
    events::v1::ConnectionChanged event;
    event.set_product_id(product);
    event.set_version(++version_);
    event.set_workspace_id(workspace_id);
    event.set_state(state);
    event.set_match_by_external_id(match_by_external_id);
    events::Batch batch;
    batch.Add<events::v1::ConnectionChanged>(
        {.event = event, .key = events::KeyOf(event), .traceparent = {}, .published_at = {}});
    Apply(batch);
  }

  struct Notified {
    std::string contact;
    std::string email = {};
    std::string company = {};
    std::string external_id = {};
  };
  /// Intercom notifies of a contact, a company, or both.
  void Notify(events::v1::WebhookKind kind, const Notified& about,
              const std::string& workspace_id = "workspace-1") {
    events::v1::IntercomWebhook event;
    event.set_workspace_id(workspace_id);
    event.set_notification_id("notif_" + std::to_string(++version_));
    event.set_kind(kind);
    if (!about.contact.empty()) {
      auto& contact = *event.add_contacts();
      contact.set_contact_id(about.contact);
      contact.set_email(about.email);
      contact.set_external_id(about.external_id);
    }
    if (!about.company.empty()) event.add_company_ids(about.company);
    events::Batch batch;
    batch.Add<events::v1::IntercomWebhook>(
        {.event = event, .key = events::KeyOf(event), .traceparent = {}, .published_at = {}});
    Apply(batch);
  }

  // ---- what it does ----

  /// Does one piece of work if there is any.
  bool WorkOnce(const std::string& owner = "worker") { return runs_->WorkOnce(owner); }
  /// Lets time pass until new requests have settled, and does all that is due.
  void Work() {
    clock.Advance(config.quiet);
    while (WorkOnce()) {
    }
  }

  /// Another replica takes the place of this one.
  void Replace() {
    stopping_ = false;
    runs_ = MakeReplica(tools_, stopping_);
  }

  // ---- what came of it ----

  /// What was published since the last call, in order.
  std::vector<events::v1::UserMatched> Published() {
    std::vector<events::v1::UserMatched> published;
    database_->Transact([&](postgres::Transaction& tx) {
      published.clear();
      for (const auto row : tx.Execute("SELECT value FROM outbox ORDER BY id")) {
        events::v1::UserMatched event;
        if (!event.ParseFromString(row.GetBytes("value"))) throw std::logic_error("not an event");
        published.push_back(std::move(event));
      }
      tx.Execute("DELETE FROM outbox");
    });
    return published;
  }
  /// The newest of the published by subject, as "decision target".
  std::map<std::string, std::string> PublishedBySubject() {
    std::map<std::string, std::string> result;
    std::map<std::string, std::int64_t> versions;
    for (const auto& event : Published()) {
      const auto& id = event.subject().subject_id();
      if (versions[id] >= event.version()) throw std::logic_error(id + ": version not newer");
      versions[id] = event.version();
      result[id] = Words(event.decision(), event.target_id());
    }
    return result;
  }
  /// What is decided of a subject, as "decision target"; empty when nothing is.
  std::string MatchOf(const std::string& id, events::v1::SubjectKind kind = events::v1::USER,
                      std::int64_t product = kProduct) {
    const auto view = database_->Transact([&](postgres::Transaction& tx) {
      return store.GetMatch(
          tx, {.product = core::ProductId(product), .kind = kind, .id = core::SubjectId(id)});
    });
    if (!view || !view->standing) return {};
    return Words(view->standing->decision, view->standing->target);
  }
  std::string AccountMatchOf(const std::string& id) { return MatchOf(id, events::v1::ACCOUNT); }
  std::string ReasonOf(const std::string& id, events::v1::SubjectKind kind) {
    return database_
        ->Transact([&](postgres::Transaction& tx) {
          return store.GetMatch(
              tx, {.product = core::ProductId(kProduct), .kind = kind, .id = core::SubjectId(id)});
        })
        .value()
        .standing.value()
        .reason;
  }
  std::vector<matcher::Run> Runs() {
    return database_->Transact(
        [&](postgres::Transaction& tx) { return store.ListRuns(tx, core::ProductId(kProduct)); });
  }
  matcher::Run RequestRun() {
    return database_->Transact([&](postgres::Transaction& tx) {
      return store.RequestRun(tx, core::ProductId(kProduct), clock.Now());
    });
  }
  std::vector<matcher::UnmatchedGroup> Problems() {
    return database_->Transact([&](postgres::Transaction& tx) {
      return store.ListUnmatched(tx, core::ProductId(kProduct), 10);
    });
  }
  std::int64_t Retry(events::v1::SubjectKind kind, Decision decision) {
    return database_->Transact([&](postgres::Transaction& tx) {
      return store.MarkUnmatchedDue(tx, core::ProductId(kProduct), kind, decision, clock.Now());
    });
  }
  /// As trait-sync does when a contact or company turns out to be gone.
  void RequestMatch(const std::string& id, events::v1::SubjectKind kind = events::v1::USER) {
    const matcher::SubjectKey key{
        .product = core::ProductId(kProduct), .kind = kind, .id = core::SubjectId(id)};
    database_->Transact([&](postgres::Transaction& tx) {
      if (kind == events::v1::USER) {
        store.MarkUsersDue(tx, {key}, clock.Now(), true);
      } else {
        store.MarkAccountsDue(tx, {key}, clock.Now(), true);
      }
    });
  }
  std::int64_t Due() {
    return postgres_.Number("SELECT count(*) FROM due_user") +
           postgres_.Number("SELECT count(*) FROM due_account");
  }

  /// Blocks of a table and of its indexes that were looked into so far.
  std::int64_t BlocksRead(const std::string& table) {
    // A session keeps its counts for up to a second; the pool has one, as all is done in turn.
    database_->Transact([](postgres::Transaction& tx) {
      tx.Execute("SELECT pg_stat_force_next_flush()::text AS done");
    });
    return postgres_.Number(
        "SELECT heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit "
        "FROM pg_statio_user_tables WHERE relid = '" +
        table + "'::regclass");
  }

  PostgresFixture& postgres() { return postgres_; }
  matcher::MatchingRuns& runs() { return *runs_; }

  FakeWorkspace workspace;
  matcher::Store store;
  matcher::MatchingConfig config;
  core::ManualClock clock{core::TimePoint(std::chrono::hours(24 * 365 * 56))};

 private:
  std::unique_ptr<matcher::MatchingRuns> MakeReplica(const matcher::Tools& tools,
                                                     std::atomic<bool>& stopping) {
    return std::make_unique<matcher::MatchingRuns>(tools, workspace, stopping, [] { return 0.0; });
  }
  static std::string Words(Decision decision, const std::string& target) {
    auto words = events::v1::MatchDecision_Name(decision);
    return target.empty() ? words : words + " " + target;
  }
  static events::v1::SubjectIdentified Subject(events::v1::SubjectKind kind, const std::string& id,
                                               std::int64_t product) {
    events::v1::SubjectIdentified event;
    event.mutable_subject()->set_product_id(product);
    event.mutable_subject()->set_kind(kind);
    event.mutable_subject()->set_subject_id(id);
    return event;
  }
  void Apply(events::Batch& batch) {
    batch.Seal();
    database_->Transact([&](postgres::Transaction& tx) { handler_.Apply(tx, batch); });
  }

  PostgresFixture postgres_;
  std::unique_ptr<postgres::Database> database_;
  matcher::Metrics metrics_;
  std::atomic<bool> stopping_{false};
  matcher::Tools tools_{*database_, store, config, clock, metrics_, postgres_.telemetry().logger(),
                        stopping_};
  std::unique_ptr<matcher::MatchingRuns> runs_;
  matcher::DirectoryConsumer handler_;
  std::int64_t version_ = 0;
};

}  // namespace accoil::test
