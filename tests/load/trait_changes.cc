#include "tests/load/trait_changes.h"

#include "libs/core/clock.h"
#include "libs/events/event.h"

namespace accoil::load {

std::vector<events::v1::TraitChanged> MakeChanges(const ChangePlan& plan) {
  // Prime, so that its multiples meet every user of any number of users that it does not divide.
  constexpr std::int64_t kStride = 7'919;
  constexpr std::int64_t kRoundBegin = 104'729;
  const auto now = core::SystemClock().Now();
  std::vector<events::v1::TraitChanged> changes(static_cast<std::size_t>(plan.changes));
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto number = static_cast<std::int64_t>(i);
    const auto user = (plan.round * kRoundBegin + number * kStride) % plan.users;
    const auto trait = static_cast<std::size_t>(number / plan.users) % plan.traits.size();
    auto& change = changes[i];
    change.mutable_subject()->set_product_id(plan.product);
    change.mutable_subject()->set_kind(events::v1::USER);
    change.mutable_subject()->set_subject_id("user-" + std::to_string(user));
    change.set_version(plan.version);
    change.set_profile_id(plan.profile);
    change.set_trait(plan.traits[trait]);
    change.mutable_value()->set_number_value(static_cast<double>(plan.round * 1'000 + user % 997));
    events::SetTime(now, *change.mutable_occurred_at());
  }
  return changes;
}

}  // namespace accoil::load
