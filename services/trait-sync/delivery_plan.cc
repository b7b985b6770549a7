#include "services/trait-sync/delivery_plan.h"

namespace accoil::traitsync {
namespace {

using intercom::AttributeValue;

bool IsNull(const AttributeValue& value) { return std::holds_alternative<std::monostate>(value); }

/// The earlier refusal that still holds for this value.
const SetAside* StillRefused(const SetAsides& set_aside, const std::string& name,
                             const AttributeValue& value, core::TimePoint now) {
  const auto found = set_aside.find(name);
  if (found == set_aside.end() || !found->second.refused) return nullptr;
  const auto& refusal = found->second;
  if (refusal.retry_at && *refusal.retry_at <= now) return nullptr;
  return SameValue(*refusal.refused, value) ? &refusal : nullptr;
}

bool Differs(const DeliveryState& state, const std::string& name, const AttributeValue& value) {
  if (state.distrust) return true;
  const auto found = state.delivered.find(name);
  if (found == state.delivered.end()) return !IsNull(value);
  if (IsNull(found->second)) return true;
  return !SameValue(found->second, value);
}

}  // namespace

void Doubt(intercom::AttributeValues& delivered, intercom::Model model, std::int64_t era,
           const Eras& eras) {
  if (eras.empty()) return;
  for (auto& [name, value] : delivered) {
    const auto found = eras.find({model, name});
    if (found != eras.end() && found->second > era) value = std::monostate();
  }
}

DeliveryPlan PlanDelivery(const std::vector<WantedAttribute>& attributes,
                          const std::vector<TypedValue>& values, const DeliveryState& state,
                          core::TimePoint now) {
  DeliveryPlan plan;
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    const auto& name = attributes[i].name;
    if (const auto* rejection = std::get_if<Rejection>(&values[i])) {
      plan.set_aside[name] = {rejection->reason_class, rejection->reason, {}, {}};
      continue;
    }
    const auto& value = std::get<AttributeValue>(values[i]);
    if (!Differs(state, name, value)) continue;
    if (const auto* refusal = StillRefused(state.set_aside, name, value, now)) {
      plan.set_aside[name] = *refusal;
    } else {
      plan.send[name] = value;
    }
  }
  return plan;
}

std::vector<std::string> NeedDefinitions(const DeliveryPlan& plan) {
  std::vector<std::string> names;
  for (const auto& [name, value] : plan.send) {
    if (!IsNull(value)) names.push_back(name);
  }
  return names;
}

void Restrict(DeliveryPlan& plan, const AttributeStates& states) {
  for (auto entry = plan.send.begin(); entry != plan.send.end();) {
    const auto found = states.find(entry->first);
    if (found != states.end() && found->second.kind == AttributeState::Kind::kPresent) {
      ++entry;
      continue;
    }
    if (!IsNull(entry->second) &&
        (found == states.end() || found->second.kind == AttributeState::Kind::kWaiting)) {
      plan.waits = true;
    }
    entry = plan.send.erase(entry);
  }
}

void Acknowledge(intercom::AttributeValues& delivered, const intercom::AttributeValues& sent) {
  for (const auto& [name, value] : sent) {
    if (IsNull(value)) {
      delivered.erase(name);
    } else {
      delivered[name] = value;
    }
  }
}

}  // namespace accoil::traitsync
