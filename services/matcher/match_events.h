#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "services/matcher/metrics.h"
#include "services/matcher/store.h"

namespace accoil::matcher {

/// Traceparents of those subjects whose request is followed.
using Traces = std::map<core::SubjectId, std::string>;

/// Enqueues user-matched, within the transaction, for decisions that were written. An event belongs
/// to its subject's trace, if there is one, else to the present one.
void PublishMatches(postgres::Transaction& tx, const Connection& connection, Kind kind,
                    const std::vector<Written>& written, std::span<const Verdict> verdicts,
                    const Traces& traces, core::TimePoint now, Metrics& metrics);

/// Enqueues user-matched for removed subjects whose match was taken back.
void PublishWithdrawn(postgres::Transaction& tx, const std::vector<Store::Withdrawn>& withdrawn,
                      core::TimePoint now, Metrics& metrics);

}  // namespace accoil::matcher
