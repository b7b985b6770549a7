#include "tests/load/canvas_facts.h"

#include <fmt/format.h>

#include <stdexcept>
#include <vector>

#include "libs/events/event.h"
#include "libs/events/producer.h"
#include "libs/events/topics.h"

namespace accoil::load {
namespace {

using events::v1::Subject;
using events::v1::SubjectKind;

constexpr const char* kProfiles[] = {"trial", "enterprise"};
constexpr const char* kTraits[] = {"Score", "ActivationRate", "AdoptionRate", "Frequency"};

/// Gathers facts and hands them to Kafka some thousand at a time.
class Teller {
 public:
  Teller(const events::KafkaConfig& kafka, telemetry::Telemetry& telemetry)
      : producer_(kafka, telemetry), now_(core::SystemClock().Now()) {}

  template <typename Message>
  void Tell(Message event) {
    event.set_version(core::ToMicroseconds(now_));
    events::SetTime(now_, *event.mutable_occurred_at());
    records_.push_back(events::ToRecord(event));
    ++facts_;
    constexpr std::size_t kTogether = 5'000;
    if (records_.size() >= kTogether) Flush();
  }

  void Flush() {
    const auto failures = producer_.Publish(records_, std::chrono::seconds(60));
    if (!failures.empty()) throw std::runtime_error(failures.front().problem);
    records_.clear();
  }
  std::uint64_t facts() const { return facts_; }

 private:
  events::Producer producer_;
  core::TimePoint now_;
  std::vector<events::OutgoingRecord> records_;
  std::uint64_t facts_ = 0;
};

Subject Of(const CanvasPlan& plan, SubjectKind kind, const std::string& id) {
  Subject subject;
  subject.set_product_id(plan.product);
  subject.set_kind(kind);
  subject.set_subject_id(id);
  return subject;
}

void TellSubject(Teller& teller, const CanvasPlan& plan, const Subject& subject, int number,
                 const std::string& target) {
  events::v1::SubjectIdentified who;
  *who.mutable_subject() = subject;
  who.set_name("Somebody " + subject.subject_id());
  if (subject.kind() == events::v1::USER) {
    who.add_account_ids("account-" + std::to_string(number % plan.accounts));
  }
  teller.Tell(who);
  events::v1::UserMatched match;
  *match.mutable_subject() = subject;
  match.set_workspace_id(plan.workspace);
  match.set_target_id(target);
  match.set_decision(events::v1::MATCHED_BY_EMAIL);
  teller.Tell(match);
  for (const auto* profile : kProfiles) {
    for (const auto* trait : kTraits) {
      events::v1::TraitChanged change;
      *change.mutable_subject() = subject;
      change.set_profile_id(profile);
      change.set_trait(trait);
      change.mutable_value()->set_number_value(number % 101);
      teller.Tell(change);
    }
    for (const auto* segment : {"All", "All Active"}) {
      events::v1::SegmentEntered entered;
      *entered.mutable_subject() = subject;
      entered.set_profile_id(profile);
      entered.set_segment(segment);
      teller.Tell(entered);
    }
  }
}

}  // namespace

std::string ContactOf(int user) { return fmt::format("{:024x}", user + 1); }

std::uint64_t TellFacts(const CanvasPlan& plan, const events::KafkaConfig& kafka,
                        telemetry::Telemetry& telemetry) {
  events::EnsureTopics(kafka, telemetry.logger());
  Teller teller(kafka, telemetry);
  events::v1::ConnectionChanged connection;
  connection.set_product_id(plan.product);
  connection.set_workspace_id(plan.workspace);
  connection.set_state(events::v1::CONNECTED);
  connection.set_attribute_prefix("Accoil");
  teller.Tell(connection);
  for (const auto* id : kProfiles) {
    events::v1::ProfileChanged profile;
    profile.set_product_id(plan.product);
    profile.set_profile_id(id);
    profile.set_name(id);
    profile.set_sync_mode(events::v1::ALL_TRAITS);
    profile.set_summary(id == kProfiles[0]);
    for (const auto* name : kTraits) {
      auto& trait = *profile.add_catalogue();
      trait.set_name(name);
      trait.set_type(events::v1::INTEGER);
      trait.add_on(events::v1::USER);
      trait.add_on(events::v1::ACCOUNT);
      trait.set_definition("What it means.");
    }
    teller.Tell(profile);
  }
  for (int i = 0; i < plan.accounts; ++i) {
    const auto id = "account-" + std::to_string(i);
    TellSubject(teller, plan, Of(plan, events::v1::ACCOUNT, id), i, fmt::format("{:024x}", i));
  }
  for (int i = 0; i < plan.users; ++i) {
    const auto id = "user-" + std::to_string(i);
    TellSubject(teller, plan, Of(plan, events::v1::USER, id), i, ContactOf(i));
  }
  teller.Flush();
  return teller.facts();
}

}  // namespace accoil::load
