#include "tests/load/people.h"

#include "libs/core/clock.h"
#include "libs/events/event.h"

namespace accoil::load {
namespace {

template <typename Event>
Event Begin(const PeoplePlan& plan, const std::string& id, core::TimePoint now) {
  Event event;
  event.mutable_subject()->set_product_id(plan.product);
  event.mutable_subject()->set_kind(events::v1::USER);
  event.mutable_subject()->set_subject_id(id);
  event.set_version(plan.version);
  events::SetTime(now, *event.mutable_occurred_at());
  return event;
}

}  // namespace

std::vector<events::OutgoingRecord> MakePeople(const PeoplePlan& plan) {
  constexpr int kTenth = 10;
  const auto now = core::SystemClock().Now();
  std::vector<events::OutgoingRecord> records;
  for (int i = plan.first; i < plan.first + plan.users; ++i) {
    const auto number = std::to_string(i);
    const auto id = "user-" + number;
    auto identified = Begin<events::v1::SubjectIdentified>(plan, id, now);
    identified.set_email("first" + number + "@company" + std::to_string(i % 997) + ".example");
    identified.set_name("First" + number + " Last" + std::to_string(plan.round));
    records.push_back(events::ToRecord(identified));
    if (plan.only_names) continue;
    auto matched = Begin<events::v1::UserMatched>(plan, id, now);
    matched.set_workspace_id("load-ws");
    matched.set_target_id("contact-" + number);
    matched.set_decision(events::v1::MATCHED_BY_EMAIL);
    records.push_back(events::ToRecord(matched));
    for (const auto& segment : {std::string("All"), "Tenth " + std::to_string(i % kTenth)}) {
      auto entered = Begin<events::v1::SegmentEntered>(plan, id, now);
      entered.set_profile_id(plan.profile);
      entered.set_segment(segment);
      records.push_back(events::ToRecord(entered));
    }
  }
  return records;
}

}  // namespace accoil::load
