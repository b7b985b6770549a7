#pragma once

#include <string>

#include "services/trait-sync/report_store.h"
#include "services/trait-sync/store.h"

namespace accoil::traitsync {

/// Tries what is in one group again now; answers how many subjects that concerns, 0 when it is the
/// attribute alone. Throws core::NotFound when there is no group of the key, and
/// core::FailedPrecondition when it would not help, with what would.
std::int64_t RetryProblem(Store& store, ReportStore& reports, core::ProductId product,
                          const std::string& key, std::chrono::milliseconds waiting_too_long);

}  // namespace accoil::traitsync
