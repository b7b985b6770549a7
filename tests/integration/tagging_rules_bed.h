#pragma once

#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <vector>

#include "libs/events/consumer.h"
#include "libs/events/event.h"
#include "services/tagging-automation/consumer.h"
#include "services/tagging-automation/jobs/selector.h"
#include "services/tagging-automation/rules/rule_clock.h"
#include "services/tagging-automation/rules/rules.h"
#include "services/tagging-automation/rules/settling.h"
#include "services/tagging-automation/wishes/wishes.h"
#include "tests/catch.h"
#include "tests/integration/postgres_fixture.h"

namespace accoil::test {

/// Notes what is wished for, once the transaction has committed. Any thread.
class NotedWishes final : public tagging::WishTaker {
 public:
  void Take(postgres::Transaction& tx, std::span<const tagging::Wish> wishes) override {
    if (fails) throw core::Unavailable("no wishes are taken now");
    std::vector<tagging::Wish> taken(wishes.begin(), wishes.end());
    tx.AfterCommit([this, taken] {
      const std::lock_guard lock(mutex_);
      all.insert(all.end(), taken.begin(), taken.end());
    });
  }
  void Forget(postgres::Transaction&, core::ProductId, tagging::RuleId rule) override {
    forgotten.push_back(rule);
  }

  std::vector<tagging::Wish> all;
  std::vector<tagging::RuleId> forgotten;
  bool fails = false;

 private:
  std::mutex mutex_;
};

/// Everything from facts to firings on a real PostgreSQL, without threads and Kafka: a test says
/// what happened, and reads what was wished for.
class RulesBed {
 public:
  static constexpr std::int64_t kProduct = 7;

  explicit RulesBed(std::chrono::milliseconds patience = std::chrono::minutes(1))
      : database(postgres.Open({events::Migrations(), tagging::Migrations()})),
        evaluation(sets, wishes, metrics, patience) {
    PutProfile("trial");
  }

  // What happens. Versions go up by themselves unless they are given.

  static events::v1::TraitDefinition Trait(const std::string& name, events::v1::TraitType type) {
    events::v1::TraitDefinition trait;
    trait.set_name(name);
    trait.set_type(type);
    trait.add_on(events::v1::USER);
    trait.add_on(events::v1::ACCOUNT);
    return trait;
  }
  void PutProfile(const std::string& id,
                  const std::vector<events::v1::TraitDefinition>& catalogue =
                      {Trait("Score", events::v1::INTEGER), Trait("Plan", events::v1::STRING),
                       Trait("ActivationRate", events::v1::INTEGER),
                       Trait("LastActive", events::v1::DATE)},
                  bool removed = false) {
    events::v1::ProfileChanged event;
    event.set_product_id(kProduct);
    event.set_profile_id(id);
    event.set_version(++version);
    event.set_name(id);
    event.set_removed(removed);
    for (const auto& trait : catalogue) *event.add_catalogue() = trait;
    Apply(event);
  }

  static events::v1::Subject SubjectOf(const std::string& id,
                                       events::v1::SubjectKind kind = events::v1::USER) {
    events::v1::Subject subject;
    subject.set_product_id(kProduct);
    subject.set_kind(kind);
    subject.set_subject_id(id);
    return subject;
  }
  events::v1::SubjectIdentified Identified(const std::string& id, const std::string& name,
                                           bool removed = false) {
    events::v1::SubjectIdentified event;
    *event.mutable_subject() = SubjectOf(id);
    event.set_version(++version);
    event.set_name(name);
    event.set_email(id + "@example.com");
    event.set_removed(removed);
    return event;
  }
  void Identify(const std::string& id, const std::string& name = "Ada", bool removed = false) {
    Apply(Identified(id, name, removed));
  }

  template <typename Value>
  events::v1::TraitChanged TraitEvent(const std::string& user, const std::string& trait,
                                      const Value& value, std::int64_t at_version = 0) {
    events::v1::TraitChanged event;
    *event.mutable_subject() = SubjectOf(user);
    event.set_version(at_version == 0 ? ++version : at_version);
    events::SetTime(clock.Now(), *event.mutable_occurred_at());
    event.set_profile_id("trial");
    event.set_trait(trait);
    if constexpr (std::is_arithmetic_v<Value>) {
      event.mutable_value()->set_number_value(static_cast<double>(value));
    } else {
      event.mutable_value()->set_string_value(value);
    }
    return event;
  }
  void Score(const std::string& user, double score, std::int64_t at_version = 0) {
    Apply(TraitEvent(user, "Score", score, at_version));
  }
  void Plan(const std::string& user, const std::string& plan) {
    Apply(TraitEvent(user, "Plan", plan));
  }

