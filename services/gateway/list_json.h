#pragma once

#include <nlohmann/json_fwd.hpp>

#include "accoil/widget/v1/widget.pb.h"

/// Lists of users and accounts, as the REST API writes them. What is not there is null.
namespace accoil::gateway {

/// {"profile_id","users":[{"subject_id","name","email","account_ids","matched","traits","segments",
///  "tags"}],"next_cursor"}
nlohmann::ordered_json UsersToJson(const widget::v1::ListSubjectsResponse& list);
/// {"profile_id","accounts":[{"subject_id","name","matched","traits","segments","tags"}],
///  "next_cursor"}
nlohmann::ordered_json AccountsToJson(const widget::v1::ListSubjectsResponse& list);

}  // namespace accoil::gateway
