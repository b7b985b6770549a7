#pragma once

#include <nlohmann/json_fwd.hpp>

#include "accoil/matcher/v1/matcher.pb.h"
#include "accoil/traitsync/v1/traitsync.pb.h"

namespace accoil::gateway {

/// The runs of matching and of sync in one list, the newest first (those that wait before those
/// that have begun), at most `limit`:
/// {"runs":[{"kind","run_id","trigger","state","started_at","finished_at","items","matched","calls",
///  "method","error"}]}. kind is matching, sweep or clean_up; `items` counts what a run looked at:
/// users, subjects or attributes; `matched` and `method` are null but of matching.
nlohmann::ordered_json RunHistory(const matcher::v1::ListRunsResponse& matching,
                                  const traitsync::v1::ListRunsResponse& sync, std::size_t limit);

}  // namespace accoil::gateway
