#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "libs/events/consumer.h"
#include "libs/events/event.h"
#include "services/widget/canvas.h"
#include "services/widget/consumer.h"
#include "services/widget/inbox_reader.h"
#include "services/widget/rebuild.h"
#include "tests/canvas-kit/canvas_kit.h"
#include "tests/catch.h"
#include "tests/integration/postgres_fixture.h"

namespace accoil::test {

/// The widget without Kafka and gRPC: events go into its consumer's handler, and canvases are
/// rendered from its read model at the test's time.
class WidgetBed {
 public:
  static constexpr std::int64_t kProduct = 7;
  static constexpr const char* kWorkspace = "ws-1";

  WidgetBed() : database_(postgres_.Open({events::Migrations(), widget::Migrations()})) {}

  // ---- what happens ----

  template <typename Message>
  void Tell(Message event) {
    if constexpr (requires { event.set_version(1); }) {
      if (event.version() == 0) event.set_version(++version_);
    }
    events::SetTime(clock.Now(), *event.mutable_occurred_at());
    events::Batch batch;
    batch.Add<Message>(
        {.event = event, .key = events::KeyOf(event), .traceparent = {}, .published_at = {}});
    batch.Seal();
    Apply(batch);
  }
  void Apply(const events::Batch& batch) {
    database_->Transact([&](postgres::Transaction& tx) { handler_.Apply(tx, batch); });
  }

  void Connect(std::int64_t product = kProduct, const std::string& workspace = kWorkspace,
               events::v1::ConnectionState state = events::v1::CONNECTED,
               const std::string& product_name = "") {
    events::v1::ConnectionChanged event;
    event.set_product_id(product);
    event.set_workspace_id(workspace);
    event.set_state(state);
    event.set_product_name(product_name);
    Tell(event);
  }

  void Profile(const std::string& id, const std::string& name, bool summary = false,
               events::v1::SyncMode mode = events::v1::ALL_TRAITS,
               std::int64_t product = kProduct) {
    events::v1::ProfileChanged event;
    event.set_product_id(product);
    event.set_profile_id(id);
    event.set_name(name);
    event.set_sync_mode(mode);
    event.set_summary(summary);
    auto& trait = *event.add_catalogue();
    trait.set_name("Score");
    trait.set_type(events::v1::INTEGER);
    trait.add_on(events::v1::USER);
    trait.add_on(events::v1::ACCOUNT);
    trait.set_definition("How engaged.");
    Tell(event);
  }

  static events::v1::Subject Subject(events::v1::SubjectKind kind, const std::string& id,
                                     std::int64_t product = kProduct) {
    events::v1::Subject subject;
    subject.set_product_id(product);
    subject.set_kind(kind);
    subject.set_subject_id(id);
    return subject;
  }

  void Identify(const events::v1::Subject& subject, const std::string& name,
                const std::vector<std::string>& accounts = {}, bool removed = false) {
    events::v1::SubjectIdentified event;
    *event.mutable_subject() = subject;
    event.set_name(name);
    event.set_removed(removed);
    for (const auto& account : accounts) event.add_account_ids(account);
    Tell(event);
  }

  void Match(const events::v1::Subject& subject, const std::string& target,
             const std::string& workspace = kWorkspace) {
    events::v1::UserMatched event;
    *event.mutable_subject() = subject;
    event.set_workspace_id(workspace);
    event.set_target_id(target);
    Tell(event);
  }

  void Score(const events::v1::Subject& subject, std::optional<double> score,
             const std::string& profile = "trial", std::int64_t version = 0) {
    events::v1::TraitChanged event;
    *event.mutable_subject() = subject;
    event.set_version(version);
    event.set_profile_id(profile);
    event.set_trait("Score");
    if (score) {
      event.mutable_value()->set_number_value(*score);
    } else {
      event.mutable_value()->set_null_value(google::protobuf::NULL_VALUE);
    }
    Tell(event);
  }

  template <typename Message>
  void Segment(const events::v1::Subject& subject, const std::string& segment,
               const std::string& profile = "trial") {
    Message event;
    *event.mutable_subject() = subject;
    event.set_profile_id(profile);
    event.set_segment(segment);
    Tell(event);
  }

  /// A user of an account, matched and scored, in a connected workspace.
  void Begin() {
    Connect();
    Profile("trial", "Trial Users", true);
    Identify(Subject(events::v1::ACCOUNT, "acme"), "Acme Inc");
    Identify(Subject(events::v1::USER, "ada"), "Ada Lovelace", {"acme"});
    Match(Subject(events::v1::USER, "ada"), "c1");
    Score(Subject(events::v1::USER, "ada"), 71);
    Score(Subject(events::v1::ACCOUNT, "acme"), 40);
  }

  // ---- what is shown ----

  widget::Inbox Load(widget::Look look, const widget::Choice& choice = {}) {
    look.choice = choice;
    return inbox.Read({&look, 1}, clock.Now()).at(0).inbox;
  }
  /// What a teammate chose last in a workspace.
  widget::Choice Kept(const std::string& admin, const std::string& workspace) {
    const widget::Look look{
        core::WorkspaceId(workspace), core::ContactId("c1"), false, {}, admin, {}};
    return inbox.Read({&look, 1}, clock.Now()).at(0).choice;
  }
  /// The canvas beside a conversation with a contact, which Intercom must accept.
  std::string Canvas(const std::string& contact, widget::Tab tab = widget::Tab::kSummary,
                     const std::string& workspace = kWorkspace) {
    const widget::Choice choice{tab, {}, 0, 0};
    const auto inbox =
        Load({core::WorkspaceId(workspace), core::ContactId(contact), false, {}, "", {}}, choice);
    auto canvas = widget::RenderCanvas(inbox, choice, {}, clock.Now());
    CHECK(canvas_kit::Problems(canvas) == std::vector<std::string>());
    return canvas;
  }

  PostgresFixture& postgres() { return postgres_; }
  postgres::Database& database() { return *database_; }
  events::BatchHandler& handler() { return handler_; }

  core::ManualClock clock{core::TimePoint(std::chrono::hours(24 * 365 * 56))};

 private:
  PostgresFixture postgres_;
  std::unique_ptr<postgres::Database> database_;

 public:
  widget::Metrics metrics{postgres_.telemetry()};
  /// Nobody hears of changes: it is not used.
  widget::FactCache cache{0};
  widget::ChoiceKeeper choices{*database_, postgres_.telemetry().logger()};
  widget::InboxReader inbox{*database_, cache, choices, metrics};

 private:
  widget::ReadModel model_;
  widget::ModelHandler handler_{model_};
  std::int64_t version_ = 0;
};

}  // namespace accoil::test
