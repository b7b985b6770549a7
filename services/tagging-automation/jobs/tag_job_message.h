#pragma once

#include "accoil/tagging/v1/tagging.pb.h"
#include "services/tagging-automation/jobs/tag_jobs.h"

/// Jobs of tagging by hand as tagging.proto has them.
namespace accoil::tagging {

/// Throws core::InvalidArgument for numbers that stand for nothing; see Check for the rest.
TagOrder OrderOf(const v1::CreateTagJobRequest& request);

v1::TagJob ToMessage(const TagJobs::Status& status);
v1::ListTagJobItemsResponse ToMessage(const JobItemPage& page);

}  // namespace accoil::tagging