  template <typename Message>
  Message SegmentEvent(const std::string& user, std::int64_t at_version = 0) {
    Message event;
    *event.mutable_subject() = SubjectOf(user);
    event.set_version(at_version == 0 ? ++version : at_version);
    events::SetTime(clock.Now(), *event.mutable_occurred_at());
    event.set_profile_id("trial");
    event.set_segment("Red Hot");
    return event;
  }
  events::v1::SegmentEntered Entered(const std::string& user, std::int64_t at_version = 0) {
    return SegmentEvent<events::v1::SegmentEntered>(user, at_version);
  }
  events::v1::SegmentExited Exited(const std::string& user, std::int64_t at_version = 0) {
    return SegmentEvent<events::v1::SegmentExited>(user, at_version);
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

  // Rules.

  static tagging::v1::Rule Rule(const std::string& name) {
    tagging::v1::Rule rule;
    rule.set_product_id(kProduct);
    rule.set_name(name);
    rule.set_profile_id("trial");
    rule.set_kind(events::v1::USER);
    rule.set_state(tagging::v1::RULE_ACTIVE);
    auto& action = *rule.add_actions();
    action.set_tag(name);
    action.set_target(tagging::v1::TAG_USER);
    action.set_remove_on_exit(true);
    return rule;
  }
  static tagging::v1::Rule ConditionRule(const std::string& name, const std::string& condition) {
    auto rule = Rule(name);
    rule.mutable_trigger()->mutable_custom()->set_condition(condition);
    return rule;
  }
  static tagging::v1::Rule SegmentRule(const std::string& name) {
    auto rule = Rule(name);
    rule.mutable_trigger()->mutable_enters_segment()->set_segment("Red Hot");
    return rule;
  }
  static tagging::v1::Rule NewUserRule(const std::string& name) {
    auto rule = Rule(name);
    rule.mutable_trigger()->mutable_new_subject();
    return rule;
  }
  /// Makes a rule, without anybody being looked for yet.
  tagging::v1::Rule Begin(const tagging::v1::Rule& rule, bool apply = false) {
    tagging::v1::CreateRuleRequest request;
    *request.mutable_rule() = rule;
    request.set_apply_to_existing(apply);
    return rules.Create(request);
  }
  tagging::v1::Rule Make(const tagging::v1::Rule& rule, bool apply = false) {
    auto made = Begin(rule, apply);
    Settle();
    return made;
  }
  tagging::v1::Rule Change(const tagging::v1::Rule& rule, bool apply = false) {
    tagging::v1::UpdateRuleRequest request;
    *request.mutable_rule() = rule;
    request.set_apply_to_existing(apply);
    auto changed = rules.Update(request);
    Settle();
    return changed;
  }
  tagging::v1::Rule Get(const tagging::v1::Rule& rule) {
    tagging::v1::GetRuleRequest request;
    request.set_product_id(kProduct);
    request.set_rule_id(rule.rule_id());
    return rules.Get(request);
  }
  void Settle() {
    while (settling.Step()) {
    }
  }
  /// Has the clock look until nobody is due; answers how many it looked at.
  int Tick() {
    int all = 0;
    while (const int looked_at = rule_clock.Step()) all += looked_at;
    return all;
  }

  /// What was wished for since the last call: "+tag user" and "-tag user".
  std::vector<std::string> Wished() {
    std::vector<std::string> texts;
    for (const auto& wish : wishes.all) {
      texts.push_back((wish.remove ? "-" : "+") + wish.tag + " " + wish.subject.id.value());
    }
    wishes.all.clear();
    return texts;
  }

  PostgresFixture postgres;
  std::unique_ptr<postgres::Database> database;
  core::ManualClock clock{core::TimePoint(std::chrono::hours(24 * 365 * 56))};
  NotedWishes wishes;
  tagging::RuleMetrics metrics{postgres.telemetry()};
  tagging::RuleSets sets;
  tagging::Evaluation evaluation;
  tagging::Settling settling{*database, evaluation, clock, postgres.telemetry()};
  tagging::RuleClock rule_clock{*database, evaluation, clock, std::chrono::minutes(1),
                                postgres.telemetry()};
  tagging::Rules rules{*database, wishes, clock, {}, [] {}};
  tagging::Wishes directory_wishes{std::chrono::milliseconds(0)};
  tagging::Directory directory{directory_wishes};
  tagging::RuleFacts facts{evaluation, clock};
  tagging::FactHandler handler{directory, facts};
  std::int64_t version = 0;
};

using Wished = std::vector<std::string>;

}  // namespace accoil::test
