#pragma once

#include <nlohmann/json_fwd.hpp>

#include "services/gateway/problems.h"

namespace accoil::gateway {

/// {"problems":[{"id","kind","reason","count","examples":[{"kind","subject_id","reason"}],"remedy",
///  "since","retry_at","retryable"}],"next_cursor"}; what is not there is null.
nlohmann::ordered_json ToJson(const ProblemPage& page);

}  // namespace accoil::gateway
