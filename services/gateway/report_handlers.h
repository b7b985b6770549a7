#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "libs/core/clock.h"
#include "libs/http/message.h"
#include "services/gateway/problems.h"
#include "services/gateway/route.h"
#include "services/gateway/upstreams.h"

namespace accoil::gateway {

/// What no service knows alone: explanations, problems, runs. Each asks those that know a part, for
/// the first two all of them at once, and puts the answers together. Any thread.
class ReportHandlers {
 public:
  /// All references outlive it.
  ReportHandlers(ConnectionsApi& connections, MatcherApi& matcher, TraitSyncApi& trait_sync,
                 TaggingApi& tagging, const core::Clock& clock)
      : connections_(connections),
        matcher_(matcher),
        trait_sync_(trait_sync),
        tagging_(tagging),
        clock_(clock) {}

  /// Without a service that does not answer the rest is told; 503 when none does.
  http::Response Explain(const Call& call);
  /// As Explain.
  http::Response ListProblems(const Call& call);
  http::Response RetryProblem(const Call& call, const nlohmann::json& body);
  http::Response ListRuns(const Call& call);

 private:
  /// Answers how much is tried again.
  std::int64_t Retry(const Call& call, const RetryOfMatch& problem);
  std::int64_t Retry(const Call& call, const RetryOfSync& problem);
  std::int64_t Retry(const Call& call, const RetryOfTagging& problem);

  ConnectionsApi& connections_;
  MatcherApi& matcher_;
  TraitSyncApi& trait_sync_;
  TaggingApi& tagging_;
  const core::Clock& clock_;
};

}  // namespace accoil::gateway
