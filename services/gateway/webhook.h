#pragma once

#include <string>
#include <string_view>

#include "accoil/events/v1/events.pb.h"
#include "libs/core/clock.h"

namespace accoil::gateway {

/// One of Intercom's notifications, read.
struct Webhook {
  enum class Fate {
    /// It is an event.
    kEvent,
    /// Intercom looks whether somebody listens.
    kPing,
    /// Its topic is none that the suite makes use of.
    kOtherTopic,
    /// Its topic is of use, but it names nothing that could be looked at.
    kNamesNothing,
  };
  Fate fate = Fate::kOtherTopic;
  /// Intercom's id of the workspace that it speaks of; may be empty unless it is an event.
  std::string workspace_id;
  /// Keeps the limits of its .proto. Only of kEvent.
  events::v1::IntercomWebhook event;
};

/// Reads the body of a notification that arrived at `now`. Lenient in shape, for Intercom adds
/// fields and has several forms of one thing; strict in types and limits. A notification without an
/// id gets one that is made from its bytes, so that it is the same when it is delivered again.
/// Throws core::InvalidArgument when it is no notification. Pure.
Webhook ReadWebhook(std::string_view body, core::TimePoint now);

}  // namespace accoil::gateway
