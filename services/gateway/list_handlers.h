#pragma once

#include "accoil/events/v1/events.pb.h"
#include "libs/http/message.h"
#include "services/gateway/route.h"
#include "services/gateway/upstreams.h"

namespace accoil::gateway {

/// Lists of users and accounts: from request to widget's read model and back. Any thread.
class ListHandlers {
 public:
  /// `widget` outlives it.
  explicit ListHandlers(WidgetApi& widget) : widget_(widget) {}

  http::Response Users(const Call& call);
  http::Response Accounts(const Call& call);

 private:
  widget::v1::ListSubjectsResponse List(const Call& call, events::v1::SubjectKind kind);

  WidgetApi& widget_;
};

}  // namespace accoil::gateway
