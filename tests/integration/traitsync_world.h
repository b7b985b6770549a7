#pragma once

#include <google/protobuf/struct.pb.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "libs/core/crew.h"
#include "libs/events/consumer.h"
#include "services/trait-sync/clean_up_round.h"
#include "services/trait-sync/clearing_round.h"
#include "services/trait-sync/consumer.h"
#include "services/trait-sync/delivery_round.h"
#include "services/trait-sync/store.h"
#include "tests/integration/postgres_fixture.h"
#include "tests/integration/traitsync_fake_intercom.h"

namespace accoil::test {

/// trait-sync's inside without its threads, on a real PostgreSQL and a workspace in memory: a test
/// says what happened and has deliveries made. The window is none unless a test says otherwise.
class TraitSyncWorld {
 public:
  static constexpr std::int64_t kProduct = 7;

  explicit TraitSyncWorld(std::chrono::milliseconds window = std::chrono::milliseconds(0))
      : database(postgres.Open({events::Migrations(), traitsync::Migrations()})),
        store(*database, window) {
    config.window = window;
    config.concurrency = 4;
  }

  // Facts, each with a newer version than the one before unless it is given.

  void Connect(const std::string& workspace = "ws1", const std::string& prefix = "Accoil",
               events::v1::ConnectionState state = events::v1::CONNECTED) {
    events::v1::ConnectionChanged event;
    event.set_product_id(product);
    event.set_version(++version);
    event.set_workspace_id(workspace);
    event.set_state(state);
    event.set_attribute_prefix(prefix);
    Apply(event);
  }

  static events::v1::TraitDefinition Trait(const std::string& name, events::v1::TraitType type,
                                           std::vector<events::v1::SubjectKind> on = {
                                               events::v1::USER}) {
    events::v1::TraitDefinition trait;
    trait.set_name(name);
    trait.set_type(type);
    for (const auto kind : on) trait.add_on(kind);
    trait.set_definition("What " + name + " means");
    return trait;
  }

  void PutProfile(const std::string& id, const std::string& name,
                  const std::vector<events::v1::TraitDefinition>& catalogue,
                  events::v1::SyncMode mode = events::v1::ALL_TRAITS) {
    events::v1::ProfileChanged event;
    event.set_product_id(product);
    event.set_profile_id(id);
    event.set_version(++version);
    event.set_name(name);
    for (const auto& trait : catalogue) *event.add_catalogue() = trait;
    event.set_sync_mode(mode);
    Apply(event);
  }

  /// A connected product with the profile "trial" ("Trial Users") and a contact "c1" that user
  /// "u1" is matched to.
  void Begin() {
    Connect();
    PutProfile("trial", "Trial Users",
               {Trait("Score", events::v1::INTEGER), Trait("Plan", events::v1::STRING),
                Trait("Rate", events::v1::FLOAT), Trait("LastActive", events::v1::DATE)});
    intercom.targets[{SubjectKind::kUser, "c1"}];
    Match("u1", "c1");
  }

  events::v1::Subject SubjectOf(const std::string& id, SubjectKind kind) const {
    events::v1::Subject subject;
    subject.set_product_id(product);
    subject.set_kind(static_cast<events::v1::SubjectKind>(kind));
    subject.set_subject_id(id);
    return subject;
  }

  events::v1::UserMatched Matched(const std::string& user, const std::string& target,
                                  SubjectKind kind = SubjectKind::kUser) {
    events::v1::UserMatched event;
    *event.mutable_subject() = SubjectOf(user, kind);
    event.set_version(++version);
    event.set_workspace_id(intercom.workspace_id);
    event.set_target_id(target);
    return event;
  }
  void Match(const std::string& user, const std::string& target,
             SubjectKind kind = SubjectKind::kUser) {
    Apply(Matched(user, target, kind));
  }

  template <typename Value>
  events::v1::TraitChanged TraitEvent(const std::string& user, const std::string& trait,
                                      Value value, SubjectKind kind = SubjectKind::kUser) {
    events::v1::TraitChanged event;
    *event.mutable_subject() = SubjectOf(user, kind);
    event.set_version(++version);
    event.set_profile_id("trial");
    event.set_trait(trait);
    auto& to = *event.mutable_value();
    if constexpr (std::is_same_v<Value, std::nullptr_t>) {
      to.set_null_value(google::protobuf::NULL_VALUE);
    } else if constexpr (std::is_same_v<Value, bool>) {
      to.set_bool_value(value);
    } else if constexpr (std::is_arithmetic_v<Value>) {
      to.set_number_value(static_cast<double>(value));
    } else {
      to.set_string_value(value);
    }
    return event;
  }
  template <typename Value>
  void SetTrait(const std::string& user, const std::string& trait, Value value,
                SubjectKind kind = SubjectKind::kUser) {
    Apply(TraitEvent(user, trait, value, kind));
  }

