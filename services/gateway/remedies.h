#pragma once

#include <string>
#include <string_view>

#include "accoil/events/v1/events.pb.h"

/// What helps against each thing that can be wrong: one sentence or two for the people who run the
/// product, naming what they can do themselves. Pure.
namespace accoil::gateway {

/// Of a product that is not CONNECTED; CONNECTION_STATE_UNSPECIFIED of one that never was.
std::string RemedyForConnection(events::v1::ConnectionState state);

/// Of a subject that is not matched; MATCH_DECISION_UNSPECIFIED of one that was not looked at yet.
std::string RemedyForMatch(events::v1::SubjectKind kind, events::v1::MatchDecision decision);

/// Of a class of trait-sync's problems (ListProblemsResponse.Group.reason_class), or of
/// value_set_aside: a value of which is not known whether it is unfit or refused. A class that this
/// build does not know has a remedy, too.
std::string RemedyForSync(std::string_view reason_class);

/// Of a class of tagging-automation's problems (ListProblemsResponse.Group.reason_class). A class
/// that this build does not know has a remedy, too.
std::string RemedyForTagging(std::string_view reason_class);

/// Of a service that does not answer.
std::string RemedyForSilence(std::string_view service);

}  // namespace accoil::gateway
