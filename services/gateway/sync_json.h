#pragma once

#include <nlohmann/json_fwd.hpp>

#include "accoil/traitsync/v1/traitsync.pb.h"

/// What trait-sync tells, as the REST API writes it.
namespace accoil::gateway {

/// {"due","oldest_due_ms","delivered","set_aside","attributes":{state: count}}
nlohmann::ordered_json ToJson(const traitsync::v1::Summary& summary);
/// {"set_aside":[{"kind","subject_id","attribute","reason"}]}
nlohmann::ordered_json ToJson(const traitsync::v1::ListSetAsideResponse& list);

}  // namespace accoil::gateway
