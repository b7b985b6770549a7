#pragma once

#include <cstdint>

#include "accoil/events/v1/events.pb.h"
#include "services/tagging-automation/subjects/subject.h"

/// What requests have in common, checked. All throw core::InvalidArgument, naming the field.
namespace accoil::tagging {

core::ProductId ProductOf(std::int64_t product_id);
/// `field` is where it stands, for example "subject".
Subject SubjectOf(const char* field, const events::v1::Subject& subject);
/// 100 for 0.
int LimitOf(std::int32_t limit);

events::v1::Subject ToMessage(const Subject& subject);

}  // namespace accoil::tagging
