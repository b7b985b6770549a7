#pragma once

#include <span>
#include <string>
#include <vector>

#include "services/matcher/metrics.h"
#include "services/matcher/store.h"

namespace accoil::matcher {

/// Enqueues user-matched, within the transaction, for decisions that were written.
void PublishMatches(postgres::Transaction& tx, const Connection& connection, Kind kind,
                    const std::vector<Written>& written, std::span<const Verdict> verdicts,
                    core::TimePoint now, Metrics& metrics);

/// Enqueues user-matched for removed subjects whose match was taken back.
void PublishWithdrawn(postgres::Transaction& tx, const std::vector<Store::Withdrawn>& withdrawn,
                      core::TimePoint now, Metrics& metrics);

}  // namespace accoil::matcher
