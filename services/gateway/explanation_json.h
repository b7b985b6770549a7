#pragma once

#include <nlohmann/json_fwd.hpp>

#include "services/gateway/explanation.h"

namespace accoil::gateway {

/// {"kind","subject_id","in_intercom","answer","reasons":[{"code","text","remedy"}],"connection",
///  "match","profiles","attributes","delivery","rules":[{"rule_id","name","state","entered_at"}],
///  "tags":[assignment…]}: the words, then what they were made from; the latter null where there is
///  none or the service that knows is silent.
nlohmann::ordered_json ToJson(const Findings& findings, const Explanation& explanation);

}  // namespace accoil::gateway
