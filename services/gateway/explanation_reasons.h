#pragma once

#include <vector>

#include "services/gateway/explanation.h"

/// The parts of an explanation, one for each place where data can be held up on its way: the
/// connection, the match, the profiles, the values, the widget. Each answers its reasons, none when
/// all is well there. Pure.
namespace accoil::gateway {

/// What the subject's attributes come to.
struct Tally {
  /// Attributes that have a value to be delivered, and those of them that Intercom has.
  std::int64_t wanted = 0;
  std::int64_t there = 0;
  /// Attributes of which Intercom has some value, maybe an old one.
  std::int64_t shown = 0;
};
Tally TallyOf(const Findings& findings);

/// Whether the subject is matched, as far as is known.
bool Matched(const Findings& findings);

/// The services that do not answer.
std::vector<Reason> SilenceReasons(const Findings& findings);
std::vector<Reason> ConnectionReasons(const Findings& findings);
std::vector<Reason> MatchReasons(const Findings& findings);
/// What is set aside, refused, waits or is on its way.
std::vector<Reason> DeliveryReasons(const Findings& findings);
/// What is not meant to be synced, and what is missing at the source.
std::vector<Reason> ProfileReasons(const Findings& findings);
/// What the Inbox widget has to show for the subject, and where to look for it.
std::vector<Reason> WidgetReasons(const Findings& findings);

}  // namespace accoil::gateway
