#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libs/core/clock.h"
#include "services/trait-sync/attribute_value.h"
#include "services/trait-sync/wanted_attributes.h"

namespace accoil::traitsync {

/// A value that is not sent, and why.
struct SetAside {
  ReasonClass reason_class = ReasonClass::kRefused;
  std::string reason;
  /// The value that Intercom refused; nothing when it was not even sent.
  std::optional<intercom::AttributeValue> refused;
  /// When Intercom is asked again though the value is the same.
  std::optional<core::TimePoint> retry_at;

  friend bool operator==(const SetAside&, const SetAside&) = default;
};
using SetAsides = std::map<std::string, SetAside>;

/// What stands in the way of an attribute, or nothing does.
struct AttributeState {
  enum class Kind {
    kPresent,
    /// Intercom refused the definition: nothing of it is sent.
    kRefused,
    /// The definition could not be made now: its values wait.
    kWaiting,
  };
  Kind kind = Kind::kPresent;
  std::string reason;
};
using AttributeStates = std::map<std::string, AttributeState>;

/// What one delivery has to do.
struct DeliveryPlan {
  /// What differs from what the target holds; null clears. Empty: no call.
  intercom::AttributeValues send;
  /// The subject's values that are set aside now, in place of those that were.
  SetAsides set_aside;
  /// Whether something waits for its definition, so that the delivery must be tried again.
  bool waits = false;
};

/// What a delivery starts from.
struct DeliveryState {
  /// What the target holds by our doing; null where it may hold anything.
  intercom::AttributeValues delivered;
  /// Whether it may hold something else, because the fate of a call is unknown: then every wanted
  /// attribute is written.
  bool distrust = false;
  /// Set aside before.
  SetAsides set_aside;
};

/// The attributes that were archived at some time, each with the era of it.
using Eras = std::map<std::pair<intercom::Model, std::string>, std::int64_t>;

/// Puts null for what was delivered before its attribute was archived: Intercom may have kept it,
/// or not, and what has been withdrawn meanwhile must not show again.
void Doubt(intercom::AttributeValues& delivered, intercom::Model model, std::int64_t era,
           const Eras& eras);

/// Compares what is wanted with what was delivered. A null is sent only where a value was
/// delivered (or may have been); a value that Intercom refused is not sent again before its time;
/// attributes that are delivered and no longer wanted are left alone.
DeliveryPlan PlanDelivery(const std::vector<WantedAttribute>& attributes,
                          const std::vector<TypedValue>& values, const DeliveryState& state,
                          core::TimePoint now);

/// The attributes of the plan that carry a value and so need a definition.
std::vector<std::string> NeedDefinitions(const DeliveryPlan& plan);

/// Takes out of a plan what its attributes' states do not allow: values of refused attributes, and
/// of waiting ones, which make it wait; nulls of any that is not present (what does not exist in
/// Intercom needs no clearing, and may not be written). An attribute without a state is absent.
void Restrict(DeliveryPlan& plan, const AttributeStates& states);

/// What the target holds after `sent` was acknowledged.
void Acknowledge(intercom::AttributeValues& delivered, const intercom::AttributeValues& sent);

}  // namespace accoil::traitsync
