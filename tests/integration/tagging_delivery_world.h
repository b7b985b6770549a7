#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "libs/events/consumer.h"
#include "libs/events/outbox.h"
#include "services/tagging-automation/delivery/delivery_store.h"
#include "services/tagging-automation/delivery/tag_round.h"
#include "services/tagging-automation/rules/rules_store.h"
#include "services/tagging-automation/wishes/assignments.h"
#include "services/tagging-automation/wishes/directory.h"
#include "services/tagging-automation/wishes/wishes.h"
#include "tests/integration/postgres_fixture.h"
#include "tests/integration/tagging_fake_intercom.h"

namespace accoil::test {

using tagging::AssignmentState;
using tagging::JobId;
using tagging::RuleId;
using tagging::Subject;
using tagging::SubjectKind;
using tagging::TagTarget;
using tagging::Wish;

/// The way from a wish to Intercom's answer without its threads, on a real PostgreSQL and a
/// workspace in memory: a test says what happened and has rounds made.
class TaggingWorld {
 public:
  static constexpr std::int64_t kProduct = 7;

  explicit TaggingWorld(std::chrono::milliseconds window = std::chrono::milliseconds(0))
      : database(postgres.Open({events::Migrations(), tagging::Migrations()})), wishes(window) {
    config.window = window;
  }

  // Facts, each with a newer version than the one before.

  void Connect(std::int64_t of = kProduct,
               events::v1::ConnectionState state = events::v1::CONNECTED) {
    events::v1::ConnectionChanged event;
    event.set_product_id(of);
    event.set_version(++version);
    event.set_workspace_id("ws1");
    event.set_state(state);
    if (state == events::v1::CONNECTED) {
      intercom.connected[of] = "ws1";
    } else {
      intercom.connected.erase(of);
    }
    Apply(event);
  }

  static events::v1::Subject ToEvent(const Subject& subject) {
    events::v1::Subject event;
    event.set_product_id(subject.product.value());
    event.set_kind(static_cast<events::v1::SubjectKind>(subject.kind));
    event.set_subject_id(subject.id.value());
    return event;
  }

  tagging::DirectoryChanges Identify(const Subject& subject,
                                     const std::vector<std::string>& accounts = {},
                                     bool removed = false) {
    return Apply(Identified(subject, accounts, removed));
  }
  events::v1::SubjectIdentified Identified(const Subject& subject,
                                           const std::vector<std::string>& accounts = {},
                                           bool removed = false) {
    events::v1::SubjectIdentified event;
    *event.mutable_subject() = ToEvent(subject);
    event.set_version(++version);
    event.set_removed(removed);
    event.set_name(subject.id.value());
    for (const auto& account : accounts) event.add_account_ids(account);
    return event;
  }

  events::v1::UserMatched Matched(const Subject& subject, const std::string& target) {
    events::v1::UserMatched event;
    *event.mutable_subject() = ToEvent(subject);
    event.set_version(++version);
    event.set_workspace_id("ws1");
    event.set_target_id(target);
    if (target.empty()) event.set_reason("no contact has this email");
    return event;
  }
  /// The contact or company is there then; an empty target means that the match is lost.
  void Match(const Subject& subject, const std::string& target) {
    if (!target.empty()) intercom.targets[subject.kind].insert(target);
    Apply(Matched(subject, target));
  }

  template <typename... Messages>
  tagging::DirectoryChanges Apply(const Messages&... messages) {
    events::Batch batch;
    (batch.Add(events::Received<Messages>{messages, events::KeyOf(messages), "", clock.Now()}),
     ...);
    batch.Seal();
    return database->Transact(
        [&](postgres::Transaction& tx) { return directory.Apply(tx, batch); });
  }

  /// Users "u0" … that are matched to contacts "c0" …, in one batch of facts.
  void MatchMany(int count) {
    events::Batch batch;
    for (int i = 0; i < count; ++i) {
      const auto event = Matched(User("u" + std::to_string(i)), "c" + std::to_string(i));
      intercom.targets[SubjectKind::kUser].insert(event.target_id());
      batch.Add(
          events::Received<events::v1::UserMatched>{event, events::KeyOf(event), "", clock.Now()});
    }
    batch.Seal();
    database->Transact([&](postgres::Transaction& tx) { directory.Apply(tx, batch); });
  }

  static Subject User(const std::string& id, std::int64_t of = kProduct) {
    return {core::ProductId(of), SubjectKind::kUser, core::SubjectId(id)};
  }
  static Subject Account(const std::string& id) {
    return {core::ProductId(kProduct), SubjectKind::kAccount, core::SubjectId(id)};
  }

  // Wishes.

  static Wish ByRule(std::int64_t rule, const Subject& subject, const std::string& tag,
                     bool remove = false, TagTarget target = TagTarget::kUser) {
    return {subject, target, tag, remove, {RuleId(rule), std::nullopt}, ""};
  }
  static Wish ByHand(const Subject& subject, const std::string& tag, bool remove = false,
                     TagTarget target = TagTarget::kUser) {
    return {subject, target, tag, remove, {std::nullopt, Job()}, ""};
  }
  static JobId Job() { return JobId("6f1c1b1e-0000-4000-8000-000000000001"); }

  void Take(const std::vector<Wish>& all) {
    database->Transact([&](postgres::Transaction& tx) { wishes.Take(tx, all); });
  }

  // Deliveries.

  tagging::TagRoundResult Round() {
    return tagging::TagRound(tools, crew, core::WorkspaceId("ws1"))
        .Run(store.FindRipe(config.batch), {});
  }
  /// Rounds until nothing is ripe.
  void DeliverAll() {
    for (int i = 0; i < 1'000; ++i) {
      if (Round().claimed == 0) return;
    }
    throw std::runtime_error("deliveries do not come to an end");
  }
  /// As if all windows, pauses and claims had passed.
  void PassTime() { postgres.Run("UPDATE delivery SET due_at = now() WHERE due_at > now()"); }

  /// The states of all assignments in the order of their making: "due", "done", …
  std::vector<std::string> States() {
    std::vector<std::string> states;
    for (const auto& number :
         postgres.Texts("SELECT state::text FROM assignment ORDER BY assignment_id")) {
      states.emplace_back(ToString(static_cast<AssignmentState>(std::stoi(number))));
    }
    return states;
  }
  std::int64_t Count(AssignmentState state) {
    return postgres.Number("SELECT count(*) FROM assignment WHERE state = " +
                           std::to_string(static_cast<int>(state)));
  }
  std::string Reason() {
    return postgres.Text("SELECT reason FROM assignment ORDER BY assignment_id DESC LIMIT 1");
  }
  /// Facts in the outbox.
  std::int64_t Facts() { return postgres.Number("SELECT count(*) FROM outbox"); }

  PostgresFixture postgres;
  std::unique_ptr<postgres::Database> database;
  tagging::DeliveryConfig config;
  tagging::Wishes wishes;
  tagging::Directory directory{wishes};
  tagging::DeliveryStore store{*database};
  FakeTagging intercom;
  core::SystemClock clock;
  core::RandomSource random = [] { return 0.5; };
  tagging::TagMetrics metrics{postgres.telemetry()};
  tagging::TagTools tools{
      store, intercom, config, clock, random, metrics, postgres.telemetry().logger()};
  core::Crew crew{tagging::TagRound::kCallsAtOnce};
  std::int64_t version = 1'000;
};

}  // namespace accoil::test
