#include "services/trait-sync/problem_retry.h"

#include <algorithm>

#include "libs/core/errors.h"

namespace accoil::traitsync {

std::int64_t RetryProblem(Store& store, ReportStore& reports, core::ProductId product,
                          const std::string& key, std::chrono::milliseconds waiting_too_long) {
  const auto groups = reports.ListProblems(product, waiting_too_long);
  const auto group = std::find_if(groups.begin(), groups.end(),
                                  [&](const auto& other) { return KeyOf(other) == key; });
  if (group == groups.end()) {
    throw core::NotFound("no problem has this id; it may have been solved meanwhile");
  }
  if (group->problem == ProblemClass::kUnknownProfile) {
    throw core::FailedPrecondition("the profile " + group->name +
                                   " is not known: create it, then what came for it is sent");
  }
  const auto connection = reports.FindConnectionState(product);
  const bool archives = group->problem == ProblemClass::kCannotArchive;
  if (connection != events::v1::CONNECTED &&
      !(archives && connection == events::v1::DISCONNECTING)) {
    throw core::FailedPrecondition(
        "the product is not connected: connect it, then what waits is sent");
  }
  switch (group->problem) {
    case ProblemClass::kAttributeRefused:
      store.RetryAttribute(product, ModelOf(group->kind.value_or(SubjectKind::kUser)), group->name);
      return 0;
    case ProblemClass::kCannotArchive:
      store.RetryArchiving(product);
      return 0;
    default:
      return store.RetrySubjects(product, *group);
  }
}

}  // namespace accoil::traitsync
