#pragma once

#include <nlohmann/json_fwd.hpp>

#include "accoil/traitsync/v1/traitsync.pb.h"

/// What trait-sync tells, as the REST API writes it.
namespace accoil::gateway {

/// {"due","oldest_due_ms","delivered","set_aside","attributes":{state: count},"paused"}
nlohmann::ordered_json ToJson(const traitsync::v1::Summary& summary);
/// {"set_aside":[{"kind","subject_id","attribute","reason"}]}
nlohmann::ordered_json ToJson(const traitsync::v1::ListSetAsideResponse& list);
/// {"attributes":[{"name","model","data_type","state","reason","ours","checked_at","retry_at"}]};
/// what is not there is null.
nlohmann::ordered_json ToJson(const traitsync::v1::ListAttributesResponse& list);
/// {"attributes":[{"name","model","change","reason","subjects"}],"contacts_written",
///  "companies_written","contacts_losing","companies_losing"}
nlohmann::ordered_json ToJson(const traitsync::v1::PreviewProfileResponse& preview);

}  // namespace accoil::gateway