  template <typename Message>
  void Segment(const std::string& user, const std::string& segment, std::int64_t at_version = 0) {
    Message event;
    *event.mutable_subject() = SubjectOf(user, SubjectKind::kUser);
    event.set_version(at_version == 0 ? ++version : at_version);
    event.set_profile_id("trial");
    event.set_segment(segment);
    Apply(event);
  }
  void Enter(const std::string& user, const std::string& segment, std::int64_t at_version = 0) {
    Segment<events::v1::SegmentEntered>(user, segment, at_version);
  }
  void Exit(const std::string& user, const std::string& segment, std::int64_t at_version = 0) {
    Segment<events::v1::SegmentExited>(user, segment, at_version);
  }

  template <typename... Messages>
  void Apply(const Messages&... messages) {
    events::Batch batch;
    (batch.Add(events::Received<Messages>{messages, events::KeyOf(messages), "", clock.Now()}),
     ...);
    batch.Seal();
    ApplyBatch(batch);
  }
  void ApplyBatch(const events::Batch& batch) {
    database->Transact([&](postgres::Transaction& tx) { handler.Apply(tx, batch); });
  }

  // Deliveries.

  traitsync::DueProduct Product() {
    return {core::ProductId(kProduct),
            core::WorkspaceId(intercom.workspace_id),
            "Accoil",
            true,
            true,
            true};
  }
  traitsync::RoundResult Round(traitsync::Rank rank, int most = traitsync::DeliveryRound::kMost) {
    return traitsync::DeliveryRound(tools, crew, Product(), rank).Run(most);
  }
  traitsync::RoundResult ClearingRound() {
    return traitsync::ClearingRound(tools, Product()).Run(100);
  }
  /// Sweeps and rounds until nothing is due now.
  void DeliverAll() {
    for (int i = 0; i < 100; ++i) {
      const bool swept = store.SweepOnce(traitsync::DeliveryRound::kMost, config.sweep_interval);
      const int claimed = Round(traitsync::Rank::kChange).claimed +
                          Round(traitsync::Rank::kCatchUp).claimed + ClearingRound().claimed;
      if (!swept && claimed == 0) return;
    }
    throw std::runtime_error("deliveries do not come to an end");
  }
  /// Cleans up until nothing is due now; answers how often a workspace was looked at.
  int CleanUp() {
    for (int i = 0; i < 100; ++i) {
      if (!CleanUpOnce()) return i;
    }
    throw std::runtime_error("clean-ups do not come to an end");
  }
  bool CleanUpOnce() {
    const auto claim = store.ClaimCleanUp(config.claim);
    if (!claim) return false;
    traitsync::CleanUpRound(tools, clean_up_crew, finish_disconnect, *claim).Run();
    return true;
  }
  /// Deliveries and clean-ups until neither finds anything to do.
  void Settle() {
    do {
      DeliverAll();
    } while (CleanUp() > 0);
  }
  /// As if the clean-ups that wait waited no longer.
  void PassCleanUpWait() {
    postgres.Run("UPDATE clean_up SET due_at = now(), claimed_until = NULL WHERE due_at > now()");
  }
  /// As if all back-off had passed.
  void PassBackoff() { postgres.Run("UPDATE delivery SET due_at = now() WHERE due_at > now()"); }
  /// As if the window of every change had passed.
  void PassWindow() { postgres.Run("UPDATE changed_subject SET due_at = now()"); }
  /// As if the claims of dead workers had run out.
  void EndClaims() { PassBackoff(); }

  std::int64_t Due() { return store.Summarize(core::ProductId(kProduct)).due; }
  std::string Reason(const std::string& attribute) {
    const auto reasons =
        postgres.Texts("SELECT reason FROM set_aside WHERE attribute = '" + attribute + "'");
    return reasons.empty() ? "" : reasons.front();
  }

  PostgresFixture postgres;
  std::unique_ptr<postgres::Database> database;
  traitsync::DeliveryConfig config;
  traitsync::Store store;
  FakeIntercom intercom;
  core::SystemClock clock;
  core::RandomSource random = [] { return 0.5; };
  traitsync::Metrics metrics{postgres.telemetry()};
  traitsync::Warnings warnings{postgres.telemetry().logger()};
  traitsync::Definitions definitions{store, config, clock, metrics, warnings};
  std::vector<traitsync::Subject> rematched;
  traitsync::RoundTools tools{store,
                              intercom,
                              definitions,
                              config,
                              clock,
                              random,
                              metrics,
                              warnings,
                              [this](core::ProductId, const std::vector<traitsync::Subject>& gone) {
                                rematched.insert(rematched.end(), gone.begin(), gone.end());
                              }};
  core::Crew crew{4};
  core::Crew clean_up_crew{4};
  /// What `connections` was told of ended disconnectings; throws what `finish_problem` says.
  struct Finished {
    std::int64_t product;
    std::int64_t version;
    std::string left_behind;
  };
  std::vector<Finished> finished;
  std::string finish_problem;
  traitsync::FinishDisconnect finish_disconnect =
      [this](core::ProductId of, std::int64_t of_version, const std::string& left_behind) {
        if (!finish_problem.empty()) throw core::Unavailable(finish_problem);
        finished.push_back({of.value(), of_version, left_behind});
      };
  traitsync::FactHandler handler{store, metrics, warnings, {[] {}, [](core::ProductId) {}}};
  std::int64_t version = 1'000;
  /// Whose facts they are.
  std::int64_t product = kProduct;
};

}  // namespace accoil::test
