#pragma once

#include <nlohmann/json_fwd.hpp>

#include "libs/http/message.h"
#include "services/gateway/route.h"
#include "services/gateway/upstreams.h"

namespace accoil::gateway {

/// Rules that tag: from request to tagging-automation and back. Any thread.
class RuleHandlers {
 public:
  /// `tagging` outlives it.
  explicit RuleHandlers(TaggingApi& tagging) : tagging_(tagging) {}

  http::Response Create(const Call& call, const nlohmann::json& body);
  http::Response List(const Call& call);
  http::Response Get(const Call& call);
  http::Response Put(const Call& call, const nlohmann::json& body);
  http::Response Delete(const Call& call);
  http::Response Preview(const Call& call);

 private:
  TaggingApi& tagging_;
};

}  // namespace accoil::gateway
