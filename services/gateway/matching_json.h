#pragma once

#include <nlohmann/json_fwd.hpp>

#include "accoil/matcher/v1/matcher.pb.h"

/// What matcher tells, as the REST API writes it. Times are RFC 3339; what is not (yet) so is null.
namespace accoil::gateway {

/// {"due","counts":[{"kind","decision","subjects"}]}
nlohmann::ordered_json ToJson(const matcher::v1::Summary& summary);
/// {"run_id","trigger","state","started_at","finished_at","users","matched","calls","method",
///  "error"}
nlohmann::ordered_json ToJson(const matcher::v1::Run& run);
/// {"runs":[run…]}
nlohmann::ordered_json ToJson(const matcher::v1::ListRunsResponse& list);
/// {"kind","subject_id","workspace_id","target_id","decision","reason","decided_at","due_at",
///  "email","name","account_ids","users","matched_users"}
nlohmann::ordered_json ToJson(const matcher::v1::Match& match);

}  // namespace accoil::gateway
