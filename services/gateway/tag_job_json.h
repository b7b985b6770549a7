#pragma once

#include <nlohmann/json_fwd.hpp>

#include "accoil/tagging/v1/tagging.pb.h"

/// Tagging by hand, as the REST API reads and writes it.
namespace accoil::gateway {

/// Bytes of a request to tag: 10,000 ids of the greatest length, and some.
inline constexpr std::size_t kTagsBodyLimit = 4 << 20;

/// {"tag","target","operation","requested_by","users" or "accounts":[id…] or
///  "filter":{"kind","profile_id","segment","condition"}}. May be left out: operation (add),
/// requested_by, and of a filter either segment or condition. Throws FieldProblem; what the tag,
/// the filter and the like must be is checked by tagging-automation.
tagging::v1::CreateTagJobRequest TagJobFromJson(const nlohmann::json& body);

/// {"job_id","tag","target","operation","requested_by","state","created_at","finished_at",
///  "subjects","done","due","waiting","failed","cancelled","error"}; what is not there is null.
nlohmann::ordered_json ToJson(const tagging::v1::TagJob& job);

/// {"items":[{"subject_id","state","reason","target_ids"}],"next_cursor"}
nlohmann::ordered_json ToJson(const tagging::v1::ListTagJobItemsResponse& list);

/// {"assignment_id","kind","subject_id","target":{"kind","subject_id"},"tag","operation","rule_id",
///  "job_id","cause","requested_at","ended_at","state","reason","target_id"}; what is not there is
/// null.
nlohmann::ordered_json ToJson(const tagging::v1::Assignment& assignment);

/// {"tag_assignments":[assignment…],"next_cursor"}
nlohmann::ordered_json ToJson(const tagging::v1::ListAssignmentsResponse& list);

}  // namespace accoil::gateway
