#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "libs/intercom/outcome.h"
#include "libs/intercom/types.h"
#include "services/trait-sync/delivery_plan.h"

namespace accoil::traitsync {

/// Which of the attributes an error of Intercom's speaks of; nothing when it names none. Of names
/// that contain one another the longest counts.
std::optional<std::string> NamedAttribute(const intercom::Failure& failure,
                                          const intercom::AttributeValues& sent);

/// What came of writing attributes of which some are refused.
struct IsolatedWrite {
  intercom::AttributeValues acknowledged;
  /// The refused ones, each with Intercom's reason.
  std::map<std::string, std::string> refused;
  /// Set when it could not be ended: what is neither acknowledged nor refused is still to be sent.
  /// An empty outcome means that the budget had no call for it.
  bool ended = true;
  std::optional<intercom::Failure> failure;
};

/// Makes one call; nothing when the budget has none.
using WriteCall = std::function<std::optional<intercom::Outcome<intercom::Done>>(
    const intercom::AttributeValues&)>;

/// Whether a failure may be the fault of one of the attributes that were written.
bool BlamesAttributes(const intercom::Failure& failure);

/// Intercom refused `values` as a whole with `refusal`: finds the ones at fault and writes the
/// others. The attribute that an error names is left out; where it names none, `suspects` (those
/// that were at fault on other subjects) are tried alone, then halves. After `most_calls` what is
/// left counts as refused, for then the fault is hardly a value's.
IsolatedWrite WriteWithoutRefused(const intercom::AttributeValues& values,
                                  const intercom::Failure& refusal,
                                  const std::set<std::string>& suspects, int most_calls,
                                  const WriteCall& write);

}  // namespace accoil::traitsync
