#pragma once

#include <nlohmann/json_fwd.hpp>

#include "libs/http/message.h"
#include "services/gateway/route.h"
#include "services/gateway/upstreams.h"

namespace accoil::gateway {

/// Tagging by hand and the audit of every tag: from request to tagging-automation and back. Any
/// thread.
class TagHandlers {
 public:
  /// `tagging` outlives it.
  explicit TagHandlers(TaggingApi& tagging) : tagging_(tagging) {}

  /// Starts a job. With an Idempotency-Key that was used before it answers the job of then, by the
  /// same status and in the same form.
  http::Response Create(const Call& call, const nlohmann::json& body);
  http::Response ListJobs(const Call& call);
  http::Response GetJob(const Call& call);
  http::Response ListItems(const Call& call);
  http::Response Cancel(const Call& call);
  /// The audit.
  http::Response ListAssignments(const Call& call);

 private:
  TaggingApi& tagging_;
};

}  // namespace accoil::gateway
