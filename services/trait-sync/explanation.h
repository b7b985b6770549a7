#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/trait-sync/attribute_row.h"
#include "services/trait-sync/delivery_plan.h"
#include "services/trait-sync/profile.h"
#include "services/trait-sync/wanted_attributes.h"

namespace accoil::traitsync {

/// What decides about the attributes of one subject.
struct SubjectStanding {
  SubjectKind kind = SubjectKind::kUser;
  std::string prefix;
  /// Every profile of the product.
  std::vector<Profile> profiles;
  /// Whether the product is connected, and the subject matched in its workspace.
  bool connected = false;
  bool matched = false;
  SubjectFacts facts;
  /// What the target holds, and what is known of it; see DeliveryState.
  DeliveryState state;
  /// The definitions behind the attributes that were ever looked at, by name.
  std::map<std::string, AttributeRow> definitions;
};

/// Why an attribute's value is, or is not, in Intercom; each as accoil.traitsync.v1 tells it.
enum class Explained {
  kDelivered,
  kNoValue,
  kDue,
  kWaiting,
  kSetAside,
  kRefused,
  kNotMatched,
  kPaused,
};
const char* ToString(Explained state);

/// One attribute that could be on the subject.
struct ExplainedAttribute {
  WantedAttribute attribute;
  /// What should be there, as the product stated it where it is not of the attribute's type; null
  /// without a value.
  intercom::AttributeValue wanted;
  /// What was delivered last; null when nothing was, or what was is in doubt.
  intercom::AttributeValue delivered;
  Explained state = Explained::kNoValue;
  /// Why, when it is waiting, set aside or refused.
  std::string reason;
};

/// Every attribute that the profiles which are on could put on the subject, in the order of the
/// profiles: also one that another profile's attribute of the same name keeps out.
std::vector<ExplainedAttribute> ExplainAttributes(const SubjectStanding& subject,
                                                  const AttributeLimits& limits);

}  // namespace accoil::traitsync
