#pragma once

#include "libs/http/message.h"
#include "services/gateway/route.h"
#include "services/gateway/upstreams.h"

namespace accoil::gateway {

/// What matcher tells and does: from request to matcher and back. Any thread.
class MatchingHandlers {
 public:
  /// `matcher` outlives it.
  explicit MatchingHandlers(MatcherApi& matcher) : matcher_(matcher) {}

  http::Response GetSummary(const Call& call);
  http::Response StartRun(const Call& call);
  http::Response ListRuns(const Call& call);
  http::Response GetRun(const Call& call);
  http::Response GetMatch(const Call& call);

 private:
  MatcherApi& matcher_;
};

}  // namespace accoil::gateway
